"""``brigade down``."""

import typer

from brigade.cli._options import ConfigFile, Var, chosen
from brigade.stack import launch


def down(config: ConfigFile = None, var: Var = None) -> None:
    """Stop everything that `brigade up` started; conversations and accounts are kept."""
    typer.echo("stopped" if launch.down(chosen(config, var).config) else "nothing was running")
