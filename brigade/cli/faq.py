"""``brigade faq``: the FAQ's own commands, found by name because this package imports none of ours; and the one that
reads what the help centre's visitors left in our database.
"""

import asyncio
import importlib
import json as text
from collections.abc import Sequence
from dataclasses import asdict
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from brigade.cli._options import ConfigFile, Var, chosen
from brigade.journal import Journal, Judged, Unanswered
from brigade.storage import Storage
from brigade.storage.schema import check

app: typer.Typer = importlib.import_module("faq_index.commands").app


@app.command()
def unanswered(
    config: ConfigFile = None,
    var: Var = None,
    limit: Annotated[int, typer.Option("--limit", min=1, max=1000)] = 30,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")] = False,
) -> None:
    """Show what visitors looked for in vain, and the answers that did not help them."""
    missed, judged = asyncio.run(_read(chosen(config, var).config.database_url, limit))
    if json:
        found = {"unanswered": [asdict(each) for each in missed], "unhelpful": [asdict(each) for each in judged]}
        typer.echo(text.dumps(found, ensure_ascii=False, indent=2, default=str))
        return
    console = Console()
    queries = Table("times", "language", "query", "last", title="Without a sure answer", title_justify="left")
    for query in missed:
        queries.add_row(str(query.count), query.language, query.words, query.last.isoformat())
    answers = Table("no", "yes", "answer", "why", title="Judged unhelpful", title_justify="left")
    for answer in judged:
        answers.add_row(str(answer.unhelpful), str(answer.helpful), answer.entry, "\n".join(answer.reasons))
    console.print(queries, answers)


async def _read(url: str, limit: int) -> tuple[Sequence[Unanswered], Sequence[Judged]]:
    await check(url)
    storage = Storage(url)
    try:
        journal = Journal(storage)
        return await journal.unanswered(limit), await journal.judged(limit)
    finally:
        await storage.close()
