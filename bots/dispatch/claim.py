"""Who answers a conversation: taken, given back, closed. The bot is the one arbiter: the first claim wins."""

from datetime import UTC, datetime

from bots.dispatch import words
from bots.dispatch.alarm import Alarm
from bots.dispatch.board import Board
from bots.dispatch.people import Operators
from brigade.errors import Refused
from brigade.room import Room
from brigade.vocabulary import Status


class Claims:
    """All methods are called under the room's lock, with its cause set; they may be called again for the same cause."""

    def __init__(self, board: Board, operators: Operators, alarm: Alarm) -> None:
        self._board = board
        self._operators = operators
        self._alarm = alarm

    async def take(self, room: Room, operator: str, at: float, over: bool = False) -> None:
        """Give the conversation to ``operator``. Refused with one sentence when it is not free; ``over`` takes it from
        a colleague.
        """
        state = room.conversation
        former = state.operator if state.status is Status.ASSIGNED else None
        if former != operator:
            await self._check(room, former, over)
            await room.update(status=Status.ASSIGNED, operator=operator)
            room.memory["claimed_at"] = at
            room.memory.pop("returned", None)
        await room.account.invite(room.id, operator)
        name = await self._operators.name(operator)
        await self._alarm.claimed(room, name, at)
        if former and former != operator:
            await room.note(f"{name} reprend la conversation.", notify=[former])

    async def _check(self, room: Room, former: str | None, over: bool) -> None:
        state = room.conversation
        if state.status is Status.CLOSED:
            raise Refused(f"La conversation {state.reference} est close.")
        if state.status is Status.HANDED_OVER:
            raise Refused(f"La conversation {state.reference} est transmise à {state.unit}.")
        if former and not over:
            name = await self._operators.name(former)
            raise Refused(f"La conversation {state.reference} est déjà prise par {name}.")

    async def give_back(self, room: Room, at: float, reason: str) -> None:
        """To the lobby again, with a new card that says why. Nothing when it does not stand with an operator."""
        if room.conversation.status is Status.ASSIGNED:
            room.memory |= {"returned": reason, "waiting_since": at, "owes_card": True}
            room.memory.pop("reminders", None)
            await room.keep()  # a crash after the state was written must not forget the card
            await room.update(status=Status.WAITING, operator=None)
        if room.memory.get("owes_card"):
            await self._board.post_card(room)
            await self._alarm.again(room, at)
            del room.memory["owes_card"]

    async def close(self, room: Room, at: float) -> None:
        """The end; the time is the event's, so that doing it twice is the same."""
        if room.conversation.open:
            moment = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
            await room.update(status=Status.CLOSED, closed_at=moment)


def waited(room: Room, at: float) -> str:
    """How long the citizen had waited at ``at``."""
    return words.duration(at - words.moment(room.conversation.opened_at))
