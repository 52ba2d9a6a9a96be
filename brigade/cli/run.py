"""``brigade run``."""

import asyncio
from typing import Annotated

import typer

from brigade.cli._options import ConfigFile, PortOffset, Var, chosen
from brigade.errors import Misconfigured
from brigade.service import main as process


def run(
    name: Annotated[str, typer.Argument(help="webchat, … : the name of a bridge's stanza, or `bots`, or `faq`.")],
    config: ConfigFile = None,
    var: Var = None,
    port_offset: PortOffset = 0,
) -> None:
    """Run one process in the foreground until it is told to end."""
    found = chosen(config, var, port_offset).config
    if name not in found.processes:
        raise Misconfigured(f"There is no process {name}; the configuration has {', '.join(found.processes)}.")
    asyncio.run(process(found, name))
