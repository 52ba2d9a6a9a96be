"""``brigade db``."""

import typer

from brigade.cli._options import ConfigFile, Var, chosen
from brigade.storage import upgrade as upgrade_database

app = typer.Typer(no_args_is_help=True, help="Our own database.", pretty_exceptions_enable=False)


@app.callback()
def _group() -> None:
    """Our own database."""


@app.command()
def upgrade(config: ConfigFile = None, var: Var = None) -> None:
    """Bring the database to the version of this program; does nothing when it is there."""
    found = chosen(config, var).config
    found.paths.make()
    upgrade_database(found.database_url)
    typer.echo("ok")
