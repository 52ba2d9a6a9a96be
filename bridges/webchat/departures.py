"""The citizen goes. Whoever uses the quick exit has closed the page and cannot try again, so we do."""

import asyncio

import structlog
from aiohttp import web

from bridges.webchat.http import authorised, conversation_id, page_of, token_of
from bridges.webchat.limits import Gate
from bridges.webchat.problems import Problem
from bridges.webchat.stream import Streams
from brigade.errors import Temporary
from brigade.relay import Relay

log = structlog.get_logger(__name__)

_MOST = 10_000  # departures that may wait for the database


class Departures:
    """Ends conversations: now, or as soon as the database is back."""

    def __init__(self, relay: Relay, gate: Gate, streams: Streams, retry_seconds: float = 1.0) -> None:
        self._relay = relay
        self._gate = gate
        self._streams = streams
        self._retry = retry_seconds
        self._tasks: set[asyncio.Task[None]] = set()

    async def leave(self, request: web.Request, quick: bool) -> None:
        """The token is dead when this returns. Raises Problem; Temporary when it will be a little later."""
        try:
            page = await page_of(request, self._relay, self._gate)
            await self._relay.leave(page, quick)
        except Temporary:
            self._later(conversation_id(request), token_of(request), quick)
            raise
        self._streams.end(page.id)

    def _later(self, conversation: str, token: str, quick: bool) -> None:
        if len(self._tasks) >= _MOST:
            return
        task = asyncio.create_task(self._again(conversation, token, quick), name="departure")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _again(self, conversation: str, token: str, quick: bool) -> None:
        wait = self._retry
        while True:
            await asyncio.sleep(wait)
            try:
                page = await authorised(self._relay, conversation, token)
                await self._relay.leave(page, quick)
            except Temporary:
                wait = min(30.0, wait * 2)
            except Problem:
                return
            else:
                self._streams.end(conversation)
                return

    async def stop(self) -> None:
        """What still waits is lost: such a conversation ends when its token expires."""
        if self._tasks:
            log.warning("departures_lost", count=len(self._tasks))
        for task in tuple(self._tasks):
            task.cancel()
