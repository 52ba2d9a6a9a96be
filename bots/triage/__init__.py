"""Triage: each message of the citizen is judged; urgency only rises, what an operator corrected stands."""

from collections import deque
from collections.abc import Mapping
from typing import Any, ClassVar

from bots.triage import corrections, courtesy, safety
from bots.triage.classify import Assessment, assess, warm, worst
from brigade import interception
from brigade.bot import Bot as Base
from brigade.bot import Desk
from brigade.command import Command, Usage
from brigade.config import Config, Section
from brigade.events import Event
from brigade.interception import Interception
from brigade.room import Room
from brigade.vocabulary import ANSWER, DEPARTURE, INTERCEPTED, RATING, Status, Urgency

_SAY_NUMBERS_AGAIN = 600.0  # seconds
_TEXTS = 8  # of one conversation that are judged together: what earlier ones raised stays raised
_SHORT = 3  # words: a first message below this says little about its language


class Bot(Base):
    """``memory``: ``corrected`` (names of what operators decided), ``sensitive``, ``triage`` (confidence …)."""

    commands: ClassVar[Mapping[str, Usage]] = corrections.COMMANDS

    def __init__(self, settings: Section, config: Config, desk: Desk) -> None:
        super().__init__(settings, config, desk)
        self._said: dict[str, deque[tuple[str, Interception]]] = {}
        warm()

    async def opened(self, room: Room) -> None:
        """The page they come from may say already that it is a sensitive matter; writes nothing."""
        if assess([], room.conversation.entry_point, room.conversation.language).sensitive:
            room.memory["sensitive"] = True

    async def said(self, room: Room, event: Event) -> None:
        """Judge it together with what was said before; write only what has changed."""
        if await safety.answered(room, event):
            return
        if not event.body.strip() or any(event.own(key) is not None for key in (ANSWER, RATING, DEPARTURE)):
            return
        await safety.watch(room, event)
        state = room.conversation
        found = self._judge(room, event.body)
        danger = found.caught[-1].emergency
        changes = self._changes(room, found, danger, event)
        sensitive = found.sensitive and not room.memory.get("sensitive")
        if sensitive:
            room.memory["sensitive"] = True
        if danger:
            await self._numbers(room, event, changes.get("language", state.language))
        await self._explain(room, found, changes, sensitive, danger)
        await room.update(**changes)
        if room.memory.get("sensitive"):
            await safety.ask(room, event)
        await courtesy.speak(room, event, found)

    def _judge(self, room: Room, text: str) -> Assessment:
        """With what was said before, whose danger is known already."""
        said = self._said.setdefault(room.id, deque(maxlen=_TEXTS - 1))
        state, texts = room.conversation, [*(earlier for earlier, _ in said), text]
        found = assess(texts, state.entry_point, state.language, [caught for _, caught in said])
        said.append((text, found.caught[-1]))
        return found

    def _changes(self, room: Room, found: Assessment, danger: bool, event: Event) -> dict[str, Any]:
        state, memory = room.conversation, _memory(room)
        corrected = room.memory.get("corrected", [])
        changes: dict[str, Any] = {}
        # With an operator in charge their word stands; with nobody there, a new danger rings again.
        stands = "urgency" in corrected and not (danger and state.status is Status.WAITING)
        urgency = state.urgency if stands else worst(state.urgency, found.urgency)
        if "urgency" in corrected and not stands:
            urgency = Urgency.EMERGENCY
        if urgency is not state.urgency:
            changes["urgency"] = urgency
        if "theme" not in corrected and found.confidence > memory.get("confidence", 0.0):
            _remember(room, confidence=found.confidence)
            if found.theme != state.theme:
                changes["theme"] = str(found.theme)
        if "language" not in corrected and not memory.get("language"):
            if len(event.body.split()) >= _SHORT:
                _remember(room, language=True)
            if found.language not in ("other", state.language):
                changes["language"] = found.language
        return changes

    async def _numbers(self, room: Room, event: Event, language: str) -> None:
        """The bridge shows them by itself and says so; otherwise we do, but not at every line."""
        last = _memory(room).get("numbers_at", 0.0)
        shown = event.own(INTERCEPTED) is not None
        if not shown and event.at - last < _SAY_NUMBERS_AGAIN:
            return
        if not shown:
            text = interception.numbers(language)
            await room.tell_citizen(text, language=language, extra={INTERCEPTED: True})
        _remember(room, numbers_at=event.at)
        await room.note("Numéros d’urgence montrés au citoyen.")

    async def _explain(
        self, room: Room, found: Assessment, changes: Mapping[str, Any], sensitive: bool, danger: bool
    ) -> None:
        """Why, once for each change; before the change, so that a retry finds both still to do."""
        state = room.conversation.with_(**changes)
        overruled = danger and state.urgency is not Urgency.EMERGENCY
        if not found.reasons or not (changes or sensitive or overruled):
            return
        head = f"**Triage** : {corrections.URGENCIES[state.urgency]} · {state.theme or 'sans thème'}"
        if overruled:
            head = "**Danger possible** dans ce message ; l’urgence choisie par un opérateur n’est pas changée."
        lines = [head, *(f"– {reason}" for reason in found.reasons)]
        await room.note("\n".join(lines))
        if state.operator and (overruled or changes.get("urgency") is Urgency.EMERGENCY):
            # Apart from the reasons, which quote the citizen: this one shows on lock screens (S26).
            await room.note("Danger possible : lisez le dernier message du citoyen.", notify=[state.operator])

    async def changed(self, room: Room) -> None:
        """A closed conversation is forgotten."""
        if not room.conversation.open:
            self._said.pop(room.id, None)

    async def command(self, room: Room, command: Command, event: Event) -> None:
        """An operator corrects; what was said until now is not judged again."""
        await corrections.correct(room, command)
        self._said.pop(room.id, None)


def _memory(room: Room) -> dict[str, Any]:
    found = room.memory.get("triage")
    return dict(found) if isinstance(found, dict) else {}


def _remember(room: Room, **values: Any) -> None:
    room.memory["triage"] = _memory(room) | values
