"""Who answers a conversation: taken, given back, closed. The bot is the one arbiter: the first claim wins."""

from datetime import UTC, datetime

from bots.dispatch.alarm import Alarm
from bots.dispatch.board import Board
from bots.dispatch.people import Operators
from brigade.errors import Refused
from brigade.room import Room
from brigade.texts import Texts
from brigade.vocabulary import Status

texts = Texts("bots")


class Claims:
    """All methods are called under the room's lock, with its cause set; they may be called again for the same cause.

    They raise Refused with one French sentence when it cannot be done.
    """

    def __init__(self, board: Board, operators: Operators, alarm: Alarm) -> None:
        self._board = board
        self._operators = operators
        self._alarm = alarm

    async def take(self, room: Room, operator: str, at: float, over: bool = False) -> None:
        """Give the conversation to ``operator``; ``over``: even when a colleague has it."""
        state = room.conversation
        former = state.operator if state.status is Status.ASSIGNED else None
        await self._check(room, operator, former, over)
        if former != operator:
            await room.update(status=Status.ASSIGNED, operator=operator)
        if former != operator or "claimed_at" not in room.memory:
            room.memory["claimed_at"] = at
        room.memory.pop("returned", None)
        await room.account.invite(room.id, operator)
        await self._operators.set_paused(operator, False)
        name = await self._operators.name(operator)
        await self._alarm.claimed(room, name, at)
        if former and former != operator:
            await room.note(f"{name} reprend la conversation.", notify=[former])

    async def _check(self, room: Room, operator: str, former: str | None, over: bool) -> None:
        state = room.conversation
        if not self._operators.present(operator):
            raise Refused("Entrez d’abord dans l’accueil : une conversation n’est donnée qu’à un opérateur présent.")
        if state.status is Status.CLOSED:
            raise Refused(f"La conversation {state.reference} est close.")
        if state.status is Status.HANDED_OVER:
            raise Refused(f"La conversation {state.reference} est transmise à {state.unit}.")
        if former and former != operator and not over:
            name = await self._operators.name(former)
            raise Refused(f"La conversation {state.reference} est déjà prise par {name}.")

    async def give_back(self, room: Room, operator: str, at: float) -> None:
        """``operator`` gives it back."""
        state = room.conversation
        if state.status is not Status.ASSIGNED and not room.memory.get("owes_card"):
            raise Refused(f"La conversation {state.reference} n’est prise par personne.")
        if state.operator and state.operator != operator:
            raise Refused(f"Seul {await self._operators.name(state.operator)} peut rendre cette conversation.")
        name = await self._operators.name(operator)
        await self.take_back(room, at, f"rendue par {name}")

    async def take_back(self, room: Room, at: float, reason: str, tell: str | None = None) -> None:
        """To the lobby again, with a new card that says why; ``tell``: the operator who loses it."""
        if room.conversation.status is Status.ASSIGNED:
            room.memory |= {"returned": reason, "waiting_since": at, "owes_card": True}
            for key in ("reminders", "reassured", "claimed_at", "nudged"):
                room.memory.pop(key, None)
            await room.keep()  # a crash after the state was written must not forget the card
            await room.update(status=Status.WAITING, operator=None)
        if room.memory.get("owes_card"):
            await self._board.post_card(room)
            await self._alarm.again(room, at)
            await self._tell(room, reason, tell)
            del room.memory["owes_card"]

    @staticmethod
    async def _tell(room: Room, reason: str, operator: str | None) -> None:
        await room.note(f"Conversation remise à l’accueil : {reason}.", notify=[operator] if operator else [])
        sentence = (
            "The gendarme who was answering you is no longer available. Your conversation is in the queue again, "
            "so that another one can take over. Nothing you wrote is lost."
        )
        await room.tell_citizen(texts(room.conversation.language, sentence))

    async def close(self, room: Room, at: float) -> None:
        """The end; the time is the event's, so that doing it twice is the same."""
        if not room.conversation.open:
            raise Refused(f"La conversation {room.conversation.reference} est déjà close.")
        moment = datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        await room.update(status=Status.CLOSED, closed_at=moment)
