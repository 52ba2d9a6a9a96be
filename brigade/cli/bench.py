"""``brigade bench``."""

import dataclasses
import json as text
from typing import Annotated

import typer
from rich.console import Console

from brigade.bench.lab import DatabaseKind
from brigade.bench.run import QUICK, Size
from brigade.bench.run import run as run_bench
from brigade.cli._options import ConfigFile, Var, chosen


def bench(
    config: ConfigFile = None,
    var: Var = None,
    rounds: Annotated[int | None, typer.Option(min=1, help="Messages each way, ours and the floor's; 200.")] = None,
    quick: Annotated[bool, typer.Option("--quick", help="A few samples of everything: whether it works.")] = False,
    database: Annotated[DatabaseKind, typer.Option(help="PostgreSQL: a private one, gone afterwards.")] = "sqlite",
    json: Annotated[bool, typer.Option("--json", help="Print JSON instead of a table.")] = False,
) -> None:
    """Measure our speed and memory as ratios to bare Synapse, on a private stack; takes about seven minutes."""
    size = QUICK if quick else Size()
    size = dataclasses.replace(size, rounds=rounds) if rounds else size
    folder = chosen(config, var).config.paths.var
    folder.mkdir(parents=True, exist_ok=True)
    found = run_bench(folder, size, database, Console(stderr=True))
    if json:
        typer.echo(text.dumps(found.json(), indent=2))
    else:
        Console().print(found.table())
