"""What a person or a test does to the platform: writes as a citizen, looks at what arrived, asks for faults."""

import base64
import secrets
import time
from pathlib import Path

from aiohttp import web

from brigade.emulators.whatsapp.world import World

_PAGE = Path(__file__).with_name("page.html")


class Control:
    """What a person or a test does to the platform."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        """For the application."""
        return [
            web.get("/", self._page), web.get("/_emulator/sent", self._sent), web.get("/_emulator/state", self._state),
            web.post("/_emulator/say", self._say), web.post("/_emulator/event", self._event),
            web.post("/_emulator/faults", self._faults), web.post("/_emulator/people", self._people),
        ]  # fmt: skip

    async def _page(self, _: web.Request) -> web.FileResponse:
        return web.FileResponse(_PAGE)

    async def _sent(self, request: web.Request) -> web.Response:
        """All that the app sent, in order; ``user`` for one person's."""
        wanted = request.query.get("user")
        return web.json_response([each for each in self._world.sent if wanted in (None, each["user"])])

    async def _state(self, _: web.Request) -> web.Response:
        return web.json_response({"idle": self._world.queue.empty(), "refusals": self._world.refusals})

    async def _say(self, request: web.Request) -> web.Response:
        """``{user, phone?, text?, id?, at?, message?: as in the event, file?: {name, type, data: base64}}``"""
        said = await request.json()
        person = self._world.meet(said)
        at = float(said.get("at") or time.time())
        person.heard_at = max(person.heard_at, at)
        number = said.get("number") or self._world.options.numbers[0]
        content = said.get("message") or {"type": "text", "text": {"body": said.get("text", "")}}
        if file := said.get("file"):
            media = str(next(self._world.count))
            self._world.media[media] = (base64.b64decode(file["data"]), file["type"])
            kind = "image" if file["type"].startswith("image/") else "document"
            about = {"id": media, "mime_type": file["type"], "filename": file["name"], "caption": said.get("text", "")}
            content = {"type": kind, kind: about}
        message = {"id": said.get("id") or f"wamid.{secrets.token_urlsafe(12)}", "timestamp": str(int(at))} | content
        message |= {"from_user_id": person.user} | ({"from": person.phone} if person.phone else {})
        contact = {"profile": {"name": person.name}, "user_id": person.user}
        contact |= {"wa_id": person.phone} if person.phone else {}
        self._world.tell(number, contacts=[contact], messages=[message])
        return web.json_response({"id": message["id"]})

    async def _event(self, request: web.Request) -> web.Response:
        """``{id, status, code?}``: what becomes of a message that the app sent."""
        said = await request.json()
        message = next(each for each in self._world.sent if each["id"] == said["id"])
        self._world.status(message["number"], message, said["status"], said.get("code"))
        return web.json_response({})

    async def _faults(self, request: web.Request) -> web.Response:
        """``{on: send|webhook|cdn, fault, times?}``; see docs/channels/whatsapp.md."""
        said = await request.json()
        self._world.faults += [(said["on"], str(said["fault"]))] * int(said.get("times", 1))
        return web.json_response({"waiting": len(self._world.faults)})

    async def _people(self, request: web.Request) -> web.Response:
        """``{user, hours_ago?, blocked?}``: what is so of a person from now on."""
        said = await request.json()
        person = self._world.meet(said)
        person.heard_at = time.time() - 3600 * float(said["hours_ago"]) if "hours_ago" in said else person.heard_at
        person.blocked = bool(said.get("blocked", person.blocked))
        return web.json_response({})
