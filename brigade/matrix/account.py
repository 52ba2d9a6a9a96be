"""One of our Matrix users. Matrix-nio builds the requests.

Every call that makes an event carries a transaction id derived from its cause and the account's device id, because
Synapse keeps (room, user, device, transaction id) in its database: a retry after either side was killed is the same
event. Without a device it only remembers in memory.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from nio.api import Api

from brigade.errors import Forbidden, NotFound, Refused
from brigade.events import Event
from brigade.matrix.homeserver import Homeserver, error_of

DEVICE = "BRIGADE"


def txn(*cause: str) -> str:
    """The transaction id of what ``cause`` (source id, action …) brings about: the same for every retry."""
    return hashlib.sha256("\x1f".join(cause).encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class Account:
    """One Matrix user of ours. Methods return what the caller needs and raise BrigadeErrors."""

    homeserver: Homeserver
    user_id: str

    def sibling(self, user_id: str) -> "Account":
        """To act as another user in this application service's namespace; a full Matrix id."""
        return Account(self.homeserver, user_id)

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
        async with self.homeserver.request(method, path, None, query, None) as response:
            found = await response.json(content_type=None)
            if response.status >= 300:
                raise error_of(response.status, found)
        parsed = (Event.parse({"room_id": room_id} | raw) for raw in found)
        return [event for event in parsed if event]

    async def members(self, room_id: str) -> list[str]:
        """Who is in a room that we are in."""
        return list((await self._call(Api.joined_members("", room_id)))["joined"])

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
