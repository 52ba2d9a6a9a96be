"""Victims first meet somebody trained for it: those operators are called as soon as a conversation is a priority."""

from collections.abc import Sequence

from bots.dispatch.card import CARD
from bots.dispatch.people import Operators
from brigade.bot import Desk
from brigade.place import team
from brigade.room import Room
from brigade.vocabulary import Status, Urgency


class Trained:
    """``memory["trained"]``: they were called. Nothing happens when the settings name nobody, or nobody is free:
    then everybody is reminded, as of any priority.
    """

    def __init__(self, desk: Desk, operators: Operators, users: Sequence[str]) -> None:
        self._desk = desk
        self._operators = operators
        self._users = frozenset(users)

    async def call(self, room: Room) -> None:
        """Once; an emergency calls everybody anyway."""
        state = room.conversation
        waits = state.status is Status.WAITING and state.urgency is Urgency.PRIORITY and "card" in room.memory
        if not self._users or not waits or "trained" in room.memory or room.gone:
            return
        free = [user for user in await self._operators.available() if user in self._users]
        room.memory["trained"] = bool(free)
        if free:
            sentence = f"{state.urgency.sign} {state.reference} : pour un opérateur formé à l’accueil des victimes."
            extra = {
                "msgtype": "m.text",
                "m.relates_to": {"m.in_reply_to": {"event_id": room.memory["card"]}},
                CARD: {"room_id": room.id, "reference": state.reference},
            }
            await self._desk.lobby.by(room.cause).send(team(sentence, notify=free, extra=extra), key="trained")
