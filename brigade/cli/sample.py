"""``brigade sample``."""

import typer

from brigade import config


def sample() -> None:
    """Print the configuration file with every key, its default and its meaning."""
    typer.echo(config.sample(), nl=False)
