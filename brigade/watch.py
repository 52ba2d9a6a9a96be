"""Notices when the homeserver comes back, and fetches what it lost on the way.

Synapse loses or delays events around an outage in two ways (read in its code, the second reproduced here):

- it advances its position in the stream before a transaction is delivered and keeps the next events in memory; killed
  in that window, it never sends them (`handlers/appservice.py`);
- a transaction created just while its recovery of a service that was down ends is stored and left lying until the next
  outage, while later ones are sent (`appservice/scheduler.py`, `_TransactionController.send`).

So after every return each of our rooms is read back to the last event we know; for a while after it a room is read
again before its events are worked off, and the lively rooms once more after a few seconds; and now and then all.
"""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Collection

import structlog

from brigade.errors import BrigadeError, Refused
from brigade.events import Event
from brigade.inbox import Inbox
from brigade.matrix import Account

log = structlog.get_logger(__name__)

_PAGES = 20
_AT_ONCE = 4
_DOUBT = 20.0  # seconds after a return during which a room is read before its events are worked off
_AGAIN = (2.0, 6.0, 20.0)  # seconds after a return at which the lively rooms are read once more
_LIVELY = 900.0  # seconds since the last event that make a room lively
_ROUND = 600.0  # seconds between two readings of all rooms


class Watch:
    """Looks at the homeserver every ``period`` seconds; after each return: ping, catch up, ``on_return``."""

    def __init__(
        self,
        account: Account,
        service: str,
        inbox: Inbox[Event],
        on_return: Callable[[], Awaitable[None]],
        period: float = 1.0,
    ) -> None:
        self._account = account
        self._service = service
        self._inbox = inbox
        self._on_return = on_return
        self._period = period
        self._task: asyncio.Task[None] | None = None
        self._returned = float("-inf")
        self._rounds: list[float] = []
        self.up = False
        self.reason = "the homeserver was not asked yet"
        inbox.before = self._before

    def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._loop(), name="watch")

    async def stop(self) -> None:
        """Stop looking."""
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _loop(self) -> None:
        while True:
            try:
                await self._look()
            except BrigadeError as error:
                if self.up:
                    log.warning("homeserver_away", reason=str(error))
                self.up, self.reason = False, str(error)
            except Exception:  # the watch must outlive whatever a return brings up
                log.exception("watch_failed")
                self.up = False
            await asyncio.sleep(self._period)

    def doubt(self) -> None:
        """We could not take what the homeserver brought, so it holds us for down: treat it as a return."""
        self.up, self.reason = False, "a transaction had to be postponed"

    async def _look(self) -> None:
        await self._account.homeserver.versions()
        if not self.up:
            await self._enter()
            self.up, self.reason = True, ""
            log.info("homeserver_is_there", service=self._service)
        elif self._rounds and time.monotonic() >= self._rounds[0]:
            self._rounds.pop(0)
            await self._catch_up(await self._inbox.lively(_LIVELY) if self._rounds else None)
            self._rounds = self._rounds or [time.monotonic() + _ROUND]

    async def _enter(self) -> None:
        self._returned = time.monotonic()
        await self._account.register("Brigade")
        await self._account.homeserver.ping(self._service)
        await self._catch_up(None)
        await self._on_return()
        self._returned = time.monotonic()
        self._rounds = [self._returned + after for after in (*_AGAIN, _ROUND)]

    async def _before(self, room_id: str) -> bool:
        """Called by the inbox before it works off a room; whether there was doubt."""
        if time.monotonic() - self._returned >= _DOUBT:
            return False
        try:
            await self._room(room_id)
        except Refused as error:
            log.info("room_not_read", room=room_id, reason=str(error))
        return True

    async def _catch_up(self, only: Collection[str] | None) -> None:
        """Store the events of our rooms (all, or those in ``only``) that never came."""
        slots = asyncio.Semaphore(_AT_ONCE)

        async def one(room_id: str) -> None:
            async with slots:
                try:
                    await self._room(room_id)
                except Refused as error:
                    # One bad room must not stop the others.
                    log.warning("room_not_read", room=room_id, reason=str(error))

        rooms = await self._account.joined_rooms()
        await asyncio.gather(*(one(room_id) for room_id in rooms if only is None or room_id in only))

    async def _room(self, room_id: str) -> None:
        missing: list[dict[str, object]] = []
        start: str | None = None
        for _ in range(_PAGES):
            page, start = await self._account.history(room_id, start)
            known = await self._inbox.knows(str(raw.get("event_id")) for raw in page)
            new = [raw for raw in page if raw.get("event_id") not in known]
            missing += new
            if known or start is None:
                break
        if missing:
            log.info("caught_up", room=room_id, events=len(missing))
            await self._inbox.store(reversed(missing))
