"""The Send API: what may be sent to whom and when."""

import json
import time
from typing import Any

import aiohttp

from brigade.emulators.messenger.errors import GraphError
from brigade.emulators.messenger.world import Message, Page, Thread, World

DAY = 86400.0
_TYPES = ("RESPONSE", "UPDATE", "MESSAGE_TAG", "UTILITY")
_ACTIONS = ("typing_on", "typing_off", "mark_seen", "react", "unreact")
_KEYS = {
    "recipient", "messaging_type", "message", "tag", "reply_to", "notification_type", "persona_id", "thread_control",
    "sender_action", "payload", "access_token", "appsecret_proof", "filedata",
}  # fmt: skip
_MEDIA = ("image", "audio", "video", "file")


class Sending:
    """``send`` answers what the platform answers, or raises GraphError."""

    def __init__(self, world: World) -> None:
        self._world = world

    async def send(self, page: Page, said: dict[str, Any], upload: tuple[bytes, str, str] | None) -> dict[str, Any]:
        """One call of ``/messages``; ``upload``: (bytes, media type, name) of a multipart call."""
        if self._world.options.strict and (unknown := set(said) - _KEYS):
            raise GraphError(100, None, f"(#100) Unexpected key {sorted(unknown)[0]}")
        recipient = said.get("recipient")
        if not isinstance(recipient, dict) or not isinstance(recipient.get("id"), str):
            raise GraphError(100, None, "(#100) The parameter recipient is required")
        thread = self._world.thread(page.id, recipient["id"])
        if "sender_action" in said:
            return self._act(thread, said)
        message = said.get("message")
        if not isinstance(message, dict):
            raise GraphError(100, None, "(#100) The parameter message is required")
        self._may(thread, said)
        kept, extra = await self._message(page, message, upload)
        kept.sent = said
        self._world.wrote(thread, kept, int(self._world.options.app_id), message.get("metadata"))
        if message.get("metadata"):
            kept.sent = said | {"metadata": message["metadata"]}
        delivered = {"delivery": {"mids": [kept.mid], "watermark": int(kept.at * 1000)}}
        item = {"sender": {"id": thread.psid}, "recipient": {"id": thread.page}}  # their examples have no timestamp
        self._world.tell(page.id, "message_deliveries", item | delivered)
        return {"recipient_id": thread.psid, "message_id": kept.mid} | extra

    def _act(self, thread: Thread, said: dict[str, Any]) -> dict[str, Any]:
        if set(said) & {"message", "messaging_type"}:
            raise GraphError(100, 2018014)
        if said["sender_action"] not in _ACTIONS:
            raise GraphError(100, None, "(#100) Param sender_action must be one of typing_on, typing_off, mark_seen")
        thread.actions.append(str(said["sender_action"]))
        return {"recipient_id": thread.psid}

    def _may(self, thread: Thread, said: dict[str, Any]) -> None:
        """Window, tags, control of the thread, blocking."""
        kind, tag = said.get("messaging_type"), said.get("tag")
        if kind is None and self._world.options.strict:
            raise GraphError(100, None, "(#100) The parameter messaging_type is required")
        if kind not in (*_TYPES, None):
            raise GraphError(100, None, "(#100) Param messaging_type must be one of RESPONSE, UPDATE, MESSAGE_TAG")
        if (kind == "MESSAGE_TAG") != (tag is not None):
            raise GraphError(100, None, "(#100) A tag goes with messaging_type MESSAGE_TAG and only with it")
        if tag is not None and tag != "HUMAN_AGENT":
            raise GraphError(100, None, f"(#100) Tag {tag} is no longer supported")
        if tag and not self._world.human_agent:
            raise GraphError(100, 2018276)
        if thread.blocked:
            raise GraphError(551, 1545041)
        if thread.owner not in (None, self._world.options.app_id):
            raise GraphError(100, 2018300)
        age = time.time() - thread.acted_at
        if age > (7 * DAY if tag else DAY):
            raise GraphError(10, 2018278)

    async def _message(
        self, page: Page, said: dict[str, Any], upload: tuple[bytes, str, str] | None
    ) -> tuple[Message, dict[str, Any]]:
        text, attachment = said.get("text"), said.get("attachment")
        if (text is None) == (attachment is None) and not said.get("attachments"):
            raise GraphError(100, 2018034)
        if text is not None and (not isinstance(text, str) or not text.strip() or len(text) >= 2000):
            raise GraphError(100, None, "(#100) Length of param message[text] must be less than 2000")
        if len(str(said.get("metadata") or "")) > 1000:
            raise GraphError(100, None, "(#100) Length of param message[metadata] must be at most 1000")
        self._world.limit(f"text {page.id}" if text else f"media {page.id}", 300 if text else 10)
        replies = said.get("quick_replies") or []
        _check_replies(replies)
        extra: dict[str, Any] = {}
        found: list[dict[str, Any]] = []
        for each in [attachment] if attachment else said.get("attachments") or []:
            shown, extra = await self.attach(each, upload)
            found.append(shown)
        return Message(self._world.mid(), time.time(), page.id, text or "", found, replies), extra

    async def attach(self, given: Any, upload: tuple[bytes, str, str] | None) -> tuple[dict[str, Any], dict[str, Any]]:
        """An attachment as the person sees it, and what the answer adds."""
        if not isinstance(given, dict) or given.get("type") not in (*_MEDIA, "template"):
            raise GraphError(100, None, "(#100) Param message[attachment][type] is not one of the allowed ones")
        payload = given.get("payload") or {}
        if given["type"] == "template":
            return {"type": "template", "payload": payload}, {}
        if known := payload.get("attachment_id"):
            if str(known) not in self._world.attachments:
                raise GraphError(100, 2018074)
            return self._world.attachments[str(known)], {}
        if upload:
            url = self._world.keep_file(*upload)
        elif isinstance(payload.get("url"), str):
            url = await self._fetched(payload["url"])
        else:
            raise GraphError(100, None, "(#100) An attachment has a url, an attachment_id or a file")
        shown = {"type": given["type"], "payload": {"url": url}}
        if payload.get("is_reusable") not in (True, "true"):
            return shown, {}
        key = str(len(self._world.attachments) + 1_000_000_000_000_001)
        self._world.attachments[key] = shown
        return shown, {"attachment_id": key}

    async def _fetched(self, url: str) -> str:
        """The platform fetches files itself; addresses that do not answer are refused."""
        if url.startswith(f"{self._world.options.origin}/_cdn/"):
            return url
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=10)) as session,
                session.get(url) as answer,
            ):
                if answer.status != 200:
                    raise GraphError(100, 2018008)
                return self._world.keep_file(await answer.read(), answer.content_type, url.rpartition("/")[2] or "file")
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise GraphError(100, 2018008) from error


def _check_replies(replies: Any) -> None:
    if not isinstance(replies, list) or len(replies) > 13:
        raise GraphError(100, None, "(#100) Param message[quick_replies] must have at most 13 elements")
    for each in replies:
        if each.get("content_type") not in ("text", "user_phone_number", "user_email"):
            raise GraphError(100, None, "(#100) Param message[quick_replies][content_type] is not allowed")
        if each["content_type"] == "text" and not (
            0 < len(each.get("title", "")) <= 20 and 0 < len(each.get("payload", "")) <= 1000
        ):
            raise GraphError(100, None, "(#100) A quick reply's title has 1 to 20 characters, its payload 1 to 1000")


def decoded(fields: dict[str, Any]) -> dict[str, Any]:
    """Form fields, whose objects are JSON in a string."""
    found = {}
    for key, value in fields.items():
        try:
            parsed = json.loads(value) if isinstance(value, str) and value[:1] in "{[" else value
        except ValueError as error:
            raise GraphError(100, None, f"(#100) param {key} must be valid JSON") from error
        found[key] = parsed
    return found
