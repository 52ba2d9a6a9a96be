"""``brigade down``."""

from pathlib import Path

import typer

from brigade.cli._options import ConfigFile, PortOffset, Var, chosen
from brigade.config import Paths
from brigade.errors import Misconfigured
from brigade.stack import launch


def down(config: ConfigFile = None, var: Var = None, port_offset: PortOffset = 0) -> None:
    """Stop everything that `brigade up` started; conversations and accounts are kept.

    The folder says what runs: --port-offset changes nothing, it is there so that the options of `up` can be repeated.
    """
    del port_offset
    typer.echo("stopped" if launch.down(_paths(config, var)) else "nothing was running")


def _paths(config: Path | None, var: Path | None) -> Paths:
    """A configuration that is wrong by now must not keep anybody from stopping what runs."""
    usual = Paths((var or Path("var")).absolute())
    try:
        return chosen(config, var).config.paths
    except Misconfigured:
        if launch.is_up(usual):
            return usual
        raise
