"""The contract's words: event types, content keys and the state of a conversation, parsed at the edge.

Rooms carry these, so other people's tools depend on every name here.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, Self, TypeVar

CONVERSATION = "fr.brigade.conversation"  # state event type, state key empty
AUDIENCE = "fr.brigade.audience"
PROMPT = "fr.brigade.prompt"
ANSWER = "fr.brigade.answer"
RATING = "fr.brigade.rating"
DELIVERY = "fr.brigade.delivery"
# Ours beyond the contract: details that bots need and no other client has to know.
CITIZEN = "fr.brigade.citizen"  # state event: what the citizen declared {pseudonym, postcode, ghost, context}
SHEET = "fr.brigade.sheet"  # true in the bots' message that is the root of the team's thread
LANGUAGE = "fr.brigade.language"  # of a bots' message, when it is not the conversation's
DEPARTURE = "fr.brigade.departure"  # in a ghost's message: {"reason": "exit"|"finish"}
COPIED = "fr.brigade.copied"  # true in a ghost's message of which somebody else keeps a copy: ask nothing intimate
INTERCEPTED = "fr.brigade.intercepted"  # in a bridge's message for the citizen: it already holds the emergency numbers


_Enum = TypeVar("_Enum", bound=StrEnum)


class Audience(StrEnum):
    """Whom a message is for."""

    CITIZEN = "citizen"
    TEAM = "team"


class Urgency(StrEnum):
    """How soon a gendarme must look; see docs/architecture.md."""

    EMERGENCY = "emergency"
    PRIORITY = "priority"
    NORMAL = "normal"

    @property
    def rank(self) -> int:
        """0 is the most urgent."""
        return list(Urgency).index(self)

    @property
    def sign(self) -> str:
        """One character for room names and cards."""
        return {"emergency": "🔴", "priority": "🟠", "normal": "🟢"}[self.value]


class Status(StrEnum):
    """Where a conversation stands."""

    WAITING = "waiting"
    ASSIGNED = "assigned"
    HANDED_OVER = "handed_over"
    CLOSED = "closed"


class PromptKind(StrEnum):
    """How a question is to be rendered."""

    CHOICE = "choice"
    SCALE = "scale"
    SLOTS = "slots"
    TEXT = "text"


def now() -> str:
    """The present moment as the contract writes it: RFC 3339, UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _member(kind: type[_Enum], value: object, default: _Enum) -> _Enum:
    return kind(value) if isinstance(value, str) and value in list(kind) else default


@dataclass(frozen=True, slots=True)
class Conversation:
    """The content of the state event ``fr.brigade.conversation``."""

    reference: str
    channel: str
    entry_point: str
    language: str = "fr"
    urgency: Urgency = Urgency.NORMAL
    theme: str | None = None
    status: Status = Status.WAITING
    operator: str | None = None
    unit: str | None = None
    opened_at: str = ""
    closed_at: str | None = None

    @classmethod
    def parse(cls, content: Mapping[str, Any]) -> Self | None:
        """From a state event's content; None when it is not a conversation (no reference or channel).

        Values we do not know fall back to the cautious ones: an unknown status is ``waiting``, which lets nobody but
        the current operator speak, and there is none.
        """
        texts: dict[str, Any] = {k: v for k in cls.__slots__ if isinstance(v := content.get(k), str)}
        if not texts.get("reference") or not texts.get("channel"):
            return None
        texts["urgency"] = _member(Urgency, texts.get("urgency"), Urgency.NORMAL)
        texts["status"] = _member(Status, texts.get("status"), Status.WAITING)
        texts.setdefault("entry_point", "")
        return cls(**texts)

    def content(self) -> dict[str, Any]:
        """As the state event's content, every key present."""
        return {key: str(value) if value is not None else None for key, value in self._items()}

    def _items(self) -> list[tuple[str, Any]]:
        return [(key, getattr(self, key)) for key in self.__slots__]

    def with_(self, **changes: Any) -> Self:
        """The same conversation with ``changes``."""
        return replace(self, **changes)

    @property
    def open(self) -> bool:
        """Whether people may still speak."""
        return self.status is not Status.CLOSED

    @property
    def room_name(self) -> str:
        """Neutral, since names show on lock screens (S26): reference, channel, language, urgency sign; no theme."""
        return f"{self.urgency.sign} {self.reference} · {self.channel} · {self.language}"


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a prompt."""

    id: str
    label: str


@dataclass(frozen=True, slots=True)
class Prompt:
    """A question that each channel renders natively; ``min`` and ``max`` are for a scale."""

    id: str
    kind: PromptKind
    options: tuple[Option, ...] = ()
    min: int | None = None
    max: int | None = None

    @classmethod
    def parse(cls, content: Any) -> Self | None:
        """From ``fr.brigade.prompt``; None when it cannot be rendered."""
        if not isinstance(content, Mapping) or content.get("kind") not in list(PromptKind):
            return None
        rows = content.get("options")
        options = [Option(str(o["id"]), str(o.get("label", o["id"]))) for o in rows or () if _has_id(o)]
        bounds = [content.get(k) for k in ("min", "max")]
        low, high = (b if isinstance(b, int) and not isinstance(b, bool) else None for b in bounds)
        return cls(str(content.get("id", "")), PromptKind(content["kind"]), tuple(options), low, high)

    def content(self) -> dict[str, Any]:
        """As ``fr.brigade.prompt``."""
        found: dict[str, Any] = {"id": self.id, "kind": str(self.kind)}
        if self.options:
            found["options"] = [{"id": o.id, "label": o.label} for o in self.options]
        if self.min is not None and self.max is not None:
            found |= {"min": self.min, "max": self.max}
        return found


def _has_id(option: object) -> bool:
    return isinstance(option, Mapping) and isinstance(option.get("id"), str | int)


@dataclass(frozen=True, slots=True)
class Answer:
    """The citizen's choice: ``prompt`` is the event id of the question; exactly one of option and value is set."""

    prompt: str
    option: str | None = None
    value: int | str | None = None

    @classmethod
    def parse(cls, content: Any) -> Self | None:
        """From ``fr.brigade.answer``; None when it is not an answer."""
        if not isinstance(content, Mapping) or not isinstance(content.get("prompt"), str):
            return None
        option, value = content.get("option"), content.get("value")
        if isinstance(option, str):
            return cls(content["prompt"], option=option)
        if isinstance(value, int | str) and not isinstance(value, bool):
            return cls(content["prompt"], value=value)
        return None

    def content(self) -> dict[str, Any]:
        """As ``fr.brigade.answer``."""
        chosen = {"option": self.option} if self.option is not None else {"value": self.value}
        return {"prompt": self.prompt, **chosen}


@dataclass(frozen=True, slots=True)
class Rating:
    """What the citizen thought of the exchange: ``score`` 0 to 10."""

    score: int
    comment: str | None = None
    resolved: bool | None = None

    @classmethod
    def parse(cls, content: Any) -> Self | None:
        """From ``fr.brigade.rating``; None when it is not a rating."""
        if not isinstance(content, Mapping):
            return None
        score, comment, resolved = (content.get(k) for k in ("score", "comment", "resolved"))
        if not isinstance(score, int) or isinstance(score, bool) or not 0 <= score <= 10:
            return None
        return cls(
            score,
            comment if isinstance(comment, str) else None,
            resolved if isinstance(resolved, bool) else None,
        )

    def content(self) -> dict[str, Any]:
        """As ``fr.brigade.rating``."""
        return {"score": self.score, "comment": self.comment, "resolved": self.resolved}
