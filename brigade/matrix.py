"""The homeserver, as an application service sees it: matrix-nio builds the requests, errors are raised here, once.

Every call that makes an event carries a transaction id derived from its cause and the account's device id, because
Synapse keeps (room, user, device, transaction id) in its database: a retry after either side was killed is the same
event. Without a device it only remembers in memory.
"""

import asyncio
import hashlib
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import aiohttp
import structlog
from nio.api import Api
from yarl import URL

from brigade.errors import BrigadeError, Forbidden, NotFound, Refused, Temporary, Unreachable
from brigade.events import Event

log = structlog.get_logger(__name__)

DEVICE = "BRIGADE"
_IN_FLIGHT = 12  # past about 16 sends in flight only Synapse's own queue grows (measured)


def txn(*cause: str) -> str:
    """The transaction id of what ``cause`` (source id, action …) brings about: the same for every retry."""
    return hashlib.sha256("\x1f".join(cause).encode()).hexdigest()[:32]


class Homeserver:
    """One connection pool to a homeserver with one application service's token."""

    def __init__(self, url: str, server_name: str, token: str) -> None:
        self.url = url.rstrip("/")
        self.server_name = server_name
        self._token = token
        self._session: aiohttp.ClientSession | None = None
        self._slots = asyncio.Semaphore(_IN_FLIGHT)

    async def open(self) -> None:
        """Make the connection pool."""
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60, connect=5))

    async def close(self) -> None:
        """Close the connection pool."""
        if self._session:
            await self._session.close()

    def account(self, user_id: str) -> "Account":
        """To act as ``user_id``, a full Matrix id in this application service's namespace."""
        return Account(self, user_id)

    async def call(
        self,
        method: str,
        path: str,
        body: str | bytes | None = None,
        *,
        query: Mapping[str, str] | None = None,
        content_type: str = "application/json",
    ) -> dict[str, Any]:
        """One request; raises a BrigadeError for whatever is not a 2xx JSON object."""
        async with self._request(method, path, body, query or {}, content_type) as response:
            try:
                found = await response.json(content_type=None)
            except ValueError as error:
                raise Unreachable(f"the homeserver answered {response.status} without JSON") from error
            if response.status >= 300 or not isinstance(found, dict):
                raise _error(response.status, found if isinstance(found, dict) else {})
            return found

    async def versions(self) -> None:
        """Raises unless the homeserver answers."""
        await self.call("GET", "/_matrix/client/versions")

    async def ping(self, service: str) -> None:
        """Asks the homeserver to reach us; it also retries at once what it could not deliver (pitfall P4)."""
        path = Api._build_path(["appservice", service, "ping"], base_path="/_matrix/client/v1")
        try:
            await self.call("POST", path, "{}")
        except Refused as error:
            raise Temporary(f"the homeserver cannot reach this process: {error}") from error

    async def download(self, mxc: str, user_id: str, limit: int) -> tuple[bytes, str]:
        """(bytes, content type) of ``mxc://server/media``; Refused when it is larger than ``limit`` bytes."""
        server, _, media = mxc.removeprefix("mxc://").partition("/")
        path = Api._build_path(["download", server, media], base_path="/_matrix/client/v1/media")
        async with self._request("GET", path, None, {"user_id": user_id}, None) as response:
            if response.status >= 300:
                raise _error(response.status, {})
            data = await response.content.read(limit + 1)
            if len(data) > limit or not response.content.at_eof():
                raise Refused(f"the file is larger than {limit} bytes")
            return data, response.headers.get("Content-Type", "application/octet-stream")

    @asynccontextmanager
    async def _request(
        self, method: str, path: str, body: str | bytes | None, query: Mapping[str, str], content_type: str | None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        if self._session is None:
            raise Temporary("the connection to the homeserver is not open")
        url = URL(self.url + path, encoded=True)
        url = url.with_query({**{k: v for k, v in url.query.items() if k != "access_token"}, **query})
        headers = {"Authorization": f"Bearer {self._token}"}
        if content_type and body is not None:
            headers["Content-Type"] = content_type
        try:
            async with self._slots, self._session.request(method, url, data=body, headers=headers) as response:
                yield response
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unreachable(f"the homeserver does not answer: {type(error).__name__}") from error


def _error(status: int, answer: Mapping[str, Any]) -> BrigadeError:
    code, message = answer.get("errcode"), answer.get("error", "no reason given")
    sentence = f"the homeserver answered {status} {code}: {message}"
    if status == 429:
        wait = answer.get("retry_after_ms")
        return Temporary(sentence, wait / 1000 if isinstance(wait, int) else 1.0)
    if status >= 500 or status == 401:
        return Unreachable(sentence)
    kind = {403: Forbidden, 404: NotFound}.get(status, Refused)
    return kind(sentence, code if isinstance(code, str) else None)


@dataclass(frozen=True, slots=True)
class Account:
    """One Matrix user of ours. Methods return what the caller needs and raise BrigadeErrors."""

    homeserver: Homeserver
    user_id: str

    async def _call(self, request: tuple[str, ...], device: bool = False) -> dict[str, Any]:
        method, path, *data = request
        query = {"user_id": self.user_id} | ({"device_id": DEVICE} if device else {})
        return await self.homeserver.call(method, path, data[0] if data else None, query=query)

    async def register(self, display_name: str) -> None:
        """Make the user and its device, or find them; its name is set before it is in any room, which is cheap."""
        localpart = self.user_id[1:].split(":")[0]
        body = {"type": "m.login.application_service", "username": localpart, "inhibit_login": True}
        try:
            await self.homeserver.call("POST", "/_matrix/client/v3/register", Api.to_json(body))
        except Refused as error:
            if error.code != "M_USER_IN_USE":
                raise
        device = Api.to_json({"display_name": "brigade"})
        await self._call(("PUT", Api._build_path(["devices", DEVICE]), device))
        await self.set_name(display_name)

    async def set_name(self, display_name: str) -> None:
        """The name that rooms show."""
        await self._call(Api.profile_set_displayname("", self.user_id, display_name))

    async def send(self, room_id: str, content: Mapping[str, Any], txn_id: str, kind: str = "m.room.message") -> str:
        """Send an event; the same ``txn_id`` twice is one event. Returns its id."""
        found = await self._call(Api.room_send("", room_id, kind, dict(content), txn_id), device=True)
        return str(found["event_id"])

    async def redact(self, room_id: str, event_id: str, txn_id: str, reason: str | None = None) -> str:
        """Take an event back."""
        found = await self._call(Api.room_redact("", room_id, event_id, txn_id, reason), device=True)
        return str(found["event_id"])

    async def put_state(self, room_id: str, kind: str, content: Mapping[str, Any], state_key: str = "") -> str:
        """Set state; Synapse makes no event when nothing changes."""
        found = await self._call(Api.room_put_state("", room_id, kind, dict(content), state_key), device=True)
        return str(found["event_id"])

    async def state(self, room_id: str, kind: str, state_key: str = "") -> dict[str, Any] | None:
        """The content of a state event, None when the room has none."""
        try:
            return await self._call(Api.room_get_state_event("", room_id, kind, state_key))
        except NotFound:
            return None

    async def full_state(self, room_id: str) -> list[Event]:
        """All state events of a room."""
        method, path = Api.room_get_state("", room_id)
        query = {"user_id": self.user_id}
        async with self.homeserver._request(method, path, None, query, None) as response:
            found = await response.json(content_type=None)
            if response.status >= 300:
                raise _error(response.status, found)
        parsed = (Event.parse({"room_id": room_id} | raw) for raw in found)
        return [event for event in parsed if event]

    async def create_room(self, body: Mapping[str, Any]) -> str:
        """Create a room from the body of `createRoom`; not idempotent: give it an alias and look there first."""
        found = await self._call(("POST", Api._build_path(["createRoom"]), Api.to_json(dict(body))))
        return str(found["room_id"])

    async def resolve(self, alias: str) -> str | None:
        """The room id of ``#localpart:server``, None when there is none."""
        try:
            return str((await self._call(Api.room_resolve_alias(alias)))["room_id"])
        except NotFound:
            return None

    async def delete_alias(self, alias: str) -> None:
        """Free an alias."""
        await self._call(Api.delete_room_alias("", alias))

    async def invite(self, room_id: str, user_id: str) -> None:
        """Invite a user; that they are already in the room is fine."""
        try:
            await self._call(Api.room_invite("", room_id, user_id))
        except Forbidden:
            member = await self.state(room_id, "m.room.member", user_id)
            if not member or member.get("membership") not in ("join", "invite"):
                raise

    async def kick(self, room_id: str, user_id: str, reason: str) -> None:
        """Take a user out of a room."""
        await self._call(Api.room_kick("", room_id, user_id, reason))

    async def join(self, room_id: str) -> None:
        """Enter a room that we were invited to."""
        await self._call(Api.join("", room_id))

    async def leave(self, room_id: str) -> None:
        """Leave and forget a room, so that it costs nothing any more."""
        await self._call(Api.room_leave("", room_id))
        await self._call(Api.room_forget("", room_id))

    async def joined_rooms(self) -> list[str]:
        """The ids of the rooms that this user is in."""
        return list((await self._call(Api.joined_rooms("")))["joined_rooms"])

    async def event(self, room_id: str, event_id: str) -> Event | None:
        """One event of a room, None when there is none or we may not see it."""
        try:
            return Event.parse({"room_id": room_id} | await self._call(Api.room_get_event("", room_id, event_id)))
        except (NotFound, Forbidden):
            return None

    async def history(
        self, room_id: str, start: str | None = None, limit: int = 50
    ) -> tuple[list[dict[str, Any]], str | None]:
        """A page of raw events, newest first, and where the next older page starts (None at the beginning)."""
        found = await self._call(Api.room_messages("", room_id, start=start, limit=limit))
        return [{"room_id": room_id} | raw for raw in found.get("chunk", [])], found.get("end")

    async def read(self, room_id: str, event_id: str) -> None:
        """Show that this user has read up to ``event_id``."""
        await self._call(Api.update_receipt_marker("", room_id, event_id))

    async def typing(self, room_id: str, is_typing: bool) -> None:
        """Show that this user types, for 20 seconds."""
        await self._call(Api.room_typing("", room_id, self.user_id, is_typing, 20000))

    async def account_data(self, room_id: str, kind: str) -> dict[str, Any]:
        """Our own private data about a room, empty when there is none."""
        path = Api._build_path(["user", self.user_id, "rooms", room_id, "account_data", kind])
        try:
            return await self._call(("GET", path))
        except NotFound:
            return {}

    async def set_account_data(self, room_id: str, kind: str, content: Mapping[str, Any]) -> None:
        """Keep private data about a room, where the room is."""
        path = Api._build_path(["user", self.user_id, "rooms", room_id, "account_data", kind])
        await self._call(("PUT", path, Api.to_json(dict(content))))

    async def upload(self, data: bytes, content_type: str, name: str) -> str:
        """Store a file; returns its ``mxc://`` address."""
        path = Api._build_path(["upload"], {"filename": name}, base_path="/_matrix/media/v3")
        query = {"user_id": self.user_id}
        found = await self.homeserver.call("POST", path, data, query=query, content_type=content_type)
        return str(found["content_uri"])
