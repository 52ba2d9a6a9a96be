"""``brigade doctor``."""

import asyncio
import json as text
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from brigade.cli._options import ConfigFile, Var, chosen
from brigade.config.services import read_secret
from brigade.doctor.examination import Examination, Step
from brigade.doctor.patient import Patient
from brigade.doctor.run import examine
from brigade.errors import Misconfigured

_MARKS = {True: "[green]✓[/]", False: "[red]✗[/]", None: "[dim]–[/]"}


def doctor(
    config: ConfigFile = None,
    var: Var = None,
    operator: Annotated[str | None, typer.Option(help="Matrix id to answer the canary as; the first demo one.")] = None,
    password_file: Annotated[Path | None, typer.Option(help="File that holds that operator's password.")] = None,
    within: Annotated[float, typer.Option(min=0.1, help="Seconds that one step may take.")] = 10.0,
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of lines.")] = False,
) -> None:
    """Send a canary message the whole way and say where it stops; exit code 1 when it does."""
    if (operator is None) != (password_file is None):
        raise Misconfigured("--operator and --password-file go together.")
    account = (operator, read_secret(password_file)) if operator and password_file else None
    patient = Patient.find(chosen(config, var).config, account)
    console = Console(highlight=False, soft_wrap=True)
    examination = Examination((lambda _step: None) if json else (lambda step: _show(console, step)), within)
    asyncio.run(examine(patient, examination))
    if json:
        typer.echo(text.dumps(examination.json(), ensure_ascii=False, indent=2))
    else:
        console.print(_verdict(examination))
    raise typer.Exit(0 if examination.ok else 1)


def _show(console: Console, step: Step) -> None:
    took = f"{step.ms} ms" if step.ms is not None else "skipped"
    console.print(f"{_MARKS[step.ok]} {step.name:42} {took:>9}", end="")
    console.print(f"  {step.said}" if step.said else "", markup=False)
    if step.advice and step.ok is False:
        console.print(f"    {step.advice}", markup=False)


def _verdict(examination: Examination) -> str:
    failed = [step.name for step in examination.steps if step.ok is False]
    skipped = any(step.ok is None for step in examination.steps)
    if not failed and skipped:
        why = next(step.advice for step in examination.steps if step.ok is None)
        return f"The way is open as far as it was tried. {why}"
    if not failed:
        return "The way is open from the citizen to the operator and back."
    return f"It stops at: {failed[-1]}." if len(failed) == 1 else f"Failed: {', '.join(failed)}."
