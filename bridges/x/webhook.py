"""What X calls: the challenge (CRC), and signed events."""

import base64
import hashlib
import hmac
import re
from collections.abc import Awaitable, Callable
from typing import Any, ClassVar

import structlog
from aiohttp import web

from bridges.x.events import Item, items
from brigade.post import webhook
from brigade.post.webhook import NotOurs

log = structlog.get_logger(__name__)

# We sign whatever the challenge is, and events are signed with the same key: a challenge that could be the body of an
# event would let anybody have theirs signed. X's tokens are letters, digits and the signs of base64.
_TOKEN = re.compile(r"[\w+/=.~-]{1,300}", re.ASCII)


def signed(secret: str, message: bytes) -> str:
    """Base64, not hexadecimal; the key is the consumer secret (API key secret)."""
    return "sha256=" + base64.b64encode(hmac.new(secret.encode(), message, hashlib.sha256).digest()).decode()


class Webhook(webhook.Webhook[Item]):
    """``secret`` is the consumer secret, for challenges and events alike."""

    HEADER: ClassVar[str] = "x-twitter-webhooks-signature"
    # One event an envelope, at most a few: 10,000 letters in six bytes each, and a user.
    LARGEST: ClassVar[int] = 12 * 2**20

    def __init__(self, channel: str, secret: str, accept: Callable[[list[Item]], Awaitable[None]]) -> None:
        super().__init__(channel, accept)
        self._secret = secret

    async def asked(self, request: web.Request) -> web.Response:
        """The challenge: its signature comes back."""
        token = request.query.get("crc_token", "")
        if not _TOKEN.fullmatch(token):
            return self.refuse(400, "challenge")
        return web.json_response({"response_token": signed(self._secret, token.encode())})

    def signature(self, body: bytes) -> str:
        """See ``signed``."""
        return signed(self._secret, body)

    def read(self, payload: Any) -> list[Item]:
        """The events; that a replay has ended is none."""
        if not isinstance(payload, dict):
            raise NotOurs(400, "not-an-object")
        if "replay_job_status" in payload:
            log.info("replay_ended", state=str(payload["replay_job_status"])[:300])
            return []
        return items(payload)


def told(reason: str, account: str, what: object = None) -> None:
    """Count and log what came and is nobody's: an unknown account or event."""
    webhook.told("x", reason, account, what)
