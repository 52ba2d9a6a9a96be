"""What ``brigade up`` shows: how far it is, then where to go."""

from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn
from rich.table import Column, Table

from brigade.config import Config
from brigade.stack.accounts import ADMIN
from brigade.stack.endpoints import Endpoints
from brigade.stack.stack import Report


@contextmanager
def progress(console: Console) -> Iterator[Report]:
    """A line a step, alive on a terminal, plain elsewhere."""
    if not console.is_terminal:
        yield lambda step, state: console.print(f"{step} {state}") if state == "ok" else None
        return
    columns = (SpinnerColumn(finished_text="[green]✓[/]"), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console) as bar:
        tasks = {}

        def report(step: str, state: str) -> None:
            if step not in tasks:
                tasks[step] = bar.add_task(step, total=1)
            if state == "ok":
                bar.update(tasks[step], completed=1)

        yield report


def show(console: Console, config: Config, found: Endpoints) -> None:
    """Addresses, accounts, and what to click first."""
    console.print(_addresses(found))
    console.print(_accounts(config, found))
    console.print(f"All passwords are in {config.paths.secrets}, one file each.", soft_wrap=True)
    if found.demo_page and found.operators:
        first = found.operators[0]
        console.print(
            f"1. Open {found.demo_page} and write in the chat at the bottom right.\n"
            f"2. In a Matrix client such as Element, sign in as {first.user_id} on {found.homeserver}.\n"
            f"3. Open “{config.desk.lobby.name}”, click ✋ under the card, answer in the room that appears.\n"
            "`.venv/bin/brigade talk` plays the citizen here; `make down` stops all and keeps every conversation.",
            soft_wrap=True,
        )


def _addresses(found: Endpoints) -> Table:
    columns = [Column(name, overflow="fold") for name in ("What", "Address")]
    table = Table(*columns, title="Brigade numérique is ready", title_justify="left")
    rows = {
        "Demo page (citizen)": found.demo_page,
        "Citizens' API": found.webchat and f"{found.webchat}/api/v1/",
        "Help centre": found.help_centre,
        "Supervisors' console": found.console,
        "Write as a Messenger user": (found.messenger or {}).get("demo_page"),
        "Write as an X user": (found.x or {}).get("demo_page"),
        "Write by e-mail": (found.smtp or {}).get("demo_page"),
        "Matrix homeserver (operators)": found.homeserver,
    }
    for what, address in rows.items():
        if address:
            table.add_row(what, address)
    return table


def _accounts(config: Config, found: Endpoints) -> Table:
    columns = [Column(name, overflow="fold", no_wrap=name != "Who") for name in ("Account", "Password", "Who")]
    table = Table(*columns, title="Demo accounts", title_justify="left")
    for operator in found.operators:
        table.add_row(operator.user_id, operator.password, "operator, " + " ".join(operator.languages))
    for unit in found.units:
        table.add_row(unit.user_id, unit.password, f"unit, {unit.name}")
    table.add_row(config.user_id(ADMIN), "(see below)", "administrator")
    return table
