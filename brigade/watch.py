"""Notices when the homeserver comes back, and fetches what it lost on the way.

Synapse advances its position in the stream before a transaction is delivered and keeps the next events in memory:
killed in that window, it never sends them (pitfall P3). So after every outage each of our rooms is read back to the
last event that we know.
"""

import asyncio
import contextlib
from collections.abc import Awaitable, Callable

import structlog

from brigade.errors import BrigadeError, Refused
from brigade.inbox import Inbox
from brigade.matrix import Account

log = structlog.get_logger(__name__)

_PAGES = 20
_AT_ONCE = 4


class Watch:
    """Looks at the homeserver every ``period`` seconds; after each return: ping, catch up, ``on_return``."""

    def __init__(
        self,
        account: Account,
        service: str,
        inbox: Inbox,
        on_return: Callable[[], Awaitable[None]],
        period: float = 1.0,
    ) -> None:
        self._account = account
        self._service = service
        self._inbox = inbox
        self._on_return = on_return
        self._period = period
        self._task: asyncio.Task[None] | None = None
        self.up = False
        self.reason = "the homeserver was not asked yet"

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

    async def _look(self) -> None:
        await self._account.homeserver.versions()
        if self.up:
            return
        await self._enter()
        self.up, self.reason = True, ""
        log.info("homeserver_is_there", service=self._service)

    async def _enter(self) -> None:
        await self._account.register("Brigade")
        await self._account.homeserver.ping(self._service)
        await self.catch_up()
        await self._on_return()

    async def catch_up(self) -> None:
        """Store the events of all our rooms that never came."""
        slots = asyncio.Semaphore(_AT_ONCE)

        async def one(room_id: str) -> None:
            async with slots:
                try:
                    await self._room(room_id)
                except Refused as error:
                    # One bad room must not stop the others.
                    log.warning("room_not_read", room=room_id, reason=str(error))

        await asyncio.gather(*(one(room_id) for room_id in await self._account.joined_rooms()))

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
