"""One open stream of a citizen: where it stands in the transcript, and how it is ended."""

import asyncio
import json
from typing import Any

from aiohttp import web

from brigade.book import Page


class Socket:
    """One open stream. ``wake`` it when there may be something to send; nothing runs while there is not."""

    def __init__(self, ws: web.WebSocketResponse, request: web.Request, page: Page, cursor: int) -> None:
        self.ws = ws
        self.conversation_id = page.id
        self.expires_at = page.expires_at
        self.cursor = cursor
        self.hints: dict[str, dict[str, Any]] = {}
        self.pump: asyncio.Task[None] | None = None
        self.again = False
        self.unsure = True  # whether the token must be looked at before anything is sent
        self.code: int | None = None
        self.until: asyncio.Timeout | None = None
        self.handler = asyncio.current_task()
        self.timer: asyncio.TimerHandle | None = None
        self._transport = request.transport

    async def send(self, payload: dict[str, Any], seconds: float) -> None:
        """One event, one frame. Raises TimeoutError when the reader does not read."""
        async with asyncio.timeout(seconds):
            await self.ws.send_str(json.dumps(payload, ensure_ascii=False, separators=(",", ":")))

    def end(self, code: int) -> None:
        """Ask the handler to close it. Closing it from any other task would hang up before the reader has agreed."""
        if self.code is None:
            self.code = code
            if self.until:
                self.until.reschedule(asyncio.get_running_loop().time())

    def cut(self) -> None:
        """End it without a word: whoever does not read would not read a close frame either."""
        if self._transport:
            self._transport.abort()
