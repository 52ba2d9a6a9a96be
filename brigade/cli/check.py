"""``brigade check``."""

import typer

from brigade.cli._options import ConfigFile, PortOffset, Var, chosen


def check(config: ConfigFile = None, var: Var = None, port_offset: PortOffset = 0) -> None:
    """Read the configuration and say `ok`, or one line for each mistake."""
    _ = chosen(config, var, port_offset).config.database_url
    typer.echo("ok")
