"""Whose turn it is: since when the citizen waits for the operator's answer.

Kept in memory only, so that an ordinary message costs no write; after a restart the room itself is read.
"""

from dataclasses import dataclass

from brigade.events import MESSAGE, Event
from brigade.room import Room
from brigade.vocabulary import ANSWER, DEPARTURE, RATING

_PAGES = 3


@dataclass(slots=True)
class _Turn:
    asked: float = 0.0  # the first message that has no answer yet
    answered: float = 0.0


class Turns:
    """One turn for each room that has an operator."""

    def __init__(self) -> None:
        self._turns: dict[str, _Turn] = {}

    def said(self, room: Room, event: Event) -> None:
        """The citizen wrote."""
        if turn := self._turns.get(room.id):
            _said(turn, event)

    def replied(self, room: Room, event: Event) -> None:
        """The operator wrote."""
        if turn := self._turns.get(room.id):
            turn.answered = max(turn.answered, event.at)

    def forget(self, room_id: str) -> None:
        """The room is over."""
        self._turns.pop(room_id, None)

    async def unanswered(self, room: Room, operator: str) -> float | None:
        """Since when ``operator`` owes the citizen an answer, at the earliest since the claim; None: they do not."""
        if room.id not in self._turns:
            self._turns[room.id] = await _read(room, operator)
        turn = self._turns[room.id]
        answered = max(turn.answered, float(room.memory.get("answered_at", 0)))
        if turn.asked <= answered:
            return None
        return max(turn.asked, float(room.memory.get("claimed_at", 0)))


def _said(turn: _Turn, event: Event) -> None:
    if any(event.own(key) is not None for key in (RATING, DEPARTURE, ANSWER)):
        return
    if turn.asked <= turn.answered:
        turn.asked = event.at


async def _read(room: Room, operator: str) -> _Turn:
    """From the room's own history, oldest first."""
    events: list[Event] = []
    start: str | None = None
    for _ in range(_PAGES):
        page, start = await room.account.history(room.id, start)
        events += [event for raw in page if (event := Event.parse(raw))]
        if start is None:
            break
    turn = _Turn()
    ghost = room.declared.get("ghost")
    for event in reversed(events):
        if event.type != MESSAGE or event.thread or event.replaces or event.body.startswith("!"):
            continue
        if event.sender == operator:
            turn.answered = max(turn.answered, event.at)
        elif event.sender == ghost:
            _said(turn, event)
    return turn
