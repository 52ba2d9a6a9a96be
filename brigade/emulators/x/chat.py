"""X Chat, end-to-end encrypted: the server's routes, and people who have keys of their own."""

import base64
import time
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web
from chat_xdk import Chat

from brigade.emulators.x.access import Access
from brigade.emulators.x.api import Answer, Routes, json_of
from brigade.emulators.x.problems import Problem, forbidden, invalid
from brigade.emulators.x.wire import Envelope, created, signature, wrapped
from brigade.emulators.x.world import World


@dataclass(slots=True)
class Talk:
    """One conversation: ``id`` is ``A:B``; ``events`` as the API lists them; ``keys``: events that changed its key."""

    id: str
    token: str
    events: list[dict[str, Any]] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)


class Chats(Routes):
    """``say`` is what a person's app does."""

    def __init__(self, world: World, access: Access) -> None:
        super().__init__(world, access)
        self._talks: dict[str, Talk] = {}
        self._people: dict[str, Chat] = {}  # whose private keys are here
        self._seq = 100

    def routes(self) -> list[web.RouteDef]:
        """For the application."""
        one = r"/2/chat/conversations/{conversation:\d{1,19}|\d{1,19}-\d{1,19}}"
        keys = r"/2/users/{user:\d{1,19}}/public_keys"
        return [
            self.route("GET", "/2/chat/conversations", self._list, "chat"),
            self.route("GET", one + "/events", self._events, "chat"),
            self.route("POST", one + "/messages", self._send, "chat", fault="chat_send"),
            self.route("POST", one + "/keys", self._keys, "chat"),
            self.route("POST", one + "/read", self._nothing, "chat"),
            self.route("POST", one + "/typing", self._nothing, "chat"),
            self.route("GET", keys, self._public_keys, "chat"),
            self.route("POST", keys, self._add_keys, "chat"),
        ]

    # Routes.

    async def _list(self, caller: str, request: web.Request) -> Answer:
        mine = [{"id": talk.id.replace(":", "-")} for talk in self._talks.values() if caller in talk.id.split(":")]
        return 200, ({"data": mine} if mine else {}) | {"meta": {"result_count": len(mine), "has_more": False}}

    async def _events(self, caller: str, request: web.Request) -> Answer:
        talk = self._talk(caller, request)
        most = int(request.query.get("max_results", "10"))
        shown = talk.events[::-1][:most]
        meta = {"result_count": len(shown), "has_more": False, "conversation_key_events": talk.keys}
        return 200, ({"data": shown} if shown else {}) | {"meta": meta}

    async def _send(self, caller: str, request: web.Request) -> Answer:
        said = await json_of(request)
        wanted = {"message_id", "encoded_message_create_event", "encoded_message_event_signature"}
        if missing := wanted - set(said):
            raise invalid(f"{sorted(missing)[0]} is missing")
        talk = self._talk(caller, request)
        if self.world.people[self._other(talk, caller)].closed:
            raise forbidden("You do not have permission to DM one or more participants.")
        seal = base64.b64decode(said["encoded_message_event_signature"])
        event = self._add(talk, caller, said["message_id"], created(said["encoded_message_create_event"]), seal)
        event["by_app"] = True
        self._told(talk, event, {})
        return 201, {"data": {"encoded_message_event": event["encoded_event"]}}

    async def _keys(self, caller: str, request: web.Request) -> Answer:
        said = await json_of(request)
        talk = self._talk(caller, request)
        action = said["action_signatures"][0]
        seal = action["message_event_signature"]
        proof = signature(seal["signature"], seal["public_key_version"], seal["signature_version"])
        detail = base64.b64decode(action["encoded_message_event_detail"])
        event = self._add(talk, caller, action["message_id"], detail, proof)
        talk.keys.append(event["encoded_event"])
        return 200, {"data": {"conversation_id": talk.id, "sequence_id": event["id"]}}

    async def _nothing(self, caller: str, request: web.Request) -> Answer:
        self._talk(caller, request)
        return 200, {"data": {"success": True}}

    async def _public_keys(self, caller: str, request: web.Request) -> Answer:
        found = self.world.public_keys.get(request.match_info["user"])
        return 200, {"data": found} if found else {}

    async def _add_keys(self, caller: str, request: web.Request) -> Answer:
        said = await json_of(request)
        if request.match_info["user"] != caller:
            raise forbidden("This operation is not permitted.")
        given = said.get("public_key")
        if not isinstance(given, dict):
            raise invalid("public_key is missing")
        version = str(said.get("version") or int(time.time() * 1000))
        self._keep(caller, version, given)
        return 200, {"data": {"version": version}}

    # People.

    def register(self, user: str) -> Chat:
        """Give a person keys, once."""
        if user not in self._people:
            chat = self._people[user] = Chat()
            made = chat.generate_keypairs()
            key = made.public_key
            version = str(made.version)
            fields = ("public_key", "signing_public_key", "identity_public_key_signature")
            self._keep(user, version, {name: getattr(key, name) for name in fields})
            chat.set_identity(user, version)
            chat.set_cache_keys(True)
        return self._people[user]

    def _keep(self, user: str, version: str, key: dict[str, Any]) -> None:
        fields = ("public_key", "signing_public_key", "identity_public_key_signature")
        kept = {name: key[name] for name in fields} | {"public_key_version": version}
        self.world.public_keys.setdefault(user, []).append(kept)

    def say(self, account: str, user: str, text: str) -> str:
        """A person writes to an account of ours; the event's id."""
        chat = self.register(user)
        if account not in self.world.public_keys:
            self.register(account)  # in an app of the account that is not ours
        chat.set_signing_keys([self._signing(each) for each in (account, user)])
        talk = self._between(account, user)
        changed = {} if talk.keys else {"conversation_key_change_event": self._new_key(talk, user, account)}
        sealed = chat.encrypt_message(talk.id, text)
        seal = base64.b64decode(sealed.encoded_event_signature)
        event = self._add(talk, user, sealed.message_id, created(sealed.encrypted_content), seal)
        self._told(talk, event, changed | {"conversation_key_version": sealed.conversation_key_version})
        return str(event["id"])

    def _new_key(self, talk: Talk, user: str, account: str) -> str:
        keys = [(each, self.world.public_keys[each][-1]) for each in (account, user)]
        public = [
            {"user_id": each, "public_key": key["public_key"], "key_version": key["public_key_version"]}
            for each, key in keys
        ]
        change = self._people[user].prepare_conversation_key_change(public, conversation_id=talk.id)
        action = change["action_signatures"][0]
        seal = signature(action["signature"], action["public_key_version"], action["signature_version"])
        detail = base64.b64decode(action["encoded_message_event_detail"])
        event = self._add(talk, user, action["message_id"], detail, seal)
        talk.keys.append(event["encoded_event"])
        self._people[user].decrypt_events([event["encoded_event"]])
        return str(event["encoded_event"])

    def sent(self, wanted: str | None) -> list[dict[str, Any]]:
        """What the app sent by X Chat, as the people read it."""
        found = []
        for talk in self._talks.values():
            for event in talk.events:
                other = self._other(talk, str(event["sender_id"]))
                if event.get("by_app") and wanted in (None, other):
                    text = self._read(other, str(event["sender_id"]), event)
                    at = int(event["created_at_msec"]) / 1000
                    shown = {"id": event["id"], "at": at, "from": event["sender_id"], "to": other, "text": text}
                    found.append(shown | {"chat": True, "media": None})
        return found

    def _read(self, user: str, sender: str, event: dict[str, Any]) -> str | None:
        chat = self._people[user]
        chat.set_signing_keys([self._signing(each) for each in (user, sender)])
        opened = chat.decrypt_event(event["encoded_event"])
        return str(opened["content"]["text"]) if opened["verified"] else None

    def _signing(self, user: str) -> dict[str, str]:
        key = self.world.public_keys[user][-1]
        return {
            "user_id": user, "public_key_version": key["public_key_version"], "public_key": key["signing_public_key"],
            "identity_public_key": key["public_key"],
            "identity_public_key_signature": key["identity_public_key_signature"],
        }  # fmt: skip

    # Conversations.

    def _between(self, one: str, other: str) -> Talk:
        key = ":".join(sorted((one, other), key=int))
        return self._talks.setdefault(key, Talk(key, self.world.id()))

    def _talk(self, caller: str, request: web.Request) -> Talk:
        given = request.match_info["conversation"]
        others = [each for each in given.split("-") if each != caller]
        key = ":".join(sorted((caller, others[0]), key=int)) if others else ""
        if key not in self._talks:
            raise Problem(404, "Not Found Error", "Could not find the conversation", "resource-not-found")
        return self._talks[key]

    @staticmethod
    def _other(talk: Talk, user: str) -> str:
        return next(each for each in talk.id.split(":") if each != user)

    def _add(self, talk: Talk, sender: str, message: str, detail: bytes, seal: bytes) -> dict[str, Any]:
        self._seq += 1
        moment = str(int(time.time() * 1000))
        envelope = Envelope(str(self._seq), message, sender, talk.id, talk.token, moment)
        event = {
            "id": envelope.sequence, "encoded_event": wrapped(envelope, detail, seal), "sender_id": sender,
            "conversation_id": talk.id, "conversation_token": talk.token, "created_at_msec": moment,
        }  # fmt: skip
        talk.events.append(event)
        return event

    def _told(self, talk: Talk, event: dict[str, Any], more: dict[str, Any]) -> None:
        payload = {key: value for key, value in event.items() if key != "by_app"} | more
        for user in talk.id.split(":"):
            if user in self.world.options.accounts:
                self.world.deliver(user, "chat.sent" if user == event["sender_id"] else "chat.received", payload)
