"""``brigade faq``: search, lint and stats, for editors, operators and measurements."""

import json
import sys
from collections import Counter
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from faq_index import campaigns
from faq_index.centre import documents
from faq_index.comparing import compare, crowd, crowded, language_of, table
from faq_index.content import CONTENT, LANGUAGES, Library, load
from faq_index.drafting import NotNew, draft
from faq_index.lines import Unreadable
from faq_index.lint import lint as problems_of
from faq_index.search import Faq, Results
from faq_index.spreadsheet import BadTable, bring_back, export
from faq_index.words import problems as words_problems

app = typer.Typer(help="Questions and answers: search them, check them, count them.", no_args_is_help=True)

Content = Annotated[Path | None, typer.Option("--content", help="Folder of content; without it, the packaged one.")]


@app.command()
def search(
    words: Annotated[str | None, typer.Argument(metavar="QUERY", help="Without it, one a line on stdin.")] = None,
    lang: Annotated[str, typer.Option("--lang", help="fr, en, es, de or it.")] = "fr",
    limit: Annotated[int, typer.Option("--limit", min=1, max=50)] = 10,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    content: Content = None,
) -> None:
    """Find the answers to a question; without one, read one a line and print one JSON object a line."""
    _language(lang)
    faq = _faq(content)
    if words is None:
        for raw in sys.stdin.buffer:
            line = raw.decode(errors="replace").rstrip("\r\n")
            typer.echo(json.dumps(_row(line, lang, faq.search(line, lang, limit)), ensure_ascii=False))
            sys.stdout.flush()
        return
    results = faq.search(words, lang, limit)
    if as_json:
        typer.echo(json.dumps(_row(words, lang, results), ensure_ascii=False))
    else:
        _tell(results, lang)


def _faq(content: Path | None) -> Faq:
    """The questions, with a bar on a terminal while an index must be built."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    console = Console(stderr=True)
    with Progress(*columns, console=console, transient=True, disable=not console.is_terminal) as bar:
        task = bar.add_task("Building the index", total=len(LANGUAGES), visible=False)
        return Faq.load(content, told=lambda _language: bar.update(task, advance=1, visible=True))


@app.command()
def evaluate(
    files: Annotated[list[Path], typer.Argument(help="Queries: “id: query | query” a line; the name ends in -fr.txt.")],
    others: Annotated[bool, typer.Option("--others/--ours", help="Also tantivy and SQLite FTS5.")] = True,
    crowd_size: Annotated[int, typer.Option("--crowd", help="Also the speed among so many entries.")] = 0,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a line.")] = False,
    content: Content = None,
) -> None:
    """How well and how fast the search answers queries with known answers, beside two other engines."""
    faq = _faq(content)
    try:
        lines = list(compare(faq, files, others=others))
    except (Unreadable, OSError) as error:
        raise typer.BadParameter(str(error)) from error
    if crowd_size:
        french = next((path for path in files if language_of(path) == "fr"), files[0])
        lines += crowded(crowd(faq.library, crowd_size), french, others=others)
    if as_json:
        typer.echo("\n".join(json.dumps(asdict(line)) for line in lines))
    else:
        Console(width=max(Console().width, 110)).print(table(lines))


def _row(words: str, lang: str, results: Results) -> dict[str, Any]:
    hits = [{"id": hit.entry.id, "score": hit.score, "question": hit.entry.title(lang)} for hit in results.hits]
    return {"q": words, "lang": lang, "results": hits, "confident": results.confident}


def _tell(results: Results, lang: str) -> None:
    if not results.hits:
        typer.echo("Nothing found.")
    elif not results.confident:
        typer.echo("No answer is sure enough to be suggested. The nearest:")
    for number, hit in enumerate(results.hits, 1):
        answer = hit.entry.answer(lang)
        typer.echo(f"{number}. {answer.question}  [{hit.entry.id}, {hit.score:.2f}{', sure' if hit.confident else ''}]")
        if hit.confident:
            typer.echo(f"   {answer.short}")


@app.command()
def lint(content: Content = None) -> None:
    """Check every question, answer, easy page and campaign; exit code 1 when something must be corrected."""
    library = load(content)
    found = [*words_problems(), *problems_of(library, datetime.now(UTC).date()), *documents.load(content).problems]
    if content is None:
        found += campaigns.load(questions=library.by_id).problems
    for problem in found:
        typer.echo(str(problem))
    errors = sum(problem.level == "error" for problem in found)
    typer.echo(f"{len(library.entries)} entries, {errors} errors, {len(found) - errors} warnings.")
    if errors:
        raise typer.Exit(1)


@app.command()
def stats(content: Content = None) -> None:
    """Count the answers by theme and language, and say how many a person has validated."""
    library = load(content)
    counts = {theme: _counted(library, theme) for theme in library.themes}
    width = max((len(theme) for theme in counts), default=5)
    typer.echo("  ".join(["theme".ljust(width), *(code.rjust(4) for code in LANGUAGES), "validated"]))
    for theme, row in [*counts.items(), ("total", sum(counts.values(), Counter[str]()))]:
        typer.echo(
            "  ".join([theme.ljust(width), *(str(row[code]).rjust(4) for code in LANGUAGES), str(row["ok"]).rjust(9)])
        )


@app.command()
def new(
    theme: Annotated[str, typer.Argument(help="Theme, as `stats` names it.")],
    key: Annotated[str, typer.Argument(metavar="ID", help="Stable name, such as vol-de-velo.")],
    question: Annotated[str, typer.Argument(help="As a citizen would read it.")],
    content: Content = None,
) -> None:
    """Begin a new question in its theme's file; `lint` then says what is missing."""
    try:
        path = draft(load(content), content or CONTENT, theme, key, question, datetime.now(UTC).date())
    except NotNew as error:
        raise typer.BadParameter(str(error)) from error
    typer.echo(f"Write the answer in {path}, then run `brigade faq lint`.")


