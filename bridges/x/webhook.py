"""What X calls: the challenge (CRC), and signed events, which are stored before they are acknowledged."""

import asyncio
import base64
import hashlib
import hmac
import json
import re
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

from bridges.x.events import Item, items
from brigade import metrics
from brigade.errors import Temporary

log = structlog.get_logger(__name__)

# One event an envelope, at most a few: 10,000 letters in six bytes each, and a user.
LARGEST = 12 * 2**20
_SMALL = 256 * 1024  # bytes that are parsed without leaving the loop
# We sign whatever the challenge is, and events are signed with the same key: a challenge that could be the body of an
# event would let anybody have theirs signed. X's tokens are letters, digits and the signs of base64.
_TOKEN = re.compile(r"[\w+/=.~-]{1,300}", re.ASCII)
Accept = Callable[[list[Item]], Awaitable[None]]


def signed(secret: str, message: bytes) -> str:
    """Base64, not hexadecimal; the key is the consumer secret (API key secret)."""
    return "sha256=" + base64.b64encode(hmac.new(secret.encode(), message, hashlib.sha256).digest()).decode()


class Webhook:
    """``accept`` stores; it raises Temporary while it cannot."""

    def __init__(self, channel: str, secret: str, accept: Accept) -> None:
        self._channel = channel
        self._secret = secret
        self._accept = accept

    def routes(self) -> list[web.RouteDef]:
        """One address for both."""
        return [web.get("/webhook", self._challenge, allow_head=False), web.post("/webhook", self._receive)]

    async def _challenge(self, request: web.Request) -> web.Response:
        token = request.query.get("crc_token", "")
        if not _TOKEN.fullmatch(token):
            return self._refuse(400, "challenge")
        return web.json_response({"response_token": signed(self._secret, token.encode())})

    async def _receive(self, request: web.Request) -> web.Response:
        given = request.headers.get("x-twitter-webhooks-signature", "")
        if not given:
            return self._refuse(403, "no-signature")  # before anything is read
        body = await request.read()
        if not hmac.compare_digest(signed(self._secret, body).encode(), given.encode()):
            return self._refuse(403, "signature")
        try:
            payload = json.loads(body) if len(body) < _SMALL else await asyncio.to_thread(json.loads, body)
        except (ValueError, RecursionError):
            return self._refuse(400, "not-json")
        if not isinstance(payload, dict):
            return self._refuse(400, "not-an-object")
        if "replay_job_status" in payload:
            log.info("replay_ended", state=str(payload["replay_job_status"])[:300])
            return web.Response()
        try:
            await self._accept(items(payload))
        except Temporary:
            return self._refuse(503, "storage")  # X asks again
        return web.Response()

    def _refuse(self, status: int, reason: str) -> web.Response:
        metrics.REFUSED.labels(self._channel, reason).inc()
        log.info("webhook_refused", reason=reason)
        return web.Response(status=status)


def told(reason: str, account: str, what: object = None) -> None:
    """Count and log what came and is nobody's: an unknown account or event; never its content."""
    metrics.REFUSED.labels("x", reason).inc()
    log.warning("not_for_us", reason=reason, account=account, what=what)
