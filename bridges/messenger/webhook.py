"""What Meta calls: the handshake, and signed events, which are stored before they are acknowledged."""

import asyncio
import hashlib
import hmac
import json
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

from bridges.messenger.events import Item, items
from brigade import metrics
from brigade.errors import Temporary

log = structlog.get_logger(__name__)

# A batch has at most 1000 updates. A thousand full messages, each letter of which takes six bytes in the form that is
# signed, would be 12 MB.
LARGEST = 16 * 2**20
_SMALL = 256 * 1024  # bytes that are parsed without leaving the loop
Accept = Callable[[list[Item]], Awaitable[None]]


def signed(secret: str, body: bytes) -> str:
    """The value that ``X-Hub-Signature-256`` must have: of the bytes as they came, in lower case."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class Webhook:
    """``accept`` stores; it raises Temporary while it cannot."""

    def __init__(self, channel: str, secret: str, verify_token: str, accept: Accept) -> None:
        self._channel = channel
        self._secret = secret
        self._token = verify_token
        self._accept = accept

    def routes(self) -> list[web.RouteDef]:
        """One address for both."""
        return [web.get("/webhook", self._shake, allow_head=False), web.post("/webhook", self._receive)]

    async def _shake(self, request: web.Request) -> web.Response:
        asked = request.query
        token = asked.get("hub.verify_token", "")
        if asked.get("hub.mode") != "subscribe" or not hmac.compare_digest(token.encode(), self._token.encode()):
            return self._refuse(403, "handshake")
        return web.Response(text=asked.get("hub.challenge", ""))

    async def _receive(self, request: web.Request) -> web.Response:
        given = request.headers.get("X-Hub-Signature-256", "")
        if not given:
            return self._refuse(403, "no-signature")  # before anything is read
        body = await request.read()
        if not hmac.compare_digest(signed(self._secret, body).encode(), given.encode()):
            return self._refuse(403, "signature")
        try:
            payload = json.loads(body) if len(body) < _SMALL else await asyncio.to_thread(json.loads, body)
        except (ValueError, RecursionError):
            return self._refuse(400, "not-json")
        if not isinstance(payload, dict) or payload.get("object") != "page":
            return self._refuse(404, "object")
        try:
            await self._accept(items(payload))
        except Temporary:
            return self._refuse(503, "storage")  # Meta asks again
        return web.Response(text="EVENT_RECEIVED")

    def _refuse(self, status: int, reason: str) -> web.Response:
        metrics.REFUSED.labels(self._channel, reason).inc()
        log.info("webhook_refused", reason=reason)
        return web.Response(status=status)


def told(reason: str, page: str, what: object = None) -> None:
    """Count and log what came and is nobody's: an unknown page, field or event; never its content."""
    metrics.REFUSED.labels("messenger", reason).inc()
    log.warning("not_for_us", reason=reason, page=page, what=what)
