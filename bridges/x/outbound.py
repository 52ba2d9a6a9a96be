"""What X is given: one message, and whether it has arrived already. X knows no id of ours: we look at the words."""

import html
import re
from pathlib import Path
from typing import Any

from bridges.x.api import Api
from bridges.x.chat import Chats
from bridges.x.events import listed
from bridges.x.faults import CLOSED
from bridges.x.words import Words
from brigade.errors import Refused, Temporary, Unreachable
from brigade.post import Parcel, Person, Post

_SKEW = 5.0  # seconds between two clocks
FIELDS = {
    "event_types": "MessageCreate",
    "dm_event.fields": "attachments,created_at,dm_conversation_id,entities,event_type,id,text",
    "expansions": "sender_id,attachments.media_keys",
    "user.fields": "id,name,username",
    "media.fields": "media_key,type,url",
}


class Outbound:
    """``send`` and ``look`` are the channel's. What is on its way is remembered, because its copy may come back by the
    webhook before the platform has answered.
    """

    def __init__(self, post: Post, api: Api, chats: Chats, media: Path) -> None:
        self._post = post
        self._api = api
        self._chats = chats
        self._media = media
        self._leaving: dict[str, dict[str, str]] = {}  # person to words by key of the parcel

    async def send(self, person: Person, parcel: Parcel) -> str | None:
        """Raises Unreachable, Temporary, Refused; see ``brigade.post.Post.send``."""
        leaving = self._leaving.setdefault(person.id, {})
        leaving[parcel.key] = _same(parcel.text)
        try:
            found = await self._give(person, parcel)
        except Unreachable:
            raise  # it may have been taken: its copy would be ours
        except (Temporary, Refused) as error:
            self._forget(person, parcel)
            if isinstance(error, Refused) and error.code in CLOSED:
                await self._post.persons.note(person, blocked=True)
            raise
        self._forget(person, parcel)
        return found

    async def _give(self, person: Person, parcel: Parcel) -> str:
        if chat := person.memory.get("chat"):
            if parcel.file:
                raise Refused("les fichiers ne partent pas par X Chat : proposez le chat web", "chat-file")
            return await self._chats.send(person.account, chat["conversation"], chat["token"], parcel.text)
        message: dict[str, Any] = {"text": parcel.text} if parcel.text else {}
        if parcel.file:
            path = self._media / parcel.file.id
            if not path.exists():
                raise Refused("le fichier n’est plus là")
            try:
                known = await self._api.upload(person.account, path, parcel.file.type)
            except Unreachable as error:  # no message has left
                raise Temporary(str(error), error.retry_after) from error
            message["attachments"] = [{"media_id": known}]
        path_ = f"/2/dm_conversations/with/{person.address}/messages"
        answer = await self._api.post(person.account, path_, message)
        return str(answer["data"]["dm_event_id"])

    async def look(self, person: Person, parcel: Parcel) -> str | None:
        """By its copy, when that has come; else among the last messages of the conversation."""
        postman = self._post.postman
        remote, began = await postman.begun(parcel)
        if remote:
            return remote
        wanted = _same(parcel.text)
        if chat := person.memory.get("chat"):
            for each in await self._chats.written(person.account, chat["conversation"]):
                if each.at >= began - _SKEW and _same(each.text) == wanted and not await postman.ours(each.id):
                    return each.id
            return None
        path = f"/2/dm_conversations/with/{person.address}/dm_events"
        answer = await self._api.get(person.account, path, FIELDS | {"max_results": "50"})
        for item in reversed(listed(person.account, answer)):
            words = Words.of(item.content)
            same = _same(words.text) == wanted and bool(words.files) == bool(parcel.file)
            known = item.kind != "sent" or item.at < began - _SKEW or await postman.ours(item.content["dm"])
            if same and not known:
                return str(item.content["dm"])
        return None

    async def is_ours(self, person: Person, remote: str, text: str) -> bool:
        """Whether we wrote what the platform shows us as written by our account."""
        postman, said = self._post.postman, _same(text)
        if await postman.ours(remote):
            return True
        for key, words in list(self._leaving.get(person.id, {}).items()):
            if words == said:
                self._leaving[person.id].pop(key, None)
                return await postman.echoed(key, remote)
        return False

    def _forget(self, person: Person, parcel: Parcel) -> None:
        leaving = self._leaving.get(person.id, {})
        leaving.pop(parcel.key, None)
        if not leaving:
            self._leaving.pop(person.id, None)


def _same(text: str) -> str:
    """What stays of words on their way through X: it shortens links and escapes letters, and its blanks are its own."""
    words = html.unescape(text)
    words = re.sub(r"https?://\S+", "\N{LINK SYMBOL}", words)
    return " ".join(words.split())
