"""A Matrix room as the bots write in it: every write carries a transaction id derived from its cause."""

import html
import json
import re
from collections.abc import Iterable, Mapping
from typing import Any

from brigade.matrix import Account, txn
from brigade.vocabulary import AUDIENCE, Audience


class Place:
    """One room, written in because of ``cause``: the same cause and content twice is one message, so that an event may
    be worked off again after a crash. Content must therefore not hold the present time.
    """

    def __init__(self, account: Account, room_id: str, cause: str = "") -> None:
        self.account = account
        self.id = room_id
        self.cause = cause

    def by(self, cause: str) -> "Place":
        """The same room, for what ``cause`` brings about."""
        return Place(self.account, self.id, cause)

    def _txn(self, kind: str, content: Mapping[str, Any]) -> str:
        return txn(self.id, self.cause, kind, json.dumps(content, sort_keys=True))

    async def send(self, content: Mapping[str, Any], kind: str = "m.room.message", key: str | None = None) -> str:
        """Send an event as it is; returns its id. ``key`` says which of the cause's messages it is, for content that
        may differ when the cause is worked off again (who is there now); without it the content itself says so.
        """
        same = self._txn(kind, content) if key is None else txn(self.id, self.cause, kind, key)
        return await self.account.send(self.id, content, same, kind)

    async def edit(self, event_id: str, content: Mapping[str, Any]) -> str:
        """Replace what a message of ours says."""
        new = dict(content)
        relation = {"rel_type": "m.replace", "event_id": event_id}
        outer = {**new, "body": f"* {new.get('body', '')}", "m.new_content": new, "m.relates_to": relation}
        outer.pop("m.mentions", None)  # an edit never notifies twice
        return await self.send(outer)

    async def react(self, event_id: str, key: str) -> str:
        """Put a reaction, for people to press."""
        relation = {"rel_type": "m.annotation", "event_id": event_id, "key": key}
        return await self.send({"m.relates_to": relation}, "m.reaction")

    async def take_back(self, event_id: str, reason: str | None = None) -> None:
        """Redact an event."""
        await self.account.redact(self.id, event_id, self._txn("redact", {"event": event_id}), reason)

    async def read(self, event_id: str) -> None:
        """Show that it was taken note of."""
        await self.account.read(self.id, event_id)


def team(
    text: str, *, markup: str | None = None, notify: Iterable[str] = (), extra: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """A message for the team. ``markup``: HTML to show instead of ``text`` (made from it when it is None). With
    ``notify`` it is an ``m.text`` that mentions these users, otherwise an ``m.notice``: notices never notify.
    """
    people = list(notify)
    content: dict[str, Any] = {
        "msgtype": "m.text" if people else "m.notice",
        "body": text,
        AUDIENCE: Audience.TEAM.value,
    }
    content |= {"format": "org.matrix.custom.html", "formatted_body": markup or to_html(text)}
    content |= {"m.mentions": {"user_ids": people} if people else {}}
    return content | dict(extra or {})


def to_html(text: str) -> str:
    """``**bold**``, `` `code` `` and lines, and nothing else: what citizens write is escaped."""
    escaped = html.escape(text, quote=False)
    escaped = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", escaped)
    return re.sub(r"`([^`\n]+)`", r"<code>\1</code>", escaped).replace("\n", "<br>")
