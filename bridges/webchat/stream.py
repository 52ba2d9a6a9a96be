"""The citizen's open streams: one WebSocket, one cursor in the transcript, nothing kept besides."""

import asyncio
import contextlib
import time
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import structlog
from aiohttp import WSMessage, WSMsgType, web

from bridges.webchat.bodies import TokenFrame, decode, parse
from bridges.webchat.http import authorised, conversation_id, since_of
from bridges.webchat.limits import Act, Gate
from bridges.webchat.problems import Kind, Problem
from bridges.webchat.settings import Settings
from bridges.webchat.sockets import Socket
from brigade import metrics
from brigade.book import Page
from brigade.errors import Temporary
from brigade.relay import Relay

log = structlog.get_logger(__name__)

BAD_FRAME, DEAD, NO_FRAME, AGAIN = 4400, 4401, 4408, 1012
_BATCH = 20  # events read at once: what one slow reader can make us hold
_QUEUED = (None, "received", "waiting")
_GOODBYE = 3.0  # seconds for readers to agree when the process stops
_FRAME = 4096  # bytes of the longest frame that a citizen may send


@dataclass(frozen=True, slots=True)
class _Caller:
    """What the handshake told."""

    conversation_id: str
    since: int


class Streams:
    """All open streams of this process, by conversation."""

    def __init__(self, relay: Relay, settings: Settings, gate: Gate, public_url: str) -> None:
        self._relay = relay
        self._settings = settings
        self._gate = gate
        self._origins = frozenset({public_url.lower(), *(origin.lower() for origin in settings.allowed_origins)})
        self._sockets: dict[str, set[Socket]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    # Called by the channel.

    def show(self, conversation_id: str) -> None:
        """The transcript has grown, or the conversation has changed."""
        for socket in self._of(conversation_id):
            self._wake(socket)

    def hint(self, conversation_id: str, payload: dict[str, Any]) -> None:
        """Something of the moment; of each type only the newest waits for a slow reader."""
        for socket in self._of(conversation_id):
            socket.hints[str(payload.get("type"))] = payload
            self._wake(socket)

    def end(self, conversation_id: str) -> None:
        """The token is dead: close now, whatever was still to be sent; nobody waits for the reader to agree."""
        for socket in self._of(conversation_id):
            socket.end(DEAD)

    async def stop(self) -> None:
        """Close everything; citizens come back by themselves to the next process."""
        sockets = [socket for found in self._sockets.values() for socket in found]
        for socket in sockets:
            socket.end(AGAIN)
        if handlers := [socket.handler for socket in sockets if socket.handler]:
            await asyncio.wait(handlers, timeout=_GOODBYE)

    def _of(self, conversation_id: str) -> Iterable[Socket]:
        return tuple(self._sockets.get(conversation_id, ()))

    # One stream, from handshake to end.

    async def open(self, request: web.Request) -> web.StreamResponse:
        """``GET …/stream?since=n``, a WebSocket."""
        self._same_origin(request)
        caller = _Caller(request.match_info["id"], since_of(request))
        seconds = self._settings.heartbeat_seconds
        # Without compression: its windows would cost ten times what an idle stream costs.
        ws = web.WebSocketResponse(heartbeat=seconds, compress=False, max_msg_size=_FRAME, timeout=5.0)
        if not ws.can_prepare(request):
            raise Problem(Kind.BAD_REQUEST)
        await ws.prepare(request)
        if page := await self._admit(request, ws, caller):
            await self._follow(Socket(ws, request, page, caller.since), page)
        return ws

    def _same_origin(self, request: web.Request) -> None:
        origin = request.headers.get("Origin", "").lower()
        if origin and origin not in self._origins and urlsplit(origin).netloc != request.host.lower():
            raise Problem(Kind.FORBIDDEN)

    async def _admit(self, request: web.Request, ws: web.WebSocketResponse, caller: _Caller) -> Page | None:
        """Wait for the token; None when the stream was closed instead, and why was counted."""
        code, reason = DEAD, "unauthorized"
        try:
            frame = await ws.receive(timeout=self._settings.first_frame_seconds)
            token = _token(frame)
            if token is None:
                code, reason = BAD_FRAME, "bad-frame"
            else:
                return await authorised(self._relay, conversation_id(request), token)
        except TimeoutError:
            code, reason = NO_FRAME, "no-frame"
        except Temporary:
            code, reason = AGAIN, "away"
        except Problem:
            with contextlib.suppress(Problem):
                self._gate.check(request, Act.FAILURE)
        if not ws.closed:
            metrics.REFUSED.labels("webchat", reason).inc()
            await ws.close(code=code, message=reason.encode())
        return None

    async def _follow(self, socket: Socket, page: Page) -> None:
        mine = self._sockets.setdefault(socket.conversation_id, set())
        mine.add(socket)
        metrics.CONNECTED.labels("webchat").inc()
        try:
            async with asyncio.timeout(None) as socket.until:
                self._watch(socket)
                await self._place(socket, page)
                self._wake(socket)
                await self._listen(socket)
        except TimeoutError:
            pass  # ``end`` was called
        finally:
            socket.until = None
            if socket.timer:
                socket.timer.cancel()
            await self._close(socket)
            metrics.CONNECTED.labels("webchat").dec()
            mine.discard(socket)
            if not mine and self._sockets.get(socket.conversation_id) is mine:
                del self._sockets[socket.conversation_id]

    async def _listen(self, socket: Socket) -> None:
        """Citizens say nothing here after their token; the loop answers their pings and notices when they go."""
        async for frame in socket.ws:
            if frame.type in (WSMsgType.TEXT, WSMsgType.BINARY):
                metrics.REFUSED.labels("webchat", "bad-frame").inc()
                return socket.end(BAD_FRAME)

    async def _place(self, socket: Socket, page: Page) -> None:
        """Where they stand in the queue, told once at the beginning; later changes come as hints."""
        with contextlib.suppress(Temporary):
            position, minutes = await self._relay.queue.place(page)
            if position is not None:
                known = {"wait_minutes": minutes} if minutes is not None else {}
                status = {"type": "status", "state": "waiting", "position": position} | known
                socket.hints.setdefault("status", status)

    def _watch(self, socket: Socket) -> None:
        """Look again when the token dies."""
        if socket.timer:
            socket.timer.cancel()
        if socket.ws.closed:
            return
        wait = max(0.05, socket.expires_at - time.time() + 0.05)
        socket.timer = asyncio.get_running_loop().call_later(wait, self._look, socket)

    def _look(self, socket: Socket) -> None:
        socket.unsure = True
        self._wake(socket)

    def _wake(self, socket: Socket) -> None:
        if socket.pump:
            socket.again = True
            return
        socket.pump = asyncio.create_task(self._run(socket), name="stream")
        self._keep(socket.pump)

    def _keep(self, task: asyncio.Task[None]) -> None:
        # The loop itself keeps only weak references to tasks.
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, socket: Socket) -> None:
        try:
            await self._send_all(socket)
        except TimeoutError:
            metrics.REFUSED.labels("webchat", "slow-reader").inc()
            socket.cut()
        except Temporary:
            if not socket.ws.closed:
                asyncio.get_running_loop().call_later(1.0, self._wake, socket)
        except ConnectionError:
            socket.cut()
        except Exception:  # a stream that cannot go on is cut: the citizen comes back and asks from where they were
            log.exception("stream_failed")
            socket.cut()
        finally:
            socket.pump = None

    async def _send_all(self, socket: Socket) -> None:
        while not socket.ws.closed and not socket.code:
            socket.again = False
            # Whether the token still lives is asked where it may have changed, not in a message's way: leaving and
            # dying call ``end`` and the timer, closing comes as an event.
            if socket.unsure or time.time() >= socket.expires_at:
                await self._check(socket)
                continue
            entries = await self._relay.transcript.since(socket.conversation_id, socket.cursor, _BATCH)
            for entry in entries:
                if socket.code:
                    return
                await socket.send(entry.payload, self._settings.send_seconds)
                socket.cursor = entry.seq
                if entry.payload.get("state") not in _QUEUED:
                    socket.hints.pop("status", None)  # a place in a queue that they have left meanwhile
                socket.unsure = socket.unsure or entry.payload["type"] == "status"
            while socket.hints and not entries:
                await socket.send(socket.hints.pop(next(iter(socket.hints))), self._settings.send_seconds)
            if not (entries or socket.again or socket.unsure):
                await self._check(socket)
                if not socket.again:  # woken while it asked
                    return

    async def _check(self, socket: Socket) -> None:
        """End it when the token is dead; otherwise look again when it dies."""
        page = await self._relay.book.page(socket.conversation_id)
        if page is None or not page.alive:
            return socket.end(DEAD)
        socket.unsure = False
        if page.expires_at != socket.expires_at:
            socket.expires_at = page.expires_at
            self._watch(socket)

    async def _close(self, socket: Socket) -> None:
        """A close frame for whoever reads, the end for everybody."""
        try:
            async with asyncio.timeout(self._settings.send_seconds):
                await socket.ws.close(code=socket.code or 1000)
        except (TimeoutError, ConnectionError):
            socket.cut()


def _token(frame: WSMessage) -> str | None:
    if frame.type is not WSMsgType.TEXT:
        return None
    try:
        return parse(TokenFrame, decode(frame.data.encode())).token
    except Problem:
        return None
