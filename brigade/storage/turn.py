"""Who may write next, where there is one writer at a time."""

import asyncio
from collections import deque
from collections.abc import Callable
from types import TracebackType


class Turn:
    """A lock with two queues: ``first()`` goes before everybody in ``last()``, each in the order of asking. Whoever
    stores what somebody outside waits for goes first; our own work follows.

    ``polite``: one turn in a round of the event loop. SQLite's statements run in the loop, and a piece of work that
    never waits for anything would go through all its steps in one go, and so would the next thirty, while those who are
    outside wait half a second.
    """

    def __init__(self) -> None:
        self.polite = False
        self.idle: Callable[[], None] = lambda: None  # called when nobody wants it any more
        self._busy = False
        self._first: deque[asyncio.Future[None]] = deque()
        self._last: deque[asyncio.Future[None]] = deque()

    @property
    def awaited(self) -> bool:
        """Whether somebody waits for it."""
        return any(not waiter.done() for waiter in (*self._first, *self._last))

    def first(self) -> "_Asked":
        """``async with turn.first():``"""
        return _Asked(self, self._first)

    def last(self) -> "_Asked":
        """``async with turn.last():``"""
        return _Asked(self, self._last)

    async def take(self, queue: deque[asyncio.Future[None]]) -> None:
        """Wait for the turn."""
        if not self._busy:
            self._busy = True
            return
        waiter = asyncio.get_running_loop().create_future()
        queue.append(waiter)
        try:
            await waiter
        except asyncio.CancelledError:
            if waiter.done() and not waiter.cancelled():
                self.give()  # it was ours already
            raise

    def give(self) -> None:
        """The next one's turn."""
        if self.polite:
            asyncio.get_running_loop().call_soon(self._pass_on)
        else:
            self._pass_on()

    def _pass_on(self) -> None:
        for queue in (self._first, self._last):
            while queue:
                waiter = queue.popleft()
                if not waiter.done():
                    waiter.set_result(None)
                    return
        self._busy = False
        self.idle()


class _Asked:
    def __init__(self, turn: Turn, queue: deque[asyncio.Future[None]]) -> None:
        self._turn = turn
        self._queue = queue

    async def __aenter__(self) -> None:
        await self._turn.take(self._queue)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._turn.give()
