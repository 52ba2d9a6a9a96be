"""What the platform knows, and telling the app of it."""

import asyncio
import hashlib
import hmac
import itertools
import json
import time
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import web

_STATUS = {190: 401, 10: 403, 131000: 500, 130429: 429}


@dataclass(frozen=True, slots=True)
class Options:
    """What is set up in the app's dashboard; ``strict``: refuse what the documentation does not show."""

    app_secret: str
    verify_token: str
    token: str
    webhook: str
    numbers: tuple[str, ...]


@dataclass(slots=True)
class Person:
    """``phone`` is empty for somebody who hides it behind a user name; ``heard_at`` in seconds."""

    user: str
    phone: str
    name: str = "Camille"
    heard_at: float = 0.0
    blocked: bool = False


class GraphError(Exception):
    """Answered as the Graph API answers."""

    def __init__(self, code: int, details: str = "") -> None:
        super().__init__(details)
        self.code = code
        self.details = details

    def answer(self) -> web.Response:
        """As JSON."""
        error = {"message": f"(#{self.code}) {self.details}", "type": "OAuthException", "code": self.code}
        error |= {"error_data": {"messaging_product": "whatsapp", "details": self.details}, "fbtrace_id": "A1"}
        return web.json_response({"error": error}, status=_STATUS.get(self.code, 400))


def signature(secret: str, body: bytes) -> str:
    """The value of ``X-Hub-Signature-256``."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def encoded(number: str, value: dict[str, Any]) -> bytes:
    """A delivery as the platform writes it: without spaces, everything beyond ASCII escaped."""
    told = {"messaging_product": "whatsapp", "metadata": {"display_phone_number": "33600000000"}} | value
    told["metadata"]["phone_number_id"] = number
    entry = [{"id": "300000000000001", "changes": [{"field": "messages", "value": told}]}]
    return json.dumps({"object": "whatsapp_business_account", "entry": entry}, separators=(",", ":")).encode()


@dataclass
class World:
    """What the platform knows; ``queue`` holds what its app must still be told."""

    options: Options
    people: dict[str, Person] = field(default_factory=dict)
    sent: list[dict[str, Any]] = field(default_factory=list)
    media: dict[str, tuple[bytes, str]] = field(default_factory=dict)
    faults: list[tuple[str, str]] = field(default_factory=list)
    queue: asyncio.Queue[bytes] = field(default_factory=asyncio.Queue)
    refusals: int = 0
    count: Any = field(default_factory=lambda: itertools.count(10**14))

    def fault(self, on: str) -> str | None:
        """The fault that is due there, used up by this."""
        found = next((each for each in self.faults if each[0] == on), None)
        if found:
            self.faults.remove(found)
        return found[1] if found else None

    def meet(self, said: Any) -> Person:
        """New or known."""
        user = str(said["user"])
        default = "" if said.get("phone") is None else str(said["phone"])
        return self.people.setdefault(user, Person(user, default))

    def tell(self, number: str, **value: Any) -> None:
        """To be told to the app."""
        self.queue.put_nowait(encoded(number, value))

    def status(self, number: str, message: dict[str, Any], status: str, code: int | None = None) -> None:
        """What became of a message of the app."""
        person = self.people[message["user"]]
        row = {"id": message["id"], "status": status, "timestamp": str(int(time.time()))}
        row |= {"recipient_id": person.phone} if person.phone else {}
        row |= {"recipient_user_id": person.user, "biz_opaque_callback_data": message["key"]}
        if code:
            row["errors"] = [{"code": code, "title": "Message failed", "error_data": {"details": "-"}}]
        self.tell(number, statuses=[row])

    async def run(self) -> None:
        """Post in order, again and again until it is taken."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session:
            while True:
                body, wait = await self.queue.get(), 0.1
                fault = self.fault("webhook")
                if fault == "duplicate":
                    await self._post(session, body, None)
                while not await self._post(session, body, fault):
                    fault, self.refusals = None, self.refusals + 1
                    await asyncio.sleep(wait)
                    wait = min(30.0, wait * 2)

    async def _post(self, session: aiohttp.ClientSession, body: bytes, fault: str | None) -> bool:
        secret = self.options.app_secret + ("x" if fault == "wrong_signature" else "")
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": signature(secret, body)}
        try:
            async with session.post(self.options.webhook, data=body, headers=headers) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False
