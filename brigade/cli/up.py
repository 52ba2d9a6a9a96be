"""``brigade up``."""

from rich.console import Console

from brigade.cli._options import ConfigFile, PortOffset, Var, chosen
from brigade.stack import board, launch


def up(config: ConfigFile = None, var: Var = None, port_offset: PortOffset = 0) -> None:
    """Start everything on this machine, wait until it is ready and say where it is."""
    plan = chosen(config, var, port_offset)
    console = Console()
    if launch.is_up(plan.config.paths):
        console.print("Already running; a changed configuration counts after `make down`.")
    with board.progress(console) as report:
        found = launch.up(plan, report)
    board.show(console, plan.config, found)
