"""Whether X still tells us what happens: the webhook, the subscriptions; and asking ourselves for what we missed."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import structlog

from bridges.x.api import Api
from bridges.x.credentials import APP
from bridges.x.events import Item, listed, snowflake
from bridges.x.outbound import FIELDS
from bridges.x.settings import Settings
from brigade.errors import BrigadeError, Refused, Temporary
from brigade.post.persons import Persons

log = structlog.get_logger(__name__)

Accept = Callable[[list[Item]], Awaitable[None]]
EVENTS = ("dm.received", "dm.sent", "dm.read", "dm.indicate_typing", "chat.received", "chat.sent", "block.block")
_NEEDED = EVENTS[:2]
_OVERLAP = 600.0  # seconds: what is late has a smaller id than what came before it
_RESERVE = 3  # calls left to those who look for a message of ours
_PAGES = 30


class Watch:
    """``run`` for ever; ``missing`` is for /readyz. ``accept`` stores what we found by asking."""

    def __init__(self, settings: Settings, api: Api, persons: Persons, url: str | None, accept: Accept) -> None:
        self._settings = settings
        self._api = api
        self._persons = persons
        self._url = url
        self._accept = accept
        self._wrong: str | None = "the webhook was not looked at yet" if url else None
        self._untold: dict[str, str] = {}
        self._silent: dict[str, str] = {}
        self._asked_at: dict[str, float] = {}
        self._refused: set[tuple[str, str]] = set()
        self.revoked: set[str] = set()

    def missing(self) -> str | None:
        """What an administrator has to know."""
        said = [self._wrong] if self._wrong else []
        rows = self._untold | self._silent | self._api.wrong | dict.fromkeys(self.revoked, "authorisation withdrawn")
        said += [f"{f'account {user}' if user else 'app'}: {reason}" for user, reason in sorted(rows.items())]
        return "; ".join(said) or None

    async def run(self) -> None:
        """Look at the webhook, then ask for messages: often while it does not work, seldom while it does."""
        wait, looked = 0.2, 0.0
        while True:
            if self._url and time.monotonic() - looked >= (0 if self._told_badly else self._settings.check_seconds):
                await self._quietly(self._look(self._url))
                looked = time.monotonic()
            for account in self._settings.accounts:
                await self._quietly(self._ask_if_due(account.user))
            wait = min(30.0, wait * 2) if self._told_badly else 5.0
            await asyncio.sleep(min(wait, self._settings.poll_seconds, self._settings.check_seconds))

    @property
    def _told_badly(self) -> bool:
        return bool(self._wrong or self._untold)

    async def _quietly(self, call: Awaitable[None]) -> None:
        try:
            await call
        except BrigadeError as error:
            log.warning("x_not_watched", reason=str(error))
        except Exception:  # the loop must go on whatever one answer holds
            log.exception("x_not_watched")

    # The webhook.

    async def _look(self, url: str) -> None:
        try:
            hook = await self._hook(url)
            self._wrong = None
        except BrigadeError as error:
            self._wrong = f"webhook: {error}"
            raise
        for account in self._settings.accounts:
            try:
                await self._subscribe(account.user, hook)
                self._untold.pop(account.user, None)
            except BrigadeError as error:
                self._untold[account.user] = f"not subscribed: {error}"
                log.warning("x_not_subscribed", account=account.user, reason=str(error))

    async def _hook(self, url: str) -> str:
        """The webhook's id; registered when it is not, asked to be valid again when it is not."""
        found = await self._api.get(APP, "/2/webhooks")
        mine = next((each for each in _rows(found.get("data")) if each.get("url") == url), None)
        if mine is None:
            made = await self._api.post(APP, "/2/webhooks", {"url": url})
            mine = _one(made.get("data"))
            log.warning("webhook_registered", valid=mine.get("valid"))
        elif not mine.get("valid"):
            log.error("webhook_was_invalid")
            await self._api.call(APP, "PUT", f"/2/webhooks/{mine['id']}")
            await self._replay(str(mine["id"]))
        return str(mine["id"])

    async def _replay(self, hook: str) -> None:
        """What happened while it was invalid, of the last day; what we know already is known by its id."""
        now = time.time()
        span = {"from_date": _minute(now - 86100), "to_date": _minute(now)}
        try:
            await self._api.post(APP, "/2/webhooks/replay", {"webhook_id": hook} | span)
        except Refused as error:
            log.warning("no_replay", code=error.code)
        self._asked_at.clear()

    async def _subscribe(self, user: str, hook: str) -> None:
        if self._settings.subscriptions == "account_activity":
            path = f"/2/account_activity/webhooks/{hook}/subscriptions/all"
            if not _one((await self._api.get(user, path)).get("data")).get("subscribed"):
                await self._api.call(user, "POST", path)
            return
        found = await self._api.get(APP, "/2/activity/subscriptions", {"max_results": "1000"})
        there = {str(each.get("event_type")) for each in _subscriptions(found.get("data"), user, hook)}
        for event_type in EVENTS:
            if event_type not in there and (user, event_type) not in self._refused:
                await self._add(user, hook, event_type)

    async def _add(self, user: str, hook: str, event_type: str) -> None:
        """Messages are needed; signs and X Chat are taken where X grants them."""
        body = {"event_type": event_type, "filter": {"user_id": user}, "webhook_id": hook, "tag": "brigade"}
        try:
            await self._api.post(user, "/2/activity/subscriptions", body)
        except Refused as error:
            log.warning("not_subscribed", account=user, event_type=event_type, code=error.code)
            if event_type in _NEEDED and error.code not in ("duplicate", "409"):
                raise
            self._refused.add((user, event_type))  # not asked for again before the next start

    # Asking.

    async def _ask_if_due(self, user: str) -> None:
        every = self._settings.poll_seconds if self._told_badly or not self._url else self._settings.reconcile_seconds
        if time.monotonic() - self._asked_at.get(user, -1e9) < every:
            return
        self._asked_at[user] = time.monotonic()
        if self._api.left(user, "GET", "/2/dm_events") <= _RESERVE:
            log.info("asking_postponed", account=user)
            self._api.forget_left(user, "GET", "/2/dm_events")
            return
        try:
            await self._ask(user)
            self._silent.pop(user, None)
        except Temporary:
            raise
        except BrigadeError as error:
            self._silent[user] = f"messages cannot be listed: {error}"
            raise

    async def _ask(self, user: str) -> None:
        """Newest first, until what is older than the last we know. At the very first time, from now on."""
        account = await self._persons.meet(user, "", 0.0)
        known = int(account.memory.get("cursor") or snowflake(time.time() - _OVERLAP))
        until = known - (int(_OVERLAP * 1000) << 22)
        found: list[Item] = []
        token: str | None = None
        for _ in range(_PAGES):
            answer = await self._list(user, token)
            rows = _rows(answer.get("data"))
            found += listed(user, answer)
            ids = [int(each["id"]) for each in rows if str(each.get("id")).isdigit()]
            token = (answer.get("meta") or {}).get("next_token")
            if not ids or min(ids) <= until or not token:  # a token may come with the last page, too
                break
        new = [item for item in found if int(item.content["dm"]) > until]
        await self._accept(sorted(new, key=lambda item: int(item.content["dm"])))
        newest = max([known, *(int(item.content["dm"]) for item in found)])
        await self._persons.recall(account, cursor=str(newest))

    async def _list(self, user: str, token: str | None) -> dict[str, Any]:
        query = FIELDS | {"max_results": "100"} | ({"pagination_token": token} if token else {})
        try:
            return await self._api.get(user, "/2/dm_events", query)
        except Refused as error:
            if error.code != "invalid-request":
                raise
            # The description of August 2026 changed the names; the older ones may still be what is taken.
            old = query | {"dm_event.fields": f"{FIELDS['dm_event.fields']},sender_id", "expansions": "sender_id"}
            return await self._api.get(user, "/2/dm_events", old)


def _subscriptions(data: Any, user: str, hook: str) -> list[dict[str, Any]]:
    """In whichever of the documented shapes."""
    rows = [_one(each.get("subscription")) or each for each in _rows(data)]
    return [row for row in rows if _one(row.get("filter")).get("user_id") == user and row.get("webhook_id") == hook]


def _one(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _rows(value: Any) -> list[dict[str, Any]]:
    rows = value if isinstance(value, list) else [value]
    return [each for each in rows if isinstance(each, dict)]


def _minute(at: float) -> str:
    return time.strftime("%Y%m%d%H%M", time.gmtime(at))
