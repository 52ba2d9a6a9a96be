"""What Meta calls: the handshake, and signed events."""

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

from aiohttp import web

from bridges.messenger.events import Item, items
from brigade.post import webhook
from brigade.post.webhook import NotOurs

# A batch has at most 1000 updates. A thousand full messages, each letter of which takes six bytes in the form that is
# signed, would be 12 MB.
LARGEST = 16 * 2**20


def signed(secret: str, body: bytes) -> str:
    """The value that ``X-Hub-Signature-256`` must have: of the bytes as they came, in lower case."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class Webhook(webhook.Webhook[Item]):
    """``secret`` is the app secret; the verify token is only for the handshake."""

    HEADER: ClassVar[str] = "X-Hub-Signature-256"
    DONE: ClassVar[str] = "EVENT_RECEIVED"

    def __init__(
        self, channel: str, secret: str, verify_token: str, accept: Callable[[list[Item]], Awaitable[None]]
    ) -> None:
        super().__init__(channel, accept)
        self._secret = secret
        self._token = verify_token

    async def asked(self, request: web.Request) -> web.Response:
        """The handshake: the challenge comes back as it is."""
        asked = request.query
        token = asked.get("hub.verify_token", "")
        if asked.get("hub.mode") != "subscribe" or not hmac.compare_digest(token.encode(), self._token.encode()):
            return self.refuse(403, "handshake")
        return web.Response(text=asked.get("hub.challenge", ""))

    def signature(self, body: bytes) -> str:
        """See ``signed``."""
        return signed(self._secret, body)

    def read(self, payload: Any) -> list[Item]:
        """The events of pages; other objects of Meta are answered 404."""
        if not isinstance(payload, dict) or payload.get("object") != "page":
            raise NotOurs(404, "object")
        return items(payload)


def told(reason: str, page: str, what: object = None) -> None:
    """Count and log what came and is nobody's: an unknown page, field or event."""
    webhook.told("messenger", reason, page, what)
