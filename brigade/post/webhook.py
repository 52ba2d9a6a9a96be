"""A platform's webhook: signed events, stored before they are acknowledged. A leaf says how to sign and read them."""

import asyncio
import hmac
import json
from abc import ABC, abstractmethod
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar, Generic, TypeVar

import structlog
from aiohttp import web

from brigade import metrics
from brigade.errors import Temporary

log = structlog.get_logger(__name__)

_SMALL = 256 * 1024  # bytes that are parsed without leaving the loop
ItemT = TypeVar("ItemT")


class NotOurs(Exception):
    """What was signed and can be read is nothing for us: the ``status`` to answer, and the ``reason`` to count."""

    def __init__(self, status: int, reason: str) -> None:
        super().__init__(reason)
        self.status = status
        self.reason = reason


class Webhook(ABC, Generic[ItemT]):
    """``accept`` stores; it raises Temporary while it cannot."""

    HEADER: ClassVar[str]  # that carries the signature
    LARGEST: ClassVar[int]  # bytes of a delivery
    DONE: ClassVar[str] = ""  # the body of our 200

    def __init__(self, channel: str, accept: Callable[[list[ItemT]], Awaitable[None]]) -> None:
        self._channel = channel
        self._accept = accept

    def application(self) -> web.Application:
        """One address: the platform's question whether we are who we say, and its events."""
        app = web.Application(client_max_size=self.LARGEST)
        app.add_routes([web.get("/webhook", self.asked, allow_head=False), web.post("/webhook", self._receive)])
        return app

    @abstractmethod
    async def asked(self, request: web.Request) -> web.Response:
        """The platform verifies the address."""

    @abstractmethod
    def signature(self, body: bytes) -> str:
        """What ``HEADER`` must say: of the bytes as they came."""

    @abstractmethod
    def read(self, payload: Any) -> list[ItemT]:
        """The events of a delivery, from its JSON. Raises NotOurs."""

    async def _receive(self, request: web.Request) -> web.Response:
        given = request.headers.get(self.HEADER, "")
        if not given:
            return self.refuse(403, "no-signature")  # before anything is read
        body = await request.read()
        if not hmac.compare_digest(self.signature(body).encode(), given.encode()):
            return self.refuse(403, "signature")
        try:
            payload = json.loads(body) if len(body) < _SMALL else await asyncio.to_thread(json.loads, body)
            found = self.read(payload)
        except (ValueError, RecursionError):
            return self.refuse(400, "not-json")
        except NotOurs as error:
            return self.refuse(error.status, error.reason)
        try:
            await self._accept(found)
        except Temporary:
            return self.refuse(503, "storage")  # the platform asks again
        return web.Response(text=self.DONE)

    def refuse(self, status: int, reason: str) -> web.Response:
        """Count and log it, without its content."""
        metrics.REFUSED.labels(self._channel, reason).inc()
        log.info("webhook_refused", channel=self._channel, reason=reason)
        return web.Response(status=status)


def told(channel: str, reason: str, account: str, what: object = None) -> None:
    """Count and log what came and is nobody's: an unknown account, field or event; never its content."""
    metrics.REFUSED.labels(channel, reason).inc()
    log.warning("not_for_us", channel=channel, reason=reason, account=account, what=what)
