"""The one way to the database: ``async with storage.write() as tx``, on SQLite and PostgreSQL alike."""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiosqlite
from sqlalchemy import Connection, Table, event, make_url, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from brigade.errors import Temporary
from brigade.storage import tables
from brigade.storage.group import Group
from brigade.storage.inline import InlineConnection
from brigade.storage.schema import upgrade, upgrade_async
from brigade.storage.turn import Turn

__all__ = ["Storage", "tables", "upgrade", "upgrade_async"]


_LOCKED_WITHIN = 15.0  # seconds


class Storage:
    """One database. SQLite has one writer at a time: writers of this process queue here instead of failing there."""

    def __init__(self, url: str) -> None:
        self.url = make_url(url)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        if self.sqlite and self.url.database:
            Path(self.url.database).parent.mkdir(parents=True, exist_ok=True)
        self._reader = _engine(self.url.render_as_string(hide_password=False), self.sqlite)
        self._writer = self._reader
        if self.sqlite:
            self._writer = _engine(self.url.render_as_string(hide_password=False), True, pool_size=1)
            event.listen(self._writer.sync_engine, "begin", _begin_immediate)
        self._turn = Turn()
        self._group = Group(self._writer, self._turn, self._lock)

    def be_polite(self) -> None:
        """Let those who are outside in between the steps of our own work; it then takes a little longer."""
        self._turn.polite = True

    @asynccontextmanager
    async def read(self) -> AsyncIterator[AsyncConnection]:
        """A consistent look; raises Temporary when the database is away."""
        with _away():
            async with _lent(self._reader, self.sqlite) as tx:
                yield tx

    @asynccontextmanager
    async def write(self, *, first: bool = False) -> AsyncIterator[AsyncConnection]:
        """All or nothing, on disk when the block has ended; raises Temporary when the database is away. ``first``:
        somebody outside waits for it, our own work does not go before.
        """
        with _away():
            if not self.sqlite:
                async with self._writer.begin() as tx:
                    yield tx
                return
            if self._turn.polite:
                async with self._group.write(first) as tx:
                    yield tx
                return
            async with self._turn.first() if first else self._turn.last(), _lent(self._writer, self.sqlite) as tx:
                await self._lock(tx)
                yield tx
                await tx.commit()

    @staticmethod
    async def _lock(tx: AsyncConnection) -> None:
        """The file's write lock, which another process may hold for a moment: asked for again, without blocking."""
        until = time.monotonic() + _LOCKED_WITHIN
        while True:
            try:
                await tx.begin()
                return
            except OperationalError:
                if time.monotonic() > until:
                    raise
                await asyncio.sleep(0.0005)

    def insert(self, table: Table) -> Any:
        """An INSERT that has ``on_conflict_do_nothing`` and ``on_conflict_do_update``."""
        return sqlite.insert(table) if self.sqlite else postgresql.insert(table)

    async def ping(self) -> None:
        """Raises Temporary when the database does not answer."""
        async with self.read() as tx:
            await tx.execute(text("SELECT 1"))

    async def close(self) -> None:
        """Give the connections back."""
        await self._reader.dispose()
        await self._writer.dispose()


@asynccontextmanager
async def _lent(engine: AsyncEngine, inline: bool) -> AsyncIterator[AsyncConnection]:
    """A connection of the pool. SQLAlchemy gives it back in a task of its own, lest a cancellation leave it half given
    back; where nothing waits there is nothing to cancel, and no round through the loop to pay.
    """
    if not inline:
        async with engine.connect() as tx:
            yield tx
        return
    tx = await engine.connect()
    try:
        yield tx
    finally:
        await tx.close()


class _away:
    """Turns the driver's ways of saying that the database is away into Temporary."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if isinstance(error, OSError | TimeoutError) or (isinstance(error, DBAPIError) and _is_away(error)):
            raise Temporary(f"the database is away: {type(error).__name__}") from error


# SQLSTATE classes that later may be better for: connection, deadlock, resources, operator intervention (PostgreSQL
# manual, appendix A).
_PASSING = ("08", "40", "53", "57")


def _is_away(error: DBAPIError) -> bool:
    state = str(getattr(error.orig, "sqlstate", None) or getattr(error.orig, "pgcode", None) or "")
    passing = isinstance(error.orig, sqlite3.OperationalError | OSError) or state[:2] in _PASSING
    return error.connection_invalidated or passing


def _engine(url: str, is_sqlite: bool, pool_size: int = 8) -> AsyncEngine:
    if not is_sqlite:
        return create_async_engine(url, pool_size=pool_size, max_overflow=8, pool_pre_ping=True, pool_timeout=10)
    path = str(make_url(url).database)
    engine = create_async_engine(url, pool_size=pool_size, async_creator=lambda: _inline(path))
    event.listen(engine.sync_engine, "connect", _sqlite_settings)
    return engine


async def _inline(path: str) -> aiosqlite.Connection:
    return await InlineConnection(path)


def _sqlite_settings(connection: Any, _record: object) -> None:
    """Another process may be opening the file too, which needs a lock: waited for here, where nothing is late yet."""
    cursor = connection.cursor()
    # A reader meets a lock only while the file is recovered after a kill.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", "foreign_keys=ON", "busy_timeout=250"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    """Take the write lock at once: a read that turns into a write later fails without waiting under WAL."""
    connection.exec_driver_sql("PRAGMA busy_timeout=0")  # `Storage._lock` asks again, without blocking the loop
    connection.exec_driver_sql("BEGIN IMMEDIATE")
