"""The options that every command of the stack has."""

from pathlib import Path
from typing import Annotated

import typer

from brigade.config import Plan, read

ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", "-c", help="Configuration file; without it brigade.yaml here, or the defaults."),
]
Var = Annotated[Path | None, typer.Option("--var", help="Folder of everything that is written.")]
PortOffset = Annotated[int, typer.Option("--port-offset", help="Moves every port by as much.")]


def chosen(config: Path | None, var: Path | None = None, port_offset: int = 0) -> Plan:
    """The configuration after the options. Raises Misconfigured."""
    plan = read(config)
    if var:
        plan = plan.with_(var=str(var.absolute()))
    return plan.shifted(port_offset)
