"""Emergencies: every available operator is called, again and again, until one takes the conversation."""

import html

from bots.dispatch import words
from bots.dispatch.card import CARD
from bots.dispatch.people import Operators
from brigade.bot import Desk
from brigade.place import team
from brigade.room import Room
from brigade.vocabulary import Status, Urgency


class Alarm:
    """``memory["alarm"]``: since when it rings, how often it rang; absent when it does not."""

    def __init__(self, desk: Desk, operators: Operators, period: float) -> None:
        self._desk = desk
        self._operators = operators
        self._period = period

    async def opened(self, room: Room) -> None:
        """The card of an emergency mentions everybody by itself."""
        if room.conversation.urgency is Urgency.EMERGENCY:
            await self._begin(room, words.moment(room.conversation.opened_at))

    async def raised(self, room: Room, now: float) -> None:
        """It has become an emergency after its card was posted."""
        if self._due(room) and "alarm" not in room.memory:
            await self._begin(room, now)
            await self._call(room, 0)

    async def again(self, room: Room, at: float) -> None:
        """It waits again; its new card mentions everybody."""
        if room.conversation.urgency is Urgency.EMERGENCY:
            room.memory.pop("alarm", None)
            await self._begin(room, at)

    async def tick(self, room: Room, now: float) -> None:
        """Ring when it is time."""
        alarm = room.memory.get("alarm")
        if not self._due(room) or not alarm:
            return await self.raised(room, now)
        count = int((now - alarm["at"]) // self._period)
        if count > alarm["count"]:
            room.because("alarm", str(alarm["at"]), str(count))
            await self._call(room, count)
            room.memory["alarm"] = {**alarm, "count": count}

    async def claimed(self, room: Room, name: str, at: float) -> None:
        """Somebody answers."""
        if alarm := room.memory.get("alarm"):
            after = words.duration(at - alarm["at"])
            await self._log(room, f"✅ {room.conversation.reference} prise par {name} après {after}.")
            del room.memory["alarm"]

    @staticmethod
    def _due(room: Room) -> bool:
        return room.conversation.urgency is Urgency.EMERGENCY and room.conversation.status is Status.WAITING

    async def _begin(self, room: Room, at: float) -> None:
        room.memory["alarm"] = {"at": at, "count": 0}
        await self._log(room, f"🔴 Urgence {room.conversation.reference} : attend un opérateur.")

    async def _log(self, room: Room, sentence: str) -> None:
        markup = f'{html.escape(sentence)} <a href="{html.escape(room.link)}">salon</a>'
        await self._desk.alerts.by(room.cause).send(team(sentence, markup=markup), key=sentence[:1])

    async def _call(self, room: Room, count: int) -> None:
        """A new message that answers the card: edits never notify."""
        state = room.conversation
        since = words.duration(count * self._period)
        sentence = f"🔴 URGENCE {state.reference} : personne ne l’a prise" + (f" depuis {since}." if count else ".")
        relation = {"m.in_reply_to": {"event_id": room.memory["card"]}}
        extra = {"m.relates_to": relation, CARD: {"room_id": room.id, "reference": state.reference}}
        content = team(sentence, notify=await self._operators.available(), extra=extra)
        await self._desk.lobby.by(room.cause).send(content, key="alarm")
