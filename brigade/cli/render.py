"""``brigade render``."""

import typer

from brigade.cli._options import ConfigFile, PortOffset, Var, chosen
from brigade.stack import machine
from brigade.stack.render import render as render_files


def render(config: ConfigFile = None, var: Var = None, port_offset: PortOffset = 0) -> None:
    """Write Synapse's configuration and the registrations from brigade.yaml; secrets that are missing are made."""
    found = chosen(config, var, port_offset).config
    with machine.sentences(found.paths.var):
        for file in render_files(found):
            typer.echo(str(file))
