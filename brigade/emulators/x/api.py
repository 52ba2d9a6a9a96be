"""The REST routes of direct messages, media, users and tokens."""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web

from brigade.emulators.x.access import Access
from brigade.emulators.x.problems import Problem, asked_for, forbidden, invalid
from brigade.emulators.x.shapes import dm_event, media, people, user
from brigade.emulators.x.world import Event, World

Answer = tuple[int, dict[str, Any]]
Call = Callable[[str, web.Request], Awaitable[Answer]]
_SLOW = 6.0  # seconds
_LONGEST = 10_000
_EVENT_FIELDS = {"attachments", "created_at", "dm_conversation_id", "entities", "event_type", "id", "text"}
# No longer described since August 2026, and still asked for by other people's clients.
_OLD_FIELDS = {"sender_id", "participant_ids", "referenced_tweets"}
_EXPANSIONS = {
    "attachments.media_keys", "participant_ids", "referenced_posts", "sender_id", "referenced_tweets.id",
}  # fmt: skip
_TYPES = {"MessageCreate", "ParticipantsJoin", "ParticipantsLeave"}
_MONTH = 30 * 86400.0


class Routes:
    """A route is a call that knows who asks; faults on demand, limits and errors are the same for all."""

    def __init__(self, world: World, access: Access) -> None:
        self.world = world
        self.access = access

    def route(self, verb: str, path: str, call: Call, family: str, who: str = "user", fault: str = "") -> web.RouteDef:
        """``who``: user, app or either."""

        async def answer(request: web.Request) -> web.StreamResponse:
            found = self.world.fault(fault or family)
            headers: dict[str, str] = {}
            try:
                caller = getattr(self.access, who)(request)
                headers = self.world.count(caller, family)
                if found == "slow":
                    await asyncio.sleep(_SLOW)
                elif found and (problem := asked_for(found)):
                    raise problem
                status, body = await call(caller, request)
            except Problem as problem:
                kind = "application/problem+json" if problem.code is None else "application/json"
                shown = headers | problem.headers
                return web.json_response(problem.body(), status=problem.status, headers=shown, content_type=kind)
            if found == "lost_answer" and request.transport:
                request.transport.abort()
            return web.json_response(body, status=status, headers=headers)

        return web.route(verb, path, answer)


