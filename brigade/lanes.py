"""Serial for each key, parallel over keys, urgent keys first, bounded: the way both queues are worked off."""

import asyncio
import heapq
import itertools
from collections.abc import Awaitable, Callable

import structlog

log = structlog.get_logger(__name__)


class Lanes:
    """Runs ``work(key)`` for every key that was woken, never twice at once for the same key.

    ``work`` empties the key's queue and returns None, or the seconds after which to try again. A key woken while it
    runs is run once more. At most ``limit`` keys run at a time; lower ``rank`` goes first.
    """

    def __init__(self, name: str, limit: int, work: Callable[[str], Awaitable[float | None]]) -> None:
        self.name = name
        self._limit = limit
        self._work = work
        self._heap: list[tuple[int, int, str]] = []
        self._waiting: set[str] = set()
        self._running: dict[str, asyncio.Task[None]] = {}
        self._again: set[str] = set()
        self._timers: dict[str, asyncio.TimerHandle] = {}
        self._count = itertools.count()
        self._stopped = False

    def wake(self, key: str, rank: int = 1) -> None:
        """There is something to do for ``key``."""
        if self._stopped:
            return
        if timer := self._timers.pop(key, None):
            timer.cancel()
        if key in self._running:
            self._again.add(key)
        elif key not in self._waiting:
            self._waiting.add(key)
            heapq.heappush(self._heap, (rank, next(self._count), key))
            self._start()

    def _start(self) -> None:
        while self._heap and len(self._running) < self._limit:
            key = heapq.heappop(self._heap)[2]
            self._waiting.discard(key)
            self._running[key] = asyncio.create_task(self._run(key), name=f"{self.name}:{key}")

    async def _run(self, key: str) -> None:
        retry: float | None = None
        try:
            retry = await self._work(key)
        except Exception:  # the one loop that must survive whatever one key's work does
            log.exception("lane_failed", lane=self.name)
            retry = 5.0
        finally:
            del self._running[key]
            self._next(key, retry)

    def _next(self, key: str, retry: float | None) -> None:
        if self._stopped:
            return
        if key in self._again:
            self._again.discard(key)
            self.wake(key)
        elif retry is not None:
            self._timers[key] = asyncio.get_running_loop().call_later(retry, self._due, key)
        self._start()

    def _due(self, key: str) -> None:
        self._timers.pop(key, None)
        self.wake(key)

    def retry_now(self) -> None:
        """The other side is back: do not wait for the timers."""
        for key in list(self._timers):
            self.wake(key)

    @property
    def busy(self) -> int:
        """How many keys run or wait."""
        return len(self._running) + len(self._waiting)

    async def stop(self) -> None:
        """Let what runs come to its end, at most ten seconds; what is queued stays in the database."""
        self._stopped = True
        for timer in self._timers.values():
            timer.cancel()
        if self._running:
            await asyncio.wait(list(self._running.values()), timeout=10)
