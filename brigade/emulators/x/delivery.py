"""Telling the app: the challenge (CRC), signed posts in both envelopes, repetitions, what makes a webhook invalid."""

import asyncio
import base64
import contextlib
import hashlib
import hmac
import json
import secrets
import time
from typing import Any

import aiohttp
import structlog

from brigade.emulators.x.shapes import message_create, new_user, old_user, people
from brigade.emulators.x.world import Hook, Subscription, World

log = structlog.get_logger(__name__)

_ACKNOWLEDGED_WITHIN = 10.0  # seconds
_TRANSIENT_FOR = 28 * 3600.0  # seconds of failures after which a webhook is invalid
_AAA = {
    "dm.received": "direct_message_events", "dm.sent": "direct_message_events",
    "dm.read": "direct_message_mark_read_events", "dm.indicate_typing": "direct_message_indicate_typing_events",
}  # fmt: skip


def signature(secret: str, body: bytes) -> str:
    """The value of ``x-twitter-webhooks-signature``, and of an answer to the challenge."""
    return "sha256=" + base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


class Delivery:
    """A queue of (user, event type, payload); ``run`` posts them in order. ``refusals``: answers that were not 200."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._queue: asyncio.Queue[tuple[str, str, dict[str, Any]]] = asyncio.Queue()
        self._held: list[tuple[str, str, dict[str, Any]]] = []
        self.refusals = 0
        self.busy = False
        world.deliver = lambda user, kind, payload: self._queue.put_nowait((user, kind, payload))

    @property
    def idle(self) -> bool:
        """Whether nothing waits."""
        return self._queue.empty() and not self.busy and not self._held

    async def challenge(self, hook: Hook) -> bool:
        """Ask the webhook to prove that it knows the consumer secret; it is valid if it does."""
        token = secrets.token_urlsafe(24)
        wanted = signature(self._world.options.consumer_secret, token.encode())
        right, transient = False, False
        timeout = aiohttp.ClientTimeout(total=_ACKNOWLEDGED_WITHIN)
        with contextlib.suppress(ValueError):  # an answer that is no JSON is a wrong one
            try:
                async with (
                    aiohttp.ClientSession(timeout=timeout) as session,
                    session.get(hook.url, params={"crc_token": token}, allow_redirects=False) as answer,
                ):
                    transient = answer.status >= 400
                    said = json.loads(await answer.read()) if answer.status == 200 else {}
                    right = isinstance(said, dict) and said.get("response_token") == wanted
            except (aiohttp.ClientError, TimeoutError, OSError):
                transient = True
        now = time.time()
        hook.failing_since = None if right else hook.failing_since or now
        if not transient or (hook.failing_since and now - hook.failing_since > _TRANSIENT_FOR):
            hook.valid = right
        return right

    async def run(self) -> None:
        """Until cancelled."""
        timeout = aiohttp.ClientTimeout(total=_ACKNOWLEDGED_WITHIN)
        async with aiohttp.ClientSession(timeout=timeout) as session, asyncio.TaskGroup() as tasks:
            tasks.create_task(self._ask_again())
            while True:
                given = await self._queue.get()
                self.busy = True
                try:
                    await self._one(session, *given)
                finally:
                    self.busy = False

    async def _ask_again(self) -> None:
        while True:
            await asyncio.sleep(self._world.options.crc_seconds)
            for hook in list(self._world.hooks.values()):
                if hook.valid:
                    await self.challenge(hook)

    async def _one(self, session: aiohttp.ClientSession, user: str, kind: str, payload: dict[str, Any]) -> None:
        fault = self._world.fault("webhook")
        if fault == "lost":
            return
        if fault == "out_of_order":
            self._held.append((user, kind, payload))
            return
        waiting, self._held = self._held, []
        for each_user, each_kind, each in [(user, kind, payload), *waiting]:
            for subscription in list(self._world.subscriptions.values()):
                hook = self._world.hooks.get(subscription.webhook or "")
                if hook and hook.valid and _wants(subscription, each_user, each_kind):
                    body = self._body(subscription, each_user, each_kind, each)
                    await self._insist(session, hook, subscription, body, fault)

    def _body(self, subscription: Subscription, user: str, kind: str, payload: dict[str, Any]) -> dict[str, Any]:
        if kind == "raw":
            return payload
        if subscription.legacy:
            return {"for_user_id": user} | self._legacy(kind, payload)
        inner = payload
        if event := payload.get("event"):
            shown = {each.id: new_user(each) for each in people(self._world, event.sender, event.recipient)}
            inner = {"direct_message_events": [message_create(event)], "users": shown}
        elif kind in _AAA:
            inner = {_AAA[kind]: [payload]}
        filters = {} if kind == "oauth.revoke" else {"user_id": user}
        data = {"event_uuid": _uuid(), "filter": filters, "event_type": kind, "tag": subscription.tag}
        return {"data": data | {"payload": inner}}

    def _legacy(self, kind: str, payload: dict[str, Any]) -> dict[str, Any]:
        if event := payload.get("event"):
            shown = {each.id: old_user(each) for each in people(self._world, event.sender, event.recipient)}
            return {"direct_message_events": [message_create(event)], "users": shown}
        who = str(payload.get("sender_id"))
        return {_AAA[kind]: [payload], "users": {each.id: old_user(each) for each in people(self._world, who)}}

    async def _insist(
        self, session: aiohttp.ClientSession, hook: Hook, subscription: Subscription, said: Any, fault: str | None
    ) -> None:
        """Again and again; how often is not documented."""
        body = json.dumps(said, ensure_ascii=False, separators=(",", ":")).encode()
        if fault == "duplicate":
            await self._post(session, hook, body, None)
        elif fault == "two_uuids" and "data" in said:
            other = said | {"data": said["data"] | {"event_uuid": _uuid()}}
            await self._post(session, hook, json.dumps(other, separators=(",", ":")).encode(), None)
        wait = 0.1
        while hook.valid and not await self._post(session, hook, body, fault):
            fault = None
            self.refusals += 1
            await asyncio.sleep(wait)
            wait = min(30.0, wait * 2)

    async def _post(self, session: aiohttp.ClientSession, hook: Hook, body: bytes, fault: str | None) -> bool:
        secret = self._world.options.consumer_secret
        value = signature(secret + "x" if fault == "wrong_signature" else secret, body)
        if fault == "hex_signature":
            value = "sha256=" + hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json"}
        headers |= {} if fault == "no_signature" else {"x-twitter-webhooks-signature": value}
        try:
            async with session.post(hook.url, data=body, headers=headers) as answer:
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False


def _wants(subscription: Subscription, user: str, kind: str) -> bool:
    if subscription.user != user:
        return False
    if kind == "raw":
        return subscription.event_type in ("dm.received", "all")
    return kind in _AAA if subscription.legacy else subscription.event_type == kind


def _uuid() -> str:
    """64 bits with a sign."""
    return str(secrets.randbits(64) - 2**63)
