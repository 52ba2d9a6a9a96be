"""What a person or a test does to the platform: writes as a citizen, looks at what arrived, asks for faults."""

import base64
import time
from pathlib import Path
from typing import Any

from aiohttp import web

from brigade.emulators.x.access import Access
from brigade.emulators.x.chat import Chats
from brigade.emulators.x.delivery import Delivery
from brigade.emulators.x.world import Event, World

_PAGE = Path(__file__).with_name("page.html")


class Control:
    """Routes under ``/_emulator`` and the demo page."""

    def __init__(self, world: World, delivery: Delivery, access: Access, chats: Chats) -> None:
        self._world = world
        self._delivery = delivery
        self._access = access
        self._chats = chats

    def routes(self) -> list[web.RouteDef]:
        """For the application."""
        return [
            web.get("/", self._page),
            web.get("/_emulator/accounts", self._accounts),
            web.get("/_emulator/thread", self._thread),
            web.get("/_emulator/file/{dm}/{media}/{resource}", self._file),
            web.get("/_emulator/sent", self._sent),
            web.get("/_emulator/state", self._state),
            web.post("/_emulator/say", self._say),
            web.post("/_emulator/event", self._event),
            web.post("/_emulator/app", self._app),
            web.post("/_emulator/faults", self._faults),
            web.post("/_emulator/people", self._people),
            web.post("/_emulator/world", self._set),
        ]

    async def _page(self, request: web.Request) -> web.StreamResponse:
        return web.FileResponse(_PAGE)

    async def _accounts(self, request: web.Request) -> web.Response:
        return web.json_response([{"id": user, "name": row[0]} for user, row in self._world.options.accounts.items()])

    async def _thread(self, request: web.Request) -> web.Response:
        """What the person sees; looking is reading."""
        account = self._world.account(request.query.get("account"))
        user = request.query["user"]
        both = [e for e in self._world.events if {e.sender, e.recipient} == {account, user}]
        since = int(request.query.get("since", "0"))
        shown = [_shown(event) for event in both[since:]]
        last = next((event for event in reversed(both[since:]) if event.sender == account), None)
        if last:
            self._happened(account, user, "dm.read", {"last_read_event_id": last.id})
        return web.json_response({"messages": shown, "next": len(both)})

    async def _file(self, request: web.Request) -> web.Response:
        key = "/".join(request.match_info[part] for part in ("dm", "media", "resource"))
        if key not in self._world.files:
            return web.Response(status=404)
        data, kind = self._world.files[key]
        return web.Response(body=data, content_type=kind)

    async def _sent(self, request: web.Request) -> web.Response:
        """All that the app sent, in order; ``user`` for one person's, ``since`` to go on."""
        wanted = request.query.get("user")
        events = [e for e in self._world.events if e.call is not None and wanted in (None, e.recipient)]
        found = [_shown(e) | {"to": e.recipient, "chat": False, "call": e.call} for e in events] + self._chats.sent(
            wanted
        )
        found.sort(key=lambda each: float(each["at"]))
        return web.json_response(found[int(request.query.get("since", "0")) :])

    async def _state(self, request: web.Request) -> web.Response:
        hooks = [{"id": hook.id, "url": hook.url, "valid": hook.valid} for hook in self._world.hooks.values()]
        kinds = [{"user": s.user, "event_type": s.event_type} for s in self._world.subscriptions.values()]
        counts = {"idle": self._delivery.idle, "refusals": self._delivery.refusals, "events": len(self._world.events)}
        return web.json_response(counts | {"webhooks": hooks, "subscriptions": kinds})

    async def _say(self, request: web.Request) -> web.Response:
        """``{user, text?, account?, name?, payload?, file?: {type, data: base64}, url?, at?, id?, chat?}``; ``url``:
        an attachment that claims to be there.
        """
        said = await request.json()
        account, user = self._who(said)
        text, at = str(said.get("text", "")), float(said.get("at") or time.time())
        if said.get("chat"):
            return web.json_response({"id": self._chats.say(account, user, text)})
        event = Event(str(said.get("id") or self._world.id(said.get("at"))), at, user, account, text)
        event.payload = said.get("payload")
        if file := said.get("file"):
            event.media = self._world.keep_file(event.id, base64.b64decode(file["data"]), file["type"])
        elif said.get("url"):
            event.media = self._world.shown_media(event.id, "1", "x.png", "image/png")
            event.media |= {"media_url_https": said["url"], "media_url": said["url"]}
        self._world.wrote(event)
        return web.json_response({"id": event.id})

    async def _event(self, request: web.Request) -> web.Response:
        """``{user, account?, type, content}``: any other event that the person brings about."""
        said = await request.json()
        account, user = self._who(said)
        self._happened(account, user, said["type"], said.get("content", {}))
        return web.json_response({})

    def _happened(self, account: str, user: str, kind: str, content: dict[str, Any]) -> None:
        who: dict[str, Any] = {"created_timestamp": str(int(time.time() * 1000)), "sender_id": user}
        bare = kind == "raw" or not kind.startswith("dm.")
        whole = content if bare else who | {"target": {"recipient_id": account}} | content
        self._world.deliver(account, kind, whole)

    async def _app(self, request: web.Request) -> web.Response:
        """``{user, text, account?}``: a colleague answers in the app, with the same account."""
        said = await request.json()
        account, user = self._who(said)
        event = self._world.wrote(Event(self._world.id(), time.time(), account, user, str(said["text"])))
        return web.json_response({"id": event.id})

    async def _faults(self, request: web.Request) -> web.Response:
        """``{on: send|read|media|media_download|setup|webhook|chat, fault, times}``; see docs/channels/x.md."""
        said = await request.json()
        self._world.faults += [(said["on"], str(said["fault"]))] * int(said.get("times", 1))
        return web.json_response({"waiting": len(self._world.faults)})

    async def _people(self, request: web.Request) -> web.Response:
        """``{user, name?, closed?, chat_keys?}``: what is so of a person from now on."""
        said = await request.json()
        person = self._world.meet(str(said["user"]), said.get("name"))
        person.closed = bool(said.get("closed", person.closed))
        if said.get("chat_keys"):
            self._chats.register(person.id)
        return web.json_response({})

    async def _set(self, request: web.Request) -> web.Response:
        """``{invalidate?: true, unsubscribe?: true, legacy?: true, grant?: user, seconds?}``."""
        said = await request.json()
        if said.get("invalidate"):
            for hook in self._world.hooks.values():
                hook.valid = False
        if said.get("unsubscribe"):
            self._world.subscriptions.clear()
        found = self._access.grant(said["grant"], said.get("seconds", 7200)) if said.get("grant") else {}
        return web.json_response(found)

    def _who(self, said: Any) -> tuple[str, str]:
        account = self._world.account(said.get("account"))
        return account, self._world.meet(str(said["user"]), said.get("name")).id


def _shown(event: Event) -> dict[str, Any]:
    key = event.media["media_url_https"].partition("/dm/")[2] if event.media else None
    return {
        "id": event.id, "at": event.at, "from": event.sender, "text": event.text,
        "media": f"/_emulator/file/{key}" if key else None,
    }  # fmt: skip
