"""What Meta calls, whatever the product: the handshake, and events signed with the app secret."""

import hashlib
import hmac
from collections.abc import Awaitable, Callable
from typing import ClassVar, TypeVar

from aiohttp import web

from brigade.post import webhook

ItemT = TypeVar("ItemT")


def signed(secret: str, body: bytes) -> str:
    """The value that ``X-Hub-Signature-256`` must have: of the bytes as they came, in lower case."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class Webhook(webhook.Webhook[ItemT]):
    """``secret`` is the app secret; the verify token is only for the handshake."""

    HEADER: ClassVar[str] = "X-Hub-Signature-256"
    # A batch has at most 1000 updates. A thousand full messages, each letter of which takes six bytes in the form that
    # is signed, would be 12 MB.
    LARGEST: ClassVar[int] = 16 * 2**20

    def __init__(
        self, channel: str, secret: str, verify_token: str, accept: Callable[[list[ItemT]], Awaitable[None]]
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
