"""Telling the app: the handshake, signed posts, repetitions, and what happens to a webhook that fails for an hour."""

import asyncio
import hashlib
import hmac
import json
import secrets
import time
from typing import Any

import aiohttp
import structlog

from brigade.emulators.messenger.world import World

log = structlog.get_logger(__name__)

_ACKNOWLEDGED_WITHIN = 5.0  # seconds
_BATCH = 1000


def signature(secret: str, body: bytes) -> str:
    """The value of ``X-Hub-Signature-256``."""
    return "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


def encoded(payload: Any) -> bytes:
    """As the platform writes JSON: without spaces, everything beyond ASCII escaped, in lower case."""
    return json.dumps(payload, separators=(",", ":"), ensure_ascii=True).encode()


class Delivery:
    """A queue of (page, field, item); ``run`` posts them in order. ``refusals``: how often the app did not say 200."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._queue: asyncio.Queue[tuple[str, str, dict[str, Any]]] = asyncio.Queue()
        self._held: list[tuple[str, str, dict[str, Any]]] = []
        self._failing_since: float | None = None
        self._verified = False
        self.refusals = 0
        self.busy = False
        world.tell = self.tell

    def tell(self, page: str, name: str, item: dict[str, Any]) -> None:
        """An event has happened; it is told when the app is subscribed to it."""
        self._queue.put_nowait((page, name, item))

    @property
    def idle(self) -> bool:
        """Whether nothing waits."""
        return self._queue.empty() and not self.busy and not self._held

    async def verify(self, session: aiohttp.ClientSession) -> bool:
        """The handshake: the app must answer our challenge with nothing but the challenge."""
        challenge = str(secrets.randbelow(10**10))
        query = {
            "hub.mode": "subscribe",
            "hub.challenge": challenge,
            "hub.verify_token": self._world.options.verify_token,
        }
        try:
            async with session.get(self._world.options.webhook, params=query) as answer:
                return answer.status == 200 and await answer.text() == challenge
        except (aiohttp.ClientError, TimeoutError):
            return False

    async def run(self) -> None:
        """Until cancelled."""
        timeout = aiohttp.ClientTimeout(total=_ACKNOWLEDGED_WITHIN)
        async with aiohttp.ClientSession(timeout=timeout) as session:
            while not await self.verify(session):  # noqa: ASYNC110 - it is another process that we wait for
                await asyncio.sleep(0.2)
            while True:
                first = await self._queue.get()
                self.busy = True
                try:
                    await self._one(session, first)
                finally:
                    self.busy = False

    async def _one(self, session: aiohttp.ClientSession, first: tuple[str, str, dict[str, Any]]) -> None:
        fault = self._world.fault("webhook")
        if fault == "out_of_order":
            self._held.append(first)
            return
        batch = [first]
        while not self._queue.empty() and len(batch) < _BATCH and fault is None:
            batch.append(self._queue.get_nowait())
        batch += self._held
        self._held = []
        payload = self._payload(batch)
        if payload is None:
            return
        body = encoded(payload)
        if fault == "duplicate":
            await self._post(session, body, None)
        await self._insist(session, body, fault, {page for page, _, _ in batch})

    def _payload(self, batch: list[tuple[str, str, dict[str, Any]]]) -> dict[str, Any] | None:
        entries = []
        for page_id, name, item in batch:
            page = self._world.pages[page_id]
            if page.fields is None or (name not in page.fields and name != "raw"):
                continue
            kind = "standby" if self._elsewhere(page_id, item) else "messaging"
            if kind == "standby" and "standby" not in page.fields:
                continue
            entries.append({"id": page_id, "time": int(time.time() * 1000), kind: [item]})
        return {"object": "page", "entry": entries} if entries else None

    def _elsewhere(self, page: str, item: dict[str, Any]) -> bool:
        people = [item.get(side, {}).get("id") for side in ("sender", "recipient")]
        thread = next((found for each in people if (found := self._world.threads.get((page, str(each))))), None)
        routing = "pass_thread_control" in item or "take_thread_control" in item
        return bool(thread and thread.owner not in (None, self._world.options.app_id) and not routing)

    async def _insist(self, session: aiohttp.ClientSession, body: bytes, fault: str | None, pages: set[str]) -> None:
        """Again and again; after an hour of failures the pages are unsubscribed and the event is lost."""
        wait = 0.1
        while not await self._post(session, body, fault):
            fault = None
            self.refusals += 1
            now = time.monotonic()
            self._failing_since = self._failing_since or now
            if now - self._failing_since > self._world.options.hour:
                log.warning("webhook_disabled", pages=sorted(pages))
                for page in pages:
                    self._world.pages[page].fields = None
                break
            await asyncio.sleep(wait)
            wait = min(30.0, wait * 2)
        self._failing_since = None

    async def _post(self, session: aiohttp.ClientSession, body: bytes, fault: str | None) -> bool:
        secret = self._world.options.app_secret
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": signature(secret, body)}
        headers["X-Hub-Signature"] = "sha1=" + hmac.new(secret.encode(), body, hashlib.sha1).hexdigest()
        if fault == "wrong_signature":
            headers["X-Hub-Signature-256"] = signature(secret + "x", body)
        elif fault in ("no_signature", "sha1_only"):
            del headers["X-Hub-Signature-256"]
        try:
            async with session.post(self._world.options.webhook, data=body, headers=headers) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False
