"""Storing what a platform tells, before it is told that we have it: soon, and many callers at once."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

# Seconds in which deliveries that come together are stored together: a platform sends hundreds in a second, and each
# time the disk is waited for costs as much as storing ten of them.
_TOGETHER = 0.008

Store = Callable[[list[Any]], Awaitable[object]]


class Reception:
    """``store`` keeps raw events; it raises Temporary while it cannot."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._waiting: list[tuple[list[Any], asyncio.Future[None]]] = []
        self._task: asyncio.Task[None] | None = None

    async def take(self, events: list[Any]) -> None:
        """When this returns they are on disk. Raises as ``store``."""
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((events, done))
        if self._task is None:
            self._task = asyncio.create_task(self._run(), name="reception")
        await done

    async def _run(self) -> None:
        await asyncio.sleep(_TOGETHER)
        waiting, self._waiting, self._task = self._waiting, [], None
        error: Exception | None = None
        try:
            await self._store([event for events, _ in waiting for event in events])
        except Exception as failure:  # noqa: BLE001 - each caller has to know it
            error = failure
        for _, done in waiting:
            if done.done():
                continue  # the caller has hung up; what it brought is stored all the same
            if error:
                done.set_exception(error)
            else:
                done.set_result(None)
