"""What the app calls."""

import hashlib
import hmac
import secrets
import time
from typing import Any

from aiohttp import web

from brigade.emulators.whatsapp.world import GraphError, Person, World

_DAY = 86400.0


class Graph:
    """What the app calls."""

    def __init__(self, world: World) -> None:
        self._world = world

    def routes(self) -> list[web.RouteDef]:
        """For the application."""
        return [
            web.post("/{version}/{number}/messages", self._messages),
            web.post("/{version}/{number}/media", self._upload),
            web.get(r"/{version}/{media:\d+}", self._media),
            web.get("/_cdn/{media}", self._file),
        ]

    def _check(self, request: web.Request) -> str:
        token = self._world.options.token
        if request.headers.get("Authorization") != f"Bearer {token}":
            raise GraphError(190, "Invalid OAuth access token")
        wanted = hmac.new(self._world.options.app_secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        if request.query.get("appsecret_proof", wanted) != wanted:
            raise GraphError(100, "Invalid appsecret_proof")
        number = request.match_info.get("number")
        if number and number not in self._world.options.numbers:
            raise GraphError(100, "Object does not exist")
        return str(number)

    async def _messages(self, request: web.Request) -> web.StreamResponse:
        fault = self._world.fault("send")
        if fault and fault.isdigit():
            raise GraphError(int(fault), "on demand")
        number, said = self._check(request), await request.json()
        if said.get("status") == "read":
            return web.json_response({"success": True})
        person = self._whom(said)
        kind = said.get("type", "text")
        message = {"id": f"wamid.{secrets.token_urlsafe(12)}", "at": time.time(), "user": person.user, "call": said}
        message |= {"key": said.get("biz_opaque_callback_data"), "number": number}
        message["text"] = self._text(kind, said.get(kind))
        late = 131026 if person.blocked else 131047 if time.time() - person.heard_at > _DAY else None
        self._world.sent += [] if late else [message]
        for status in ("sent", "delivered") if late is None else ():
            self._world.status(number, message, status)
        if late:
            self._world.status(number, message, "failed", late)
        if fault == "lost_answer":
            assert request.transport
            request.transport.abort()
        contact = {"input": said.get("to") or said.get("recipient"), "wa_id": person.phone or None}
        contact |= {"user_id": person.user}
        found = {"messaging_product": "whatsapp", "contacts": [contact], "messages": [{"id": message["id"]}]}
        return web.json_response(found)

    def _whom(self, said: dict[str, Any]) -> Person:
        if said.get("messaging_product") != "whatsapp":
            raise GraphError(100, "messaging_product is required")
        for person in self._world.people.values():
            if said.get("recipient") == person.user or (person.phone and said.get("to") == person.phone):
                return person
        raise GraphError(131026 if said.get("to") or said.get("recipient") else 131008, "recipient")

    def _text(self, kind: str, content: Any) -> str:
        """What the person reads. Raises what the platform refuses."""
        if not isinstance(content, dict):
            raise GraphError(131008, f"{kind} is missing")
        if kind == "text" and 0 < len(str(content.get("body", ""))) <= 4096:
            return str(content["body"])
        if kind in ("image", "document", "audio", "video") and content.get("id") in self._world.media:
            return str(content.get("caption") or content.get("filename") or f"[{kind}]")
        if kind == "interactive" and content.get("type") == "button":
            titles = [each["reply"]["title"] for each in content["action"]["buttons"]]
            ids = {each["reply"]["id"] for each in content["action"]["buttons"]}
            text = str(content["body"]["text"])
            short = all(0 < len(title) <= 20 for title in titles) and all(0 < len(each) <= 256 for each in ids)
            differ = 1 <= len(titles) <= 3 and len(set(titles)) == len(ids) == len(titles)
            if 0 < len(text) <= 1024 and differ and short:
                return text
        raise GraphError(131009, f"{kind} is not valid")

    async def _upload(self, request: web.Request) -> web.Response:
        self._check(request)
        form = await request.post()
        file = form.get("file")
        if form.get("messaging_product") != "whatsapp" or not isinstance(file, web.FileField):
            raise GraphError(100, "file and messaging_product are required")
        media = str(next(self._world.count))
        self._world.media[media] = (file.file.read(), str(form.get("type") or file.content_type))
        return web.json_response({"id": media})

    async def _media(self, request: web.Request) -> web.Response:
        self._check(request)
        media = request.match_info["media"]
        if media not in self._world.media:
            raise GraphError(100, "Object does not exist")
        data, kind = self._world.media[media]
        found = {"url": f"{request.url.origin()}/_cdn/{media}", "mime_type": kind, "file_size": len(data), "id": media}
        found |= {"sha256": hashlib.sha256(data).hexdigest(), "messaging_product": "whatsapp"}
        return web.json_response(found)

    async def _file(self, request: web.Request) -> web.Response:
        fault = self._world.fault("cdn")
        if fault:
            return web.Response(status=404 if fault == "expired" else 500)
        self._check(request)
        data, kind = self._world.media[request.match_info["media"]]
        return web.Response(body=data, content_type=kind)
