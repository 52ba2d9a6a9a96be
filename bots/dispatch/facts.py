"""What cards and sheets are made from."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self
from zoneinfo import ZoneInfo

from bots.dispatch import words
from brigade.room import Room
from brigade.vocabulary import Conversation, Status, Urgency


@dataclass(frozen=True, slots=True)
class Facts:
    """One conversation as the desk tells it; ``operator`` is a name, ``returned`` why it waits again."""

    room_id: str
    link: str
    state: Conversation
    since: float
    declared: Mapping[str, Any]
    zone: ZoneInfo
    operator: str | None = None
    sensitive: bool = False
    left: str | None = None
    returned: str | None = None
    faq: bool = False
    rating: Mapping[str, Any] | None = None
    safe_contact: str | None = None

    @classmethod
    def of(cls, room: Room, operator: str | None, zone: ZoneInfo) -> Self:
        """From the handle of a room; ``operator`` is the name to show."""
        state, memory = room.conversation, room.memory
        return cls(
            room.id, room.link, state, memory.get("waiting_since") or words.moment(state.opened_at), room.declared,
            zone, operator or state.operator, bool(memory.get("sensitive")), memory.get("left"),
            memory.get("returned"), bool(memory.get("faq_accepted")), memory.get("rated"),
            (memory.get("safe_contact") or {}).get("told"),
        )  # fmt: skip

    @property
    def discreet(self) -> bool:
        """Whether the lobby says nothing of what it is about: a card that may notify shows on lock screens (S26)."""
        return self.sensitive or self.state.urgency is not Urgency.NORMAL

    @property
    def heading(self) -> str:
        """One line that names it, without what it is about."""
        state = self.state
        parts = [state.reference, words.channel(state.channel), words.language(state.language)]
        if state.urgency is not Urgency.NORMAL:
            parts.insert(0, words.URGENCIES[state.urgency])
        return f"{state.urgency.sign} {' · '.join(parts)}"

    @property
    def standing(self) -> str:
        """Where it stands, in one line."""
        if self.state.status is Status.CLOSED:
            return "Close"
        if self.state.status is Status.HANDED_OVER:
            return f"Transmise à {self.state.unit}"
        if self.state.status is Status.ASSIGNED:
            return f"Prise par {self.operator}"
        since = f"Attend depuis le {words.hour(self.since, self.zone)}"
        return f"{since} — {self.returned}" if self.returned else since
