"""What a person or a test does to the platform: writes as a citizen, looks at what arrived, asks for faults."""

import base64
import time
from pathlib import Path
from typing import Any

from aiohttp import web

from brigade.emulators.messenger.delivery import Delivery
from brigade.emulators.messenger.world import INBOX_APP, Message, Thread, World

_PAGE = Path(__file__).with_name("page.html")
_DAY = 86400.0


class Control:
    """Routes under ``/_emulator``, the demo page and the CDN."""

    def __init__(self, world: World, delivery: Delivery) -> None:
        self._world = world
        self._delivery = delivery

    def routes(self) -> list[web.RouteDef]:
        """For the application."""
        return [
            web.get("/", self._page),
            web.get("/_cdn/{key}/{name}", self._file),
            web.get("/_emulator/pages", self._pages),
            web.get("/_emulator/thread", self._thread),
            web.get("/_emulator/sent", self._sent),
            web.get("/_emulator/state", self._state),
            web.post("/_emulator/say", self._say),
            web.post("/_emulator/event", self._event),
            web.post("/_emulator/inbox", self._inbox),
            web.post("/_emulator/faults", self._faults),
            web.post("/_emulator/people", self._people),
            web.post("/_emulator/world", self._set),
        ]

    async def _page(self, request: web.Request) -> web.StreamResponse:
        return web.FileResponse(_PAGE)

    async def _file(self, request: web.Request) -> web.Response:
        """A file, until its address has expired."""
        fault = self._world.fault("cdn")
        found = self._world.files.get(request.match_info["key"])
        if found is None or fault == "expired":
            return web.Response(status=403, text="URL signature expired")
        if fault:
            return web.Response(status=500)
        return web.Response(body=found[0], content_type=found[1])

    async def _pages(self, request: web.Request) -> web.Response:
        return web.json_response([{"id": page.id, "name": page.name} for page in self._world.pages.values()])

    async def _thread(self, request: web.Request) -> web.Response:
        """What the person sees; looking is reading."""
        page, psid = self._who(request.query)
        thread = self._world.meet(page, psid)
        since = int(request.query.get("since", "0"))
        shown = [_shown(message) for message in thread.messages[since:]]
        if any(message["from"] == page for message in shown):
            self._world.happened(thread, "message_reads", {"read": {"watermark": int(time.time() * 1000)}})
        return web.json_response({"messages": shown, "next": len(thread.messages), "typing": _typing(thread)})

    async def _sent(self, request: web.Request) -> web.Response:
        """All that the app sent, in order; ``psid`` for one person's, ``since`` to go on."""
        wanted = request.query.get("psid")
        found = [
            _shown(message) | {"psid": thread.psid, "page": thread.page, "call": message.sent}
            for thread in self._world.threads.values()
            if wanted in (None, thread.psid)
            for message in thread.messages
            if message.sent is not None
        ]
        found.sort(key=lambda each: each["at"])
        return web.json_response(found[int(request.query.get("since", "0")) :])

    async def _state(self, request: web.Request) -> web.Response:
        threads = self._world.threads.values()
        return web.json_response(
            {
                "idle": self._delivery.idle,
                "refusals": self._delivery.refusals,
                "subscribed": {page.id: page.fields for page in self._world.pages.values()},
                "actions": {thread.psid: thread.actions for thread in threads},
                "owners": {thread.psid: thread.owner for thread in threads},
            }
        )

    async def _say(self, request: web.Request) -> web.Response:
        """``{psid, text?, page?, name?, quick_reply?, attachments?, files?: [{name, type, data: base64}], …}``"""
        said = await request.json()
        page, psid = self._who(said)
        thread = self._world.meet(page, psid, said.get("name"))
        message = {key: said[key] for key in ("text", "attachments", "referral", "reply_to", "mid") if key in said}
        if "quick_reply" in said:
            message["quick_reply"] = {"payload": said["quick_reply"]}
        for file in said.get("files", ()):
            url = self._world.keep_file(base64.b64decode(file["data"]), file["type"], file["name"])
            kind = file["type"].partition("/")[0]
            kind = kind if kind in ("image", "audio", "video") else "file"
            message.setdefault("attachments", []).append({"type": kind, "payload": {"url": url}})
        return web.json_response({"mid": self._world.said(thread, message, said.get("at"))})

    async def _event(self, request: web.Request) -> web.Response:
        """``{psid, page?, field, content, at?}``: any other event that the person brings about."""
        said = await request.json()
        page, psid = self._who(said)
        thread = self._world.meet(page, psid, said.get("name"))
        if said["field"] in ("messaging_postbacks", "message_reactions", "messaging_referrals"):
            thread.acted_at = said.get("at") or time.time()
        self._world.happened(thread, said["field"], said["content"], said.get("at"))
        return web.json_response({})

    async def _inbox(self, request: web.Request) -> web.Response:
        """``{psid, text, page?}``: a colleague answers in the page's own inbox."""
        said = await request.json()
        page, psid = self._who(said)
        thread = self._world.thread(page, psid)
        message = Message(self._world.mid(), time.time(), page, said["text"])
        self._world.wrote(thread, message, INBOX_APP)
        return web.json_response({"mid": message.mid})

    async def _faults(self, request: web.Request) -> web.Response:
        """``{on: send|graph|webhook|cdn, fault, times}``; see docs/channels/messenger.md."""
        said = await request.json()
        self._world.faults += [(said["on"], str(said["fault"]))] * int(said.get("times", 1))
        return web.json_response({"waiting": len(self._world.faults)})

    async def _people(self, request: web.Request) -> web.Response:
        """``{psid, page?, hours_ago?, blocked?, owner?, name?}``: what is so of a person from now on."""
        said = await request.json()
        thread = self._world.meet(*self._who(said), said.get("name"))
        if "hours_ago" in said:
            thread.acted_at = time.time() - 3600 * float(said["hours_ago"])
        thread.blocked = bool(said.get("blocked", thread.blocked))
        if "owner" in said:
            thread.owner = said["owner"]
        return web.json_response({})

    async def _set(self, request: web.Request) -> web.Response:
        """``{human_agent?, profiles?, unsubscribe?: page}``."""
        said = await request.json()
        self._world.human_agent = bool(said.get("human_agent", self._world.human_agent))
        self._world.profiles = bool(said.get("profiles", self._world.profiles))
        if page := said.get("unsubscribe"):
            self._world.pages[page].fields = None
        return web.json_response({})

    def _who(self, said: Any) -> tuple[str, str]:
        page = said.get("page") or next(iter(self._world.pages))
        if page not in self._world.pages:
            raise web.HTTPNotFound(text=f"no page {page}")
        return page, str(said["psid"])


def _shown(message: Message) -> dict[str, Any]:
    return {
        "mid": message.mid, "at": message.at, "from": message.sender, "text": message.text,
        "attachments": message.attachments, "quick_replies": message.quick_replies,
    }  # fmt: skip


def _typing(thread: Thread) -> bool:
    return bool(thread.actions) and thread.actions[-1] == "typing_on"
