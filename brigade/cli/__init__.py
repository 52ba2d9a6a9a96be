"""The command ``brigade``. A file in this folder is a command: ``talk.py`` holds either ``app``, a Typer with
sub-commands, or the function ``talk``. Files that begin with ``_`` are shared parts."""

import importlib
import sys
from pathlib import Path

import typer

from brigade.errors import BrigadeError


def names() -> list[str]:
    """Every command, in alphabetical order."""
    return sorted(file.stem for file in Path(__file__).parent.glob("[a-z]*.py"))


def application(*wanted: str) -> typer.Typer:
    """The commands ``wanted``; only their modules are imported, which makes a process start faster."""
    root = typer.Typer(
        name="brigade",
        help="The software of a digital contact unit: citizens' conversations as Matrix rooms.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    root.callback()(lambda: None)  # one command alone would otherwise lose its name
    for name in wanted:
        module = importlib.import_module(f"brigade.cli.{name}")
        if isinstance(found := getattr(module, "app", None), typer.Typer):
            root.add_typer(found, name=name)
        else:
            root.command(name)(getattr(module, name))
    return root


def main() -> None:
    """Run the command line; an error of ours is its sentence on standard error and exit code 1."""
    first = next(iter(sys.argv[1:]), "")
    try:
        application(*([first] if first in names() else names()))()
    except BrigadeError as error:
        typer.echo(str(error), err=True)
        sys.exit(1)
