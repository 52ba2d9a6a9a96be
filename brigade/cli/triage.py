"""``brigade triage``: the triage bot's own commands, found by name because this package imports none of ours."""

import importlib

import typer
from rich.console import Console

app: typer.Typer = importlib.import_module("bots.triage.commands").app


@app.command()
def train() -> None:
    """Make both models again from the examples and the data files (a minute); commit them together."""
    console = Console(stderr=True)
    with console.status("…") as status:
        # Only now: what training needs is slow to import.
        trainer = importlib.import_module("bots.triage.training")
        for path in trainer.write(step=lambda name: status.update(f"training: {name}")):
            console.print(f"{path.name}: {path.stat().st_size / 1e6:.1f} MB")