class Messages(Routes):
    """Direct messages."""

    def routes(self) -> list[web.RouteDef]:
        """For the application."""
        dm = "/2/dm_conversations"
        return [
            self.route("POST", dm + r"/with/{other:\d{1,19}}/messages", self._send, "send"),
            self.route("POST", dm + r"/{conversation:\d{1,19}-\d{1,19}}/messages", self._send, "send"),
            self.route("POST", dm, self._group, "send"),
            self.route("GET", "/2/dm_events", self._list, "read"),
            self.route("GET", dm + r"/with/{other:\d{1,19}}/dm_events", self._list, "read"),
            self.route("GET", dm + r"/{conversation:\d{1,19}-\d{1,19}}/dm_events", self._list, "read"),
            self.route("GET", r"/2/dm_events/{event:\d{1,19}}", self._one, "read"),
            self.route("DELETE", r"/2/dm_events/{event:\d{1,19}}", self._delete, "other"),
            self.route("GET", "/2/users/me", self._me, "other"),
            self.route("GET", r"/2/users/{user:\d{1,19}}", self._user, "other", "either"),
            web.get(dm + r"/media/{dm:\d{1,19}}/{media:\d{1,19}}/{resource}", self._file_by_api),
            web.get(r"/1.1/ton/data/dm/{dm:\d{1,19}}/{media:\d{1,19}}/{resource}", self._file_by_address),
            web.post("/2/oauth2/token", self.access.token),
        ]

    # Sending.

    async def _send(self, caller: str, request: web.Request) -> Answer:
        said = await json_of(request)
        other = self._other(caller, request)
        attached = self._message(said)
        person = self.world.person(other)
        if person.closed:
            raise forbidden("You do not have permission to DM one or more participants.")
        event = Event(self.world.id(), time.time(), caller, other, str(said.get("text") or ""), call=said)
        if attached:
            event.media = self.world.keep_file(event.id, attached["data"], attached["type"])
        self.world.wrote(event)
        return 201, {"data": {"dm_conversation_id": event.conversation, "dm_event_id": event.id}}

    def _message(self, said: Any) -> dict[str, Any] | None:
        """Checked; the media that is attached."""
        if unknown := set(said) - {"text", "attachments"}:
            raise invalid(f"[{sorted(unknown)[0]}] is not a valid property", **dict.fromkeys(unknown, "?"))
        text, attachments = said.get("text"), said.get("attachments")
        if text is None and not attachments:
            raise invalid("At least one of text and attachments must be given")
        if text is not None and not (isinstance(text, str) and 0 < len(text) <= _LONGEST):
            raise invalid("text has 1 to 10000 characters")
        if attachments is None:
            return None
        if not (isinstance(attachments, list) and len(attachments) == 1 and set(attachments[0]) == {"media_id"}):
            raise invalid("attachments holds one media_id")
        kept = self.world.media.get(str(attachments[0]["media_id"]))
        if kept is None or kept["state"] != "succeeded":
            raise invalid("Your media IDs are invalid.", media_id=attachments[0]["media_id"])
        return kept

    async def _group(self, caller: str, request: web.Request) -> Answer:
        said = await json_of(request)
        members = said.get("participant_ids")
        if said.get("conversation_type") != "Group" or not isinstance(members, list) or not 2 <= len(members) <= 49:
            raise invalid("conversation_type is Group, with 2 to 49 participant_ids")
        self._message(said.get("message") or {})
        return 201, {"data": {"dm_conversation_id": self.world.id(), "dm_event_id": self.world.id()}}

    def _other(self, caller: str, request: web.Request) -> str:
        if other := request.match_info.get("other"):
            return other
        members = request.match_info["conversation"].split("-")
        if caller not in members:
            raise forbidden("This operation is not permitted.")
        return next((each for each in members if each != caller), caller)

    # Reading.

    async def _list(self, caller: str, request: web.Request) -> Answer:
        fields, expansions = _asked(request)
        one = "other" in request.match_info or "conversation" in request.match_info
        others = {self._other(caller, request)} if one else None
        since = 0.0 if one else time.time() - _MONTH
        found = [
            event
            for event in reversed(self.world.events)
            if caller in (event.sender, event.recipient)
            and event.at >= since
            and (others is None or {event.sender, event.recipient} - {caller} == others)
        ]
        found.sort(key=lambda event: int(event.id), reverse=True)
        start, most = _page(request)
        shown = found[start : start + most]
        if "MessageCreate" not in request.query.get("event_types", "MessageCreate").split(","):
            shown = []
        meta: dict[str, Any] = {"result_count": len(shown)}
        if not shown:
            return 200, {"meta": meta}  # without "data"
        meta["next_token"] = f"{start + most:016d}"  # on the last page, too
        meta["previous_token"] = f"{max(0, start - most):016d}"  # and this on the first
        return 200, self._with(shown, fields, expansions) | {"meta": meta}

    def _with(self, events: list[Event], fields: list[str], expansions: list[str]) -> dict[str, Any]:
        sender = "sender_id" in expansions or "sender_id" in fields
        found: dict[str, Any] = {"data": [dm_event(event, fields, sender) for event in events]}
        includes: dict[str, Any] = {}
        if "sender_id" in expansions:
            writers = dict.fromkeys(event.sender for event in events)
            includes["users"] = [user(each) for each in people(self.world, *writers)]
        attached = [media(event) for event in events if event.media]
        if attached and "attachments.media_keys" in expansions:
            includes["media"] = attached
        return found | ({"includes": includes} if includes else {})

    async def _one(self, caller: str, request: web.Request) -> Answer:
        fields, expansions = _asked(request)
        found = self._with([self._event(caller, request)], fields, expansions)
        return 200, found | {"data": found["data"][0]}

    def _event(self, caller: str, request: web.Request) -> Event:
        wanted = request.match_info["event"]
        for event in self.world.events:
            if event.id == wanted and caller in (event.sender, event.recipient):
                return event
        raise Problem(404, "Not Found Error", f"Could not find event with id: [{wanted}].", "resource-not-found")

    async def _delete(self, caller: str, request: web.Request) -> Answer:
        event = self._event(caller, request)
        if event.sender != caller:
            raise forbidden("This operation is not permitted.")
        return 200, {"data": {"deleted": True}}

    async def _me(self, caller: str, request: web.Request) -> Answer:
        return 200, {"data": user(self.world.person(caller))}

    async def _user(self, caller: str, request: web.Request) -> Answer:
        return 200, {"data": user(self.world.person(request.match_info["user"]))}

    async def _file_by_api(self, request: web.Request) -> web.Response:
        """What somebody attached: this route is described for OAuth 2 alone."""
        return self._file(request, self.access.granted)

    async def _file_by_address(self, request: web.Request) -> web.Response:
        """The same by the address that events have (on another host): for OAuth 1.0a alone."""
        return self._file(request, self.access.signed)

    def _file(self, request: web.Request, who: Callable[[web.Request], str]) -> web.Response:
        fault = self.world.fault("media_download")
        try:
            who(request)
        except Problem as problem:
            return web.json_response(problem.body(), status=problem.status)
        key = "/".join(request.match_info[part] for part in ("dm", "media", "resource"))
        if key not in self.world.files or fault == "gone":
            return web.json_response({"title": "Not Found Error", "status": 404}, status=404)
        if fault:
            return web.Response(status=503)
        return web.Response(body=self.world.files[key][0], content_type="application/octet-stream")


async def json_of(request: web.Request) -> Any:
    """The body. Raises the problem of one that is no JSON object."""
    try:
        found = await request.json()
    except ValueError as error:
        raise invalid("The body is not JSON") from error
    if not isinstance(found, dict):
        raise invalid("The body is not an object")
    return found


def _asked(request: web.Request) -> tuple[list[str], list[str]]:
    """Fields and expansions, checked."""
    fields = [each for each in request.query.get("dm_event.fields", "").split(",") if each]
    expansions = [each for each in request.query.get("expansions", "").split(",") if each]
    types = set(request.query.get("event_types", "MessageCreate").split(","))
    if wrong := set(fields) - _EVENT_FIELDS - _OLD_FIELDS:
        raise invalid(f"The `dm_event.fields` query parameter value {sorted(wrong)} is not one of those described")
    if wrong := set(expansions) - _EXPANSIONS:
        raise invalid(f"The `expansions` query parameter value {sorted(wrong)} is not one of those described")
    if wrong := types - _TYPES:
        raise invalid(f"The `event_types` query parameter value {sorted(wrong)} is not one of those described")
    return fields, expansions


def _page(request: web.Request) -> tuple[int, int]:
    most, token = request.query.get("max_results", "100"), request.query.get("pagination_token", "0" * 16)
    if not (most.isdigit() and 1 <= int(most) <= 100):
        raise invalid("The `max_results` query parameter value is not between 1 and 100", max_results=most)
    if not re.fullmatch(r"\d{16,}", token):
        raise invalid("The `pagination_token` query parameter value is not valid", pagination_token=token)
    return int(token), int(most)
