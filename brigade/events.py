"""Matrix room events, parsed once at the edge so that nothing inside reads raw JSON twice in two ways."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

MESSAGE = "m.room.message"
MEMBER = "m.room.member"
REACTION = "m.reaction"
REDACTION = "m.room.redaction"
ENCRYPTED = "m.room.encrypted"
MEDIA = ("m.image", "m.file", "m.audio", "m.video")


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


@dataclass(frozen=True)
class Event:
    """One event of a room; ``state_key`` is None for what is not state, ``at`` in seconds since 1970."""

    id: str
    type: str
    room_id: str
    sender: str
    content: Mapping[str, Any]
    state_key: str | None = None
    at: float = 0.0
    redacts: str | None = None

    @classmethod
    def parse(cls, raw: Any) -> Self | None:
        """From client-format JSON; None when a field that identifies an event is missing or of a wrong type."""
        if not isinstance(raw, Mapping):
            return None
        id_, type_, room_id, sender = (_text(raw.get(key)) for key in ("event_id", "type", "room_id", "sender"))
        content, at = raw.get("content"), raw.get("origin_server_ts")
        if not (id_ and type_ and room_id and sender) or not isinstance(content, Mapping):
            return None
        seconds = at / 1000 if isinstance(at, int) else 0.0
        redacts = _text(raw.get("redacts")) or _text(content.get("redacts"))
        return cls(id_, type_, room_id, sender, content, _text(raw.get("state_key")), seconds, redacts)

    @cached_property
    def _relation(self) -> Mapping[str, Any]:
        found = self.content.get("m.relates_to")
        return found if isinstance(found, Mapping) else {}

    @property
    def replaces(self) -> str | None:
        """The event that this one edits."""
        return _text(self._relation.get("event_id")) if self._relation.get("rel_type") == "m.replace" else None

    @property
    def thread(self) -> str | None:
        """The root of the thread that this message is in."""
        return _text(self._relation.get("event_id")) if self._relation.get("rel_type") == "m.thread" else None

    @property
    def threaded(self) -> bool:
        """Whether it says that it is in a thread, even one that cannot be named."""
        return self._relation.get("rel_type") == "m.thread"

    @property
    def replies_to(self) -> str | None:
        """The event that this one answers."""
        found = self._relation.get("m.in_reply_to")
        return _text(found.get("event_id")) if isinstance(found, Mapping) else None

    @property
    def related(self) -> bool:
        """Whether it says that it relates to something, in a way we know or not."""
        return "m.relates_to" in self.content

    @property
    def reaction(self) -> tuple[str, str] | None:
        """(event reacted to, key without its variation selector: Element adds U+FE0F to some)."""
        target, key = _text(self._relation.get("event_id")), _text(self._relation.get("key"))
        if self.type != REACTION or self._relation.get("rel_type") != "m.annotation" or not target or not key:
            return None
        return target, key.replace("\ufe0f", "").strip()

    @property
    def msgtype(self) -> str | None:
        """``m.text``, ``m.image`` …; of the new content for an edit."""
        return _text(self._body_of.get("msgtype"))

    @property
    def body(self) -> str:
        """What it says, without the quote that some clients put before a reply; of the new content for an edit."""
        return strip_quote(_text(self._body_of.get("body")) or "", self.replies_to is not None)

    @property
    def _body_of(self) -> Mapping[str, Any]:
        new = self.content.get("m.new_content")
        return new if self.replaces and isinstance(new, Mapping) else self.content

    def own(self, key: str) -> Any:
        """One of our own content keys; of the new content for an edit."""
        return self._body_of.get(key)


def strip_quote(body: str, is_reply: bool) -> str:
    """``body`` without the leading ``> <@user:server> …`` lines of a reply (Matrix spec 1.12, "fallbacks for rich
    replies", removed in 1.13 but still sent). Only a reply's quote is one: a citizen may begin with ``>``.
    """
    lines = body.split("\n")
    if not is_reply or not lines[0].startswith(("> <", "> * <")):
        return body
    rest = 0
    while rest < len(lines) and lines[rest].startswith(">"):
        rest += 1
    return "\n".join(lines[rest:]).lstrip("\n")
