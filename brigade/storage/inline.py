"""SQLite in the event loop's own thread.

aiosqlite hands every statement to a thread and waits for its answer: measured here, ten times what the statement itself
takes, and most of our part in a message's way. Our statements are short and touch a local file; the one long wait, for
another process's write lock, is made by `Storage.write` without blocking. So the same adapter runs the same calls here.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from typing import Any

import aiosqlite


class _Now:
    """In the place of aiosqlite's queue: whatever is put in is done at once, and its future with it."""

    def put_nowait(self, item: tuple[asyncio.Future[Any] | None, Callable[[], Any]]) -> None:
        future, call = item
        try:
            result = call()
        except sqlite3.Error as error:
            if future is None:
                raise
            future.set_exception(error)
        else:
            if future is not None:
                future.set_result(result)

    def start(self) -> None:
        """In the place of aiosqlite's thread: there is nothing to start."""


class InlineConnection(aiosqlite.Connection):
    """An aiosqlite connection without a thread; ``aiosqlite`` is pinned, and the storage tests try it whole."""

    def __init__(self, path: str) -> None:
        super().__init__(lambda: sqlite3.connect(path, timeout=10, isolation_level=None), 64)
        now: Any = _Now()
        self._tx = now
        self._thread = now
