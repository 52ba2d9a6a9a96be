"""What Messenger is given: one message, its place in the platform's rules, and whether it has arrived already."""

import json
import time
from datetime import datetime
from pathlib import Path
from typing import Any

from bridges.messenger.faults import ELSEWHERE, FINAL_WINDOW, GONE, WINDOW, means
from bridges.messenger.settings import Settings
from brigade.errors import Refused
from brigade.post import Parcel, Person, Post
from brigade.post.graph import Graph
from brigade.post.wording import numbered, payload
from brigade.vocabulary import Prompt

DAY = 86400.0
_TITLE = 20  # characters of a quick reply
_LONGEST = 1999  # "fewer than 2000"
_SKEW = 5.0  # seconds between two clocks


class Outbound:
    """``send`` and ``look`` are the channel's."""

    def __init__(self, post: Post, settings: Settings, graph: Graph, media: Path) -> None:
        self._post = post
        self._settings = settings
        self._graph = graph
        self._media = media

    async def send(self, person: Person, parcel: Parcel) -> str | None:
        """Raises Unreachable, Temporary, Refused; see ``brigade.post.Post.send``."""
        if not parcel.human and not parcel.emergency and is_elsewhere(person):
            raise Refused("un collègue répond dans la boîte de réception de Meta : messages automatiques suspendus")
        terms = self._terms(person, parcel)
        body = {"recipient": {"id": person.address}, "message": await self._message(person, parcel)}
        try:
            mid = await self._give(person, body | terms)
        except Refused as error:
            mid = await self._again(person, parcel, body, terms, error)
        if parcel.human and "elsewhere" in person.memory:
            await self._post.persons.recall(person, elsewhere=None)
        return mid

    async def _again(
        self, person: Person, parcel: Parcel, body: dict[str, Any], terms: dict[str, str], error: Refused
    ) -> str:
        """What was refused may pass on other terms; otherwise the refusal stands."""
        if means(error, WINDOW) and parcel.human and self._settings.human_agent and "tag" not in terms:
            return await self._give(person, body | _TAGGED)  # the platform's clock counts, not ours
        if means(error, *ELSEWHERE) and parcel.human:
            recipient = {"recipient": {"id": person.address}, "metadata": "brigade"}
            await self._graph.post(person.account, f"{person.account}/take_thread_control", recipient)
            return await self._give(person, body | terms)
        if means(error, *GONE):
            await self._post.persons.note(person, blocked=True)
        raise error

    async def _give(self, person: Person, body: dict[str, Any]) -> str:
        answer = await self._graph.post(person.account, f"{person.account}/messages", body)
        return str(answer["message_id"])

    def _terms(self, person: Person, parcel: Parcel) -> dict[str, str]:
        """24 hours for everything, 7 days for what a gendarme wrote, when Meta allows it."""
        age = time.time() - person.heard_at
        if age <= DAY:
            return {"messaging_type": "RESPONSE"}
        if parcel.human and self._settings.human_agent and age <= 7 * DAY:
            return _TAGGED
        raise Refused(FINAL_WINDOW, WINDOW)

    async def _message(self, person: Person, parcel: Parcel) -> dict[str, Any]:
        found: dict[str, Any] = {"metadata": parcel.key}
        if parcel.file:
            group = parcel.file.type.partition("/")[0]
            sort = group if group in ("image", "audio", "video") else "file"
            form = {"message": json.dumps({"attachment": {"type": sort, "payload": {"is_reusable": True}}})}
            path, file = f"{person.account}/message_attachments", self._media / parcel.file.id
            known = await self._graph.upload(person.account, path, form, "filedata", file, parcel.file)
            found["attachment"] = {"type": sort, "payload": {"attachment_id": str(known["attachment_id"])}}
        else:
            found["text"] = parcel.text
        return found | (_replies(parcel, parcel.prompt) if parcel.prompt else {})

    async def look(self, person: Person, parcel: Parcel) -> str | None:
        """By its echo, which carries our key; else among the last messages of the conversation. There is no other way:
        sends have no idempotency key.
        """
        postman = self._post.postman
        remote, began = await postman.begun(parcel)
        if remote:
            return remote
        query = {"platform": "messenger", "user_id": person.address, "fields": _FIELDS}
        found = await self._graph.get(person.account, f"{person.account}/conversations", query)
        for conversation in found.get("data", []):
            for message in conversation.get("messages", {}).get("data", []):
                if _is(message, person, parcel, began) and not await postman.ours(str(message["id"])):
                    return str(message["id"])
        return None

    async def act(self, person: Person, action: str) -> None:
        """``typing_on``, ``typing_off`` or ``mark_seen``. Raises as ``send``."""
        if time.time() - person.heard_at <= DAY and not is_elsewhere(person) and not person.blocked:
            body = {"recipient": {"id": person.address}, "sender_action": action}
            await self._graph.post(person.account, f"{person.account}/messages", body)


_TAGGED = {"messaging_type": "MESSAGE_TAG", "tag": "HUMAN_AGENT"}
_FIELDS = "messages.limit(20){id,message,from,created_time}"


def is_elsewhere(person: Person) -> bool:
    """Whether somebody else answers them for now."""
    return float(person.memory.get("elsewhere") or 0) > time.time()


def _replies(parcel: Parcel, prompt: Prompt) -> dict[str, Any]:
    """Buttons under the message. Labels that are too long for them become a numbered list, the buttons its numbers."""
    rows = [(option.id, option.label) for option in prompt.options] or [
        (str(n), str(n)) for n in range(prompt.min or 0, (prompt.max or 0) + 1)
    ]
    found: dict[str, Any] = {}
    if any(len(label) > _TITLE for _, label in rows):
        text = numbered(parcel.text, prompt, parcel.language)
        if parcel.text and len(text) <= _LONGEST:
            found["text"] = text
            rows = [(key, str(number)) for number, (key, _) in enumerate(rows, 1)]
    replies = [
        {"content_type": "text", "title": _title(label), "payload": payload(prompt, key)[:1000]} for key, label in rows
    ]
    return found | {"quick_replies": replies}


def _title(label: str) -> str:
    return label if len(label) <= _TITLE else label[: _TITLE - 1] + "…"


def _is(message: dict[str, Any], person: Person, parcel: Parcel, began: float) -> bool:
    """Whether a message of the conversation is this parcel: from the page, since we began to send, with these words."""
    if str(message.get("from", {}).get("id")) != person.account:
        return False
    try:
        at = datetime.strptime(str(message.get("created_time")), "%Y-%m-%dT%H:%M:%S%z").timestamp()
    except ValueError:
        return False
    said, wanted = (" ".join(str(text or "").split()) for text in (message.get("message"), parcel.text))
    same = said.startswith(wanted) if wanted else not said
    return at >= began - _SKEW and same
