"""``brigade triage``: judge texts and measure. For tests and experts; the bots judge by themselves."""

import json
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console

from bots.triage.classify import assess, warm
from bots.triage.examples import Example, read
from bots.triage.measure import judge
from bots.triage.report import report
from bots.triage.speed import measure
from bots.triage.vocabulary import Intent, Theme
from brigade.errors import Malformed
from brigade.texts import LANGUAGES
from brigade.vocabulary import Urgency

app = typer.Typer(help="Judge messages as the triage bot does, measure it, train it.", no_args_is_help=False)


@app.callback(invoke_without_command=True)
def lines(context: typer.Context) -> None:
    """Read one text a line (or JSON, {"text", "entry_point"}) from standard input; print one JSON object a line."""
    if context.invoked_subcommand:
        return
    warm()
    failed = False
    for line in sys.stdin.buffer:
        answer = _answer(line.decode("utf-8", "replace").rstrip("\r\n"))
        failed |= "error" in answer
        sys.stdout.write(json.dumps(answer, ensure_ascii=False) + "\n")
        sys.stdout.flush()
    if failed:
        raise typer.Exit(1)


def _answer(line: str) -> dict[str, Any]:
    try:
        text, entry_point, language = _question(line)
    except Malformed as error:
        return {"error": str(error)}
    found = assess([text], entry_point, language)
    return {
        "lang": found.language, "urgency": found.urgency, "theme": found.theme, "intent": found.intent,
        "confidence": found.confidence, "reasons": list(found.reasons),
    }  # fmt: skip


def _question(line: str) -> tuple[str, str, str | None]:
    """Text, entry point, page's language. Raises Malformed for an object that is not a question."""
    if not line.startswith("{"):
        return line, "", None
    try:
        asked = json.loads(line)
    except ValueError:
        return line, "", None  # somebody wrote a brace
    if not isinstance(asked, dict) or not isinstance(asked.get("text"), str):
        raise Malformed('write {"text": "…"} and, if you like, "entry_point" and "language"')
    entry_point, language = asked.get("entry_point") or "", asked.get("language")
    if not isinstance(entry_point, str) or not isinstance(language, str | None):
        raise Malformed('"entry_point" and "language" are strings')
    return asked["text"], entry_point, language


@app.command()
def evaluate(
    files: Annotated[list[Path], typer.Argument(help="Labelled messages: fr.txt …, .jsonl, or folders.")],
    errors: Annotated[int, typer.Option(help="How many of the worst errors are shown.")] = 10,
    hint: Annotated[str | None, typer.Option(help="Language of the page; each message's own when not given.")] = None,
) -> None:
    """Print recall and precision per class and language, confusions, and the worst errors."""
    paths = [path for file in files for path in (sorted(file.glob("*.txt")) if file.is_dir() else [file])]
    known = [one for path in paths for one in labelled(path)]
    if not known:
        raise Malformed("There is no labelled message in " + ", ".join(map(str, files)))
    Console(width=max(150, Console().width)).print(report(judge(known, hint), errors))


@app.command()
def speed() -> None:
    """Print how fast a message is judged, as JSON."""
    typer.echo(json.dumps(asdict(measure())))


def labelled(path: Path) -> list[Example]:
    """The messages of a file whose name is its language (``fr.txt``), or of JSON lines. Raises Malformed."""
    try:
        if path.suffix == ".jsonl":
            return [_labelled(json.loads(line)) for line in path.read_text("utf-8").splitlines() if line.strip()]
        if path.stem not in LANGUAGES:
            raise Malformed(f"{path}: its name must be its language, such as fr.txt")
        return list(read(path, path.stem))
    except (OSError, ValueError, KeyError, AttributeError, TypeError) as error:
        raise Malformed(f"{path} cannot be read: {error!r}") from error


def _labelled(row: dict[str, Any]) -> Example:
    """``{"text", "lang", "urgency", "theme", "intent"?}``; several good labels: ``a/b`` or a list."""

    def several(value: Any) -> list[str]:
        return value if isinstance(value, list) else str(value).split("/")

    urgencies = tuple(Urgency(one) for one in several(row["urgency"]))
    themes = tuple(Theme(one) for one in several(row["theme"])) if row.get("theme") else ()
    language = row.get("lang") or row["language"]
    return Example(language, urgencies, themes, Intent(row.get("intent", Intent.QUESTION)), str(row["text"]))
