"""What an app sets up: webhooks, subscriptions of both generations, and the replay of the last day."""

import calendar
import ipaddress
import re
import time
from typing import Any
from urllib.parse import urlsplit

from aiohttp import web

from brigade.emulators.x.access import APP, Access
from brigade.emulators.x.api import Answer, Routes, json_of
from brigade.emulators.x.delivery import Delivery
from brigade.emulators.x.problems import Problem, invalid
from brigade.emulators.x.shapes import iso
from brigade.emulators.x.world import Hook, Subscription, World

_TYPES = {
    "dm.received", "dm.sent", "dm.read", "dm.indicate_typing", "chat.received", "chat.sent", "chat.conversation.join",
    "oauth.revoke", "block.block",
}  # fmt: skip
_MOST_HOOKS = 5


class Setup(Routes):
    """Routes for the application."""

    def __init__(self, world: World, access: Access, delivery: Delivery) -> None:
        super().__init__(world, access)
        self._delivery = delivery

    def routes(self) -> list[web.RouteDef]:
        """For the application."""
        hooks, activity = "/2/webhooks", "/2/activity/subscriptions"
        legacy = "/2/account_activity"
        all_of = legacy + r"/webhooks/{hook:\d{1,19}}/subscriptions/all"
        one_of = legacy + r"/webhooks/{hook:\d{1,19}}/subscriptions/{user:\d{1,19}}/all"
        return [
            self.route("POST", hooks, self._register, "app", "either", "setup"),
            self.route("GET", hooks, self._hooks, "app", "app", "setup"),
            self.route("PUT", hooks + r"/{hook:\d{1,19}}", self._validate, "app", "either", "setup"),
            self.route("DELETE", hooks + r"/{hook:\d{1,19}}", self._remove, "app", "either", "setup"),
            self.route("POST", hooks + "/replay", self._replay, "app", "app", "setup"),
            self.route("POST", activity, self._subscribe, "app", "either", "setup"),
            self.route("GET", activity, self._subscriptions, "app", "either", "setup"),
            self.route("DELETE", activity + "/{id}", self._unsubscribe, "app", "either", "setup"),
            self.route("POST", all_of, self._subscribe_legacy, "app", "user", "setup"),
            self.route("GET", all_of, self._is_subscribed, "app", "user", "setup"),
            self.route("GET", all_of + "/list", self._legacy_list, "app", "app", "setup"),
            self.route("DELETE", one_of, self._unsubscribe_legacy, "app", "app", "setup"),
            self.route("GET", legacy + "/subscriptions/count", self._legacy_count, "app", "app", "setup"),
        ]

    # Webhooks.

    async def _register(self, caller: str, request: web.Request) -> Answer:
        url = (await json_of(request)).get("url")
        if not isinstance(url, str) or not 0 < len(url) <= 200 or not self._may(url):
            raise _failed("UrlValidationFailed")
        if any(hook.url == url for hook in self.world.hooks.values()):
            raise _failed("DuplicateUrlFailed")
        if len(self.world.hooks) >= _MOST_HOOKS:
            raise _failed("WebhookLimitExceeded")
        hook = Hook(self.world.id(), url, iso(time.time()))
        if not await self._delivery.challenge(hook):
            raise _failed("CrcValidationFailed")
        self.world.hooks[hook.id] = hook
        return 200, {"data": _shown(hook)}

    def _may(self, url: str) -> bool:
        parts = urlsplit(url)
        if not self.world.options.strict_urls:
            return parts.scheme in ("http", "https") and bool(parts.hostname)
        try:
            ipaddress.ip_address(parts.hostname or "")
            return False
        except ValueError:
            return parts.scheme == "https" and parts.port is None and "." in (parts.hostname or "")

    async def _hooks(self, caller: str, request: web.Request) -> Answer:
        found = [_shown(hook) for hook in self.world.hooks.values()]
        return 200, ({"data": found} if found else {}) | {"meta": {"result_count": len(found)}}

    async def _validate(self, caller: str, request: web.Request) -> Answer:
        hook = self._hook(request.match_info["hook"])
        if not await self._delivery.challenge(hook):
            raise _failed("CrcValidationFailed")
        hook.valid = True
        return 200, {"data": {"valid": True}}

    async def _remove(self, caller: str, request: web.Request) -> Answer:
        del self.world.hooks[self._hook(request.match_info["hook"]).id]
        return 200, {"data": {"deleted": True}}

    def _hook(self, key: str) -> Hook:
        if key not in self.world.hooks:
            raise _failed("WebhookIdInvalid")
        return self.world.hooks[key]

    async def _replay(self, caller: str, request: web.Request) -> Answer:
        said = await json_of(request)
        self._hook(str(said.get("webhook_id")))
        begin, end = (_moment(said.get(key)) for key in ("from_date", "to_date"))
        if not time.time() - 86400 - 60 <= begin <= end:
            raise invalid("from_date and to_date are in the last 24 hours, as yyyymmddhhmm")
        job = self.world.id()
        for event in self.world.events:
            if begin <= event.at < end + 60:
                for user in {event.sender, event.recipient} & set(self.world.options.accounts):
                    kind = "dm.sent" if user == event.sender else "dm.received"
                    self.world.deliver(user, kind, {"event": event})
        status = {"webhook_id": said["webhook_id"], "job_id": job, "job_state": "Complete"}
        end_of_job = {"replay_job_status": status | {"job_state_description": "Job completed successfully"}}
        self.world.deliver(next(iter(self.world.options.accounts)), "raw", end_of_job)
        return 200, {"data": {"job_id": job, "created_at": iso(time.time())}}

    # Subscriptions.

    async def _subscribe(self, caller: str, request: web.Request) -> Answer:
        said = await json_of(request)
        kind, filters = said.get("event_type"), said.get("filter")
        user = str(filters.get("user_id")) if isinstance(filters, dict) else ""
        if kind not in _TYPES or user not in self.world.people:
            raise invalid("event_type and filter.user_id are needed", event_type=kind)
        if caller == APP and str(kind).startswith(("dm.", "chat.")):
            raise Problem(403, "Forbidden", "This event needs the user's own authorisation", "client-forbidden")
        if caller != APP and caller != user:
            raise Problem(403, "Forbidden", "This is another user", "client-forbidden")
        hook = said.get("webhook_id")
        if hook is not None:
            self._hook(str(hook))
        same = [s for s in self.world.subscriptions.values() if (s.user, s.event_type, s.webhook) == (user, kind, hook)]
        if same:
            raise Problem(409, "Conflict", "DuplicateSubscriptionFailed", "duplicate")
        found = Subscription(self.world.id(), user, str(kind), hook, str(said.get("tag", ""))[:200])
        self.world.subscriptions[found.id] = found
        return 200, {"data": {"subscription": _shown_subscription(found)}}

    async def _subscriptions(self, caller: str, request: web.Request) -> Answer:
        found = [_shown_subscription(each) for each in self.world.subscriptions.values() if not each.legacy]
        return 200, ({"data": found} if found else {}) | {"meta": {"total_subscriptions": len(found)}}

    async def _unsubscribe(self, caller: str, request: web.Request) -> Answer:
        self.world.subscriptions.pop(request.match_info["id"], None)
        return 200, {"data": {"deleted": True}}

    async def _subscribe_legacy(self, caller: str, request: web.Request) -> Answer:
        hook = self._hook(request.match_info["hook"])
        key = f"legacy-{hook.id}-{caller}"
        self.world.subscriptions[key] = Subscription(key, caller, "all", hook.id, legacy=True)
        return 200, {"data": {"subscribed": True}}

    async def _is_subscribed(self, caller: str, request: web.Request) -> Answer:
        key = f"legacy-{request.match_info['hook']}-{caller}"
        return 200, {"data": {"subscribed": key in self.world.subscriptions}}

    async def _legacy_list(self, caller: str, request: web.Request) -> Answer:
        hook = self._hook(request.match_info["hook"])
        users = [{"user_id": s.user} for s in self.world.subscriptions.values() if s.legacy and s.webhook == hook.id]
        found = {"application_id": "1", "webhook_id": hook.id, "webhook_url": hook.url, "subscriptions": users}
        return 200, {"data": found}

    async def _unsubscribe_legacy(self, caller: str, request: web.Request) -> Answer:
        key = f"legacy-{request.match_info['hook']}-{request.match_info['user']}"
        self.world.subscriptions.pop(key, None)
        return 200, {"data": {"subscribed": False}}

    async def _legacy_count(self, caller: str, request: web.Request) -> Answer:
        count = sum(each.legacy for each in self.world.subscriptions.values())
        name = {"account_name": "brigade", "subscriptions_count_all": str(count), "provisioned_count": "3"}
        return 200, {"data": name | {"subscriptions_count_direct_messages": "0"}}


def _failed(reason: str) -> Problem:
    return Problem(400, "Invalid Request", reason, "invalid-request", reason=reason)


def _shown(hook: Hook) -> dict[str, Any]:
    return {"id": hook.id, "url": hook.url, "valid": hook.valid, "created_at": hook.created_at}


def _shown_subscription(given: Subscription) -> dict[str, Any]:
    found: dict[str, Any] = {
        "subscription_id": given.id, "event_type": given.event_type, "filter": {"user_id": given.user},
        "created_at": iso(given.made), "updated_at": iso(given.made),
    }  # fmt: skip
    return found | ({"webhook_id": given.webhook} if given.webhook else {}) | ({"tag": given.tag} if given.tag else {})


def _moment(given: Any) -> float:
    if not re.fullmatch(r"\d{12}", str(given)):
        raise invalid("from_date and to_date are written yyyymmddhhmm")
    year, month, day, hour, minute = (int(str(given)[a:b]) for a, b in ((0, 4), (4, 6), (6, 8), (8, 10), (10, 12)))
    return float(calendar.timegm((year, month, day, hour, minute, 0, 0, 0, 0)))
