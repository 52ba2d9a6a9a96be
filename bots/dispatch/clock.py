"""What is due by the clock: reminders, nudges, conversations taken back from the absent, the end of closed rooms.

Times come from events; what was done is in ``memory``, so a restart neither repeats nor forgets.
"""

from bots.dispatch import words
from bots.dispatch.alarm import Alarm
from bots.dispatch.card import CARD
from bots.dispatch.claim import Claims
from bots.dispatch.people import Operators
from bots.dispatch.settings import Settings
from bots.dispatch.turns import Turns
from brigade.bot import Desk
from brigade.place import team
from brigade.room import Room
from brigade.texts import Texts
from brigade.vocabulary import Status, Urgency

texts = Texts("bots")


class Clock:
    """``tick`` is called every few seconds for each room, under its lock."""

    def __init__(
        self, settings: Settings, desk: Desk, operators: Operators, claims: Claims, alarm: Alarm, turns: Turns
    ) -> None:
        self._settings = settings
        self._desk = desk
        self._operators = operators
        self._claims = claims
        self._alarm = alarm
        self._turns = turns

    async def tick(self, room: Room, now: float) -> None:
        """Do what is due."""
        status = room.conversation.status
        if status is Status.WAITING:
            await self._alarm.tick(room, now)
            await self._remind(room, now)
            await self._reassure(room, now)
        elif status is Status.ASSIGNED and room.conversation.operator:
            await self._assigned(room, room.conversation.operator, now)

    # Nobody has taken it.

    async def _remind(self, room: Room, now: float) -> None:
        """A line that answers the card, each time after twice as long."""
        state = room.conversation
        after = self._settings.remind_after.of(state.urgency)
        number = _due(now - waiting_since(room), after)
        if state.urgency is Urgency.EMERGENCY or number <= room.memory.get("reminders", 0) or room.gone:
            return  # an emergency has its alarm
        room.because("reminder", str(waiting_since(room)), str(number))
        waited = words.duration(after * 2 ** (number - 1))
        sentence = f"{state.urgency.sign} {state.reference} attend depuis {waited} : personne ne l’a prise."
        extra = {
            "msgtype": "m.text",
            "m.relates_to": {"m.in_reply_to": {"event_id": room.memory["card"]}},
            CARD: {"room_id": room.id, "reference": state.reference},
        }
        notify = await self._operators.available() if state.urgency is Urgency.PRIORITY else []
        await self._desk.lobby.by(room.cause).send(team(sentence, notify=notify, extra=extra), key="reminder")
        room.memory["reminders"] = number

    async def _reassure(self, room: Room, now: float) -> None:
        """The citizen is told honestly that nobody has answered yet."""
        number = _due(now - waiting_since(room), self._settings.reassure_after)
        if number <= room.memory.get("reassured", 0) or room.gone:
            return
        room.because("reassure", str(waiting_since(room)), str(number))
        await room.tell_citizen(
            texts(
                room.conversation.language,
                "No gendarme has been free to answer you yet. Your message is kept and you are still in the queue. "
                "If it gets worse or you are in danger, call 17 or 112, or send a text message (SMS) to 114.",
            )
        )
        room.memory["reassured"] = number

    # Somebody has.

    async def _assigned(self, room: Room, operator: str, now: float) -> None:
        if await self._operators.absent(operator):
            room.because("absent", operator, str(room.memory.get("claimed_at")))
            name = await self._operators.name(operator)
            return await self._claims.take_back(room, now, f"{name} n’est plus disponible", tell=None)
        since = await self._turns.unanswered(room, operator)
        if since is None or room.gone:
            return
        if now - since >= self._settings.release_after:
            room.because("release", operator, str(since))
            waited = words.duration(self._settings.release_after)
            await self._claims.take_back(room, now, f"sans réponse depuis {waited}", tell=operator)
        elif now - since >= self._settings.nudge_after and room.memory.get("nudged") != since:
            room.because("nudge", operator, str(since))
            waited = words.duration(self._settings.nudge_after)
            left = words.duration(self._settings.release_after)
            await room.note(
                f"Le citoyen attend votre réponse depuis {waited}. Au bout de {left}, la conversation retourne "
                "à l’accueil (`!rendre` pour la rendre tout de suite).",
                notify=[operator],
            )
            room.memory["nudged"] = since


def waiting_since(room: Room) -> float:
    """Since when nobody answers."""
    return float(room.memory.get("waiting_since") or words.moment(room.conversation.opened_at))


def _due(elapsed: float, after: float) -> int:
    """How often something is due by now that comes after ``after``, twice, four times … as long."""
    number = 0
    while number < 12 and elapsed >= after * 2**number:
        number += 1
    return number
