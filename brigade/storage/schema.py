"""Numbered, forward-only steps from an empty database to the tables that the code expects."""

import asyncio
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, make_url
from sqlalchemy.ext.asyncio import create_async_engine

from brigade.errors import Misconfigured
from brigade.storage.tables import metadata

_STEPS = Path(__file__).parent / "migrations"


def _config(connection: Connection | None = None) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_STEPS))
    config.attributes["connection"] = connection
    return config


def head() -> str:
    """The version that this code expects."""
    found = ScriptDirectory.from_config(_config()).get_current_head()
    assert found is not None
    return found


def _current(connection: Connection) -> str | None:
    return MigrationContext.configure(connection).get_current_revision()


def _upgrade(connection: Connection) -> None:
    try:
        command.upgrade(_config(connection), "head")
    except CommandError as error:
        raise Misconfigured(
            f"the database is at version {_current(connection)}, newer than this software ({head()}): "
            "install the newer software"
        ) from error


async def upgrade_async(url: str) -> None:
    """Bring the database at ``url`` to ``head()``; Misconfigured when it is newer than this code."""
    parsed = make_url(url)
    if parsed.get_backend_name() == "sqlite" and parsed.database:
        Path(parsed.database).parent.mkdir(parents=True, exist_ok=True)
    engine = create_async_engine(url)
    try:
        async with engine.begin() as connection:
            await connection.run_sync(_upgrade)
        if parsed.get_backend_name() == "sqlite":  # here, where one process is alone: changing the mode needs the file
            async with engine.connect() as connection:
                await connection.exec_driver_sql("PRAGMA journal_mode=WAL")
    finally:
        await engine.dispose()


def upgrade(url: str) -> None:
    """``upgrade_async`` for callers without a loop."""
    asyncio.run(upgrade_async(url))


async def check(url: str) -> None:
    """Misconfigured unless the database is exactly at ``head()``: a process never runs on tables it does not know."""
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            found = await connection.run_sync(_current)
    finally:
        await engine.dispose()
    if found != head():
        raise Misconfigured(
            f"the database is at version {found}, this software needs {head()}: run 'brigade db upgrade'"
        )


async def differences(url: str) -> list[object]:
    """What the steps build that the tables do not say, and the other way round; empty when they agree."""
    engine = create_async_engine(url)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(lambda c: compare_metadata(MigrationContext.configure(c), metadata))
    finally:
        await engine.dispose()
