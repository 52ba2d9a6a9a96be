"""``brigade run``."""

import asyncio
from typing import Annotated

import typer

from brigade.cli._options import ConfigFile, PortOffset, Var, chosen
from brigade.errors import Misconfigured
from brigade.service import main as process


def run(
    name: Annotated[str, typer.Argument(help="webchat, bots, … : the name of a bridge's stanza, or `bots`.")],
    config: ConfigFile = None,
    var: Var = None,
    port_offset: PortOffset = 0,
) -> None:
    """Run one process in the foreground until it is told to end."""
    found = chosen(config, var, port_offset).config
    if name not in found.services:
        raise Misconfigured(f"There is no process {name}; the configuration has {', '.join(found.services)}.")
    asyncio.run(process(found, name))