@app.command(name="export")
def export_(
    file: Annotated[Path, typer.Argument(help="CSV file to write.")],
    lang: Annotated[str | None, typer.Option("--lang", help="One language; all of them without it.")] = None,
    content: Content = None,
) -> None:
    """Write everything as a table for a spreadsheet."""
    table = export(load(content), (_language(lang),) if lang else LANGUAGES)
    file.write_text(table, encoding="utf-8", newline="")
    typer.echo(f"{file}: open it as UTF-8 with semicolons; bring it back with `brigade faq import {file}`.")


@app.command(name="import")
def import_(
    file: Annotated[Path, typer.Argument(help="CSV file to read.", exists=True, dir_okay=False)],
    content: Content = None,
) -> None:
    """Take over what was changed in a table; nothing is written when a row is wrong."""
    try:
        changed = bring_back(file.read_text(encoding="utf-8"), load(content), content or CONTENT)
    except UnicodeDecodeError as error:
        raise typer.BadParameter(f"{file} is not UTF-8: save it as “CSV UTF-8”") from error
    except BadTable as error:
        for mistake in error.mistakes:
            typer.echo(mistake, err=True)
        typer.echo("Nothing was written.", err=True)
        raise typer.Exit(1) from error
    typer.echo("\n".join([*changed, f"{len(changed)} entries written; now run `brigade faq lint`."]))


def _language(code: str) -> str:
    if code not in LANGUAGES:
        raise typer.BadParameter(f"“{code}” is not one of {', '.join(LANGUAGES)}", param_hint="--lang")
    return code


def _counted(library: Library, theme: str) -> Counter[str]:
    row: Counter[str] = Counter()
    for entry in library.entries:
        if entry.theme == theme:
            row.update(code for code in LANGUAGES if entry.speaks(code))
            row["ok"] += entry.status == "validated"
    return row
