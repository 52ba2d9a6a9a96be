"""The Graph API's routes: any version prefix, token in a header, the query or the body, JSON, form or multipart."""

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from multidict import MultiDictProxy

from brigade.emulators.messenger.errors import GraphError
from brigade.emulators.messenger.sending import Sending, decoded
from brigade.emulators.messenger.world import Page, Thread, World

_PREFIX = r"/{version:(v\d+\.\d+/)?}"
_SHOWN = 20  # messages of a conversation whose details may be read
_PROFILE = ("get_started", "greeting", "persistent_menu", "ice_breakers", "commands", "whitelisted_domains")
_SLOW = 6.0  # seconds
Call = Callable[[Page, web.Request, dict[str, Any]], Awaitable[Any]]


class Graph:
    """``routes`` for the application; every answer carries the usage headers."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._sending = Sending(world)
        self._calls = 0

    def routes(self) -> list[web.RouteDef]:
        """All edges that a bridge or a client needs."""
        edges: list[tuple[str, str, Call]] = [
            ("POST", "messages", self._messages),
            ("POST", "message_attachments", self._upload),
            ("GET", "subscribed_apps", self._subscriptions),
            ("POST", "subscribed_apps", self._subscribe),
            ("DELETE", "subscribed_apps", self._unsubscribe),
            ("GET", "conversations", self._conversations),
            ("GET", "thread_owner", self._owner),
            ("GET", "messenger_profile", self._profile),
            ("POST", "messenger_profile", self._set_profile),
            ("DELETE", "messenger_profile", self._delete_profile),
            ("GET", "personas", self._personas),
            ("POST", "personas", self._persona),
        ]
        edges += [("POST", f"{verb}_thread_control", self._control) for verb in _CONTROL]
        found = [web.route(verb, f"{_PREFIX}{{page}}/{edge}", self._edge(call)) for verb, edge, call in edges]
        return [*found, web.get(f"{_PREFIX}{{page}}", self._edge(self._node, page=False))]

    def _edge(self, call: Call, page: bool = True) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
        async def answer(request: web.Request) -> web.StreamResponse:
            fault = self._world.fault("send" if request.path.endswith("/messages") else "graph")
            try:
                if fault:
                    await self._faulty(fault)
                said = await _body(request)
                token = _token(request, said)
                proof = request.query.get("appsecret_proof") or said.get("appsecret_proof")
                owner = self._world.page(request.match_info["page"] if page else "me", token, proof)
                found = await call(owner, request, said)
            except GraphError as error:
                return self._json(error.body(), status=error.status, limited=error.code in (4, 613, 80006))
            if fault == "lost_answer" and request.transport:
                request.transport.abort()
            return self._json(found)

        return answer

    async def _faulty(self, fault: str) -> None:
        """What the fault does before the call is carried out."""
        if fault == "slow":
            await asyncio.sleep(_SLOW)
        elif fault == "500":
            raise GraphError(2)
        elif fault == "429":
            raise GraphError(80006)
        elif fault == "token_expired":
            raise GraphError(190, 463)
        elif found := re.fullmatch(r"(\d+)(?:/(\d+))?", fault):
            raise GraphError(int(found[1]), int(found[2]) if found[2] else None)

    def _json(self, found: Any, status: int = 200, limited: bool = False) -> web.Response:
        self._calls += 1
        usage = {"call_count": 100 if limited else min(90, self._calls // 1000), "total_cputime": 5, "total_time": 5}
        business = [{"type": "messenger", **usage, "estimated_time_to_regain_access": 0}]
        headers = {
            "X-App-Usage": json.dumps(usage),
            "X-Business-Use-Case-Usage": json.dumps(dict.fromkeys(self._world.pages, business)),
            "facebook-api-version": "v26.0",
        }
        return web.json_response(found, status=status, headers=headers)

    async def _messages(self, page: Page, request: web.Request, said: dict[str, Any]) -> Any:
        return await self._sending.send(page, said, said.pop("filedata", None))

    async def _upload(self, page: Page, request: web.Request, said: dict[str, Any]) -> Any:
        message = said.get("message")
        if not isinstance(message, dict):
            raise GraphError(100, None, "(#100) The parameter message is required")
        self._world.limit(f"media {page.id}", 10)
        attachment = message.get("attachment") or {}
        reusable = attachment | {"payload": (attachment.get("payload") or {}) | {"is_reusable": True}}
        return (await self._sending.attach(reusable, said.get("filedata")))[1]

    async def _subscriptions(self, page: Page, request: web.Request, said: dict[str, Any]) -> Any:
        app = {"category": "Government organization", "link": "", "name": "Brigade", "id": self._world.options.app_id}
        return {"data": [app | {"subscribed_fields": page.fields}] if page.fields is not None else []}

    async def _subscribe(self, page: Page, request: web.Request, said: dict[str, Any]) -> Any:
        given = request.query.get("subscribed_fields") or said.get("subscribed_fields") or "messages"
        page.fields = given if isinstance(given, list) else str(given).split(",")
        return {"success": True}

    async def _unsubscribe(self, page: Page, request: web.Request, said: dict[str, Any]) -> Any:
        page.fields = None
        return {"success": True}

    # Reading.

    async def _conversations(self, page: Page, request: web.Request, said: dict[str, Any]) -> Any:
        self._world.limit(f"conversations {page.id}", 2)
        wanted = request.query.get("user_id")
        threads = [t for t in self._world.threads.values() if t.page == page.id and wanted in (None, t.psid)]
        threads.sort(key=lambda t: t.messages[-1].at if t.messages else 0.0, reverse=True)
        return {"data": [self._conversation(page, thread) for thread in threads if thread.messages]}

    def _conversation(self, page: Page, thread: Thread) -> dict[str, Any]:
        people = {page.id: page.name, thread.psid: thread.name or "Facebook user"}
        messages = []
        for each in reversed(thread.messages[-_SHOWN:]):
            other = next(who for who in people if who != each.sender)
            message: dict[str, Any] = {"id": each.mid, "message": each.text, "created_time": _iso(each.at)}
            message["from"] = {"id": each.sender, "name": people[each.sender]}
            messages.append(message | {"to": {"data": [{"id": other, "name": people[other]}]}})
        found = {"id": f"t_{page.id}_{thread.psid}", "updated_time": _iso(thread.messages[-1].at)}
        people_shown = {"data": [{"id": key, "name": name} for key, name in people.items()]}
        return found | {"participants": people_shown, "messages": {"data": messages}, "is_owner": True}

    async def _node(self, page: Page, request: web.Request, said: dict[str, Any]) -> Any:
        """A person, a page or a message by id."""
        node = request.match_info["page"]
        if node in ("me", page.id):
            return {"id": page.id, "name": page.name}
        thread = self._world.threads.get((page.id, node))
        if thread is None:
            raise GraphError(100, 33)
        if not self._world.profiles:
            raise GraphError(200, 2018247)
        if not thread.name:
            raise GraphError(200, 2018218)
        first, _, last = thread.name.partition(" ")
        known = {"first_name": first, "last_name": last, "name": thread.name, "id": node}
        asked = request.query.get("fields", "first_name,last_name").split(",")
        return {key: value for key, value in known.items() if key in (*asked, "id")}

    # Who holds the thread.

    async def _owner(self, page: Page, request: web.Request, said: dict[str, Any]) -> Any:
        thread = self._world.thread(page.id, request.query.get("recipient", "").strip('"'))
        if thread.owner is None or time.time() - thread.acted_at > 86400:
            return {"data": []}
        return {"data": [{"thread_owner": {"app_id": thread.owner, "expiration": int(thread.acted_at + 86400)}}]}

    async def _control(self, page: Page, request: web.Request, said: dict[str, Any]) -> Any:
        recipient = said.get("recipient")
        thread = self._world.thread(page.id, str(recipient.get("id")) if isinstance(recipient, dict) else "")
        verb = request.path.rpartition("/")[2].removesuffix("_thread_control")
        app = self._world.options.app_id
        if verb in ("pass", "release") and thread.owner not in (None, app):
            raise GraphError(100, 2018300)
        if verb == "pass":
            thread.owner = str(said.get("target_app_id"))
        elif verb == "release":
            thread.owner = None
        elif verb == "take":
            thread.owner = app
        return {"success": True}

    # Profile and personas.

    async def _profile(self, page: Page, request: web.Request, said: dict[str, Any]) -> Any:
        asked = request.query.get("fields", "").split(",")
        return {"data": [{key: value for key, value in page.profile.items() if key in asked}]}

    async def _set_profile(self, page: Page, request: web.Request, said: dict[str, Any]) -> Any:
        given = {key: value for key, value in said.items() if key in _PROFILE}
        if not given:
            raise GraphError(100, None, "(#100) Requires one of the params: get_started, greeting, …")
        if "persistent_menu" in given and "get_started" not in page.profile | given:
            raise GraphError(100, None, "(#100) You must set a Get Started button if you also wish to use a menu")
        page.profile |= given
        return {"result": "success"}

    async def _delete_profile(self, page: Page, request: web.Request, said: dict[str, Any]) -> Any:
        for key in said.get("fields") or request.query.get("fields", "").split(","):
            page.profile.pop(str(key), None)
        return {"result": "success"}

    async def _personas(self, page: Page, request: web.Request, said: dict[str, Any]) -> Any:
        return {"data": [{"id": key} | value for key, value in page.personas.items()]}

    async def _persona(self, page: Page, request: web.Request, said: dict[str, Any]) -> Any:
        if not 0 < len(str(said.get("name") or "")) <= 50:
            raise GraphError(100, None, "(#100) Param name must have 1 to 50 characters")
        key = str(len(page.personas) + 1)
        page.personas[key] = {"name": said["name"], "profile_picture_url": said.get("profile_picture_url", "")}
        return {"id": key}


_CONTROL = ("pass", "release", "take", "request", "extend")


def _iso(at: float) -> str:
    return time.strftime("%Y-%m-%dT%H:%M:%S+0000", time.gmtime(at))


def _token(request: web.Request, said: dict[str, Any]) -> str | None:
    bearer = request.headers.get("Authorization", "").removeprefix("Bearer ")
    return bearer or request.query.get("access_token") or said.get("access_token") or None


async def _body(request: web.Request) -> dict[str, Any]:
    if request.content_type == "application/json":
        try:
            found = await request.json()
        except ValueError as error:
            raise GraphError(100, None, "(#100) The body is not JSON") from error
        return found if isinstance(found, dict) else {}
    return decoded(_plain(await request.post()))


def _plain(fields: MultiDictProxy[Any]) -> dict[str, Any]:
    """Files as (bytes, media type, name), under the one name that the API knows."""
    found: dict[str, Any] = {}
    for key, value in fields.items():
        if isinstance(value, web.FileField):
            found["filedata"] = (value.file.read(), value.content_type, value.filename)
        else:
            found[key] = value
    return found
