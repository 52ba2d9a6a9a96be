"""The canary: a conversation that goes the whole way and leaves nothing behind but its closed room."""

import asyncio
import contextlib
from collections.abc import Coroutine
from typing import Any

from aiohttp import ClientError

from brigade import vocabulary
from brigade.client import Citizen
from brigade.config.services import BOTS
from brigade.doctor.examination import Examination, Step, Stopped
from brigade.doctor.patient import Patient
from brigade.errors import BrigadeError, NotFound, Refused
from brigade.events import MEMBER, Event
from brigade.matrix import Account
from brigade.matrix.person import Person
from brigade.stack.ports import WEB
from brigade.stack.stack import HOMESERVER
from brigade.vocabulary import Conversation, Status

NAME = "Canari"
TEXT = "Canari : message de contrôle, rien à faire."
ANSWER = "Canari : réponse de contrôle."
_CARD, _HAND = "fr.brigade.card", "✋"
_POLL = 0.1
_NO_OPERATOR = "There is no demo operator here: give an account with --operator and --password-file."
_OPERATORS_STEPS = (
    "operator signs in",
    "operator takes it",
    "citizen's message reaches the operator",
    "operator's answer reaches the citizen",
    "operator closes it",
)


class Canary:
    """``fly`` once."""

    def __init__(self, patient: Patient, examination: Examination, citizen: Citizen, bot: Account) -> None:
        self._patient = patient
        self._examination = examination
        self._citizen = citizen
        self._bot = bot
        self._room = ""
        self._operator: Person | None = None
        self._closed = False

    async def fly(self) -> None:
        """The whole way; ends at the first step that fails, and then tidies up what it can."""
        try:
            await self._way()
        except Stopped:
            pass
        finally:
            await self._tidy()

    async def _way(self) -> None:
        citizen, log_of = self._citizen, self._patient.log_of
        await self._step("conversation stored", self._open(), f"The web chat refuses or is away: {log_of(WEB)}.")
        advice = f"It is kept until the homeserver has its room: {log_of(HOMESERVER)}, then {log_of(WEB)}."
        await self._step("room opened", citizen.wait(_is("waiting"), self._within), advice)
        advice = f"The conversation waits, but no operator can see it: {log_of(BOTS)}."
        card = await self._step("card in the lobby", self._card(), advice)
        self._room = str(card.content[_CARD]["room_id"])
        if self._patient.operator is None:
            for name in _OPERATORS_STEPS:
                self._examination.add(Step(name, None, said="not tried", advice=_NO_OPERATOR))
        else:
            await self._with_operator(*self._patient.operator, card)
        advice = f"The citizen has left, but the room does not show it: {log_of(WEB)}, then {log_of(BOTS)}."
        await self._step("left behind clean", self._leave(), advice)

    async def _with_operator(self, user_id: str, password: str, card: Event) -> None:
        signs_in, takes, inward, outward, closes = _OPERATORS_STEPS
        citizen, log_of, url = self._citizen, self._patient.log_of, self._patient.config.homeserver_public_url
        login = Person.login(url, user_id, password)
        person = self._operator = await self._step(signs_in, login, "Is the password right, the account not locked?")
        await self._step(takes, self._take(person, card), f"The claim is not answered: {log_of(BOTS)}.")
        advice = f"The citizen's words wait in the outbox: {log_of(WEB)}."
        await self._step(inward, self._inward(person), advice)
        advice = f"The room has the answer, the citizen does not: {log_of(WEB)}."
        await self._step(outward, self._outward(person), advice)
        await person.say(self._room, "!clore")
        advice = f"`!clore` is not obeyed: {log_of(BOTS)}."
        await self._step(closes, citizen.wait(_is("closed"), self._within), advice)
        self._closed = True

    @property
    def _within(self) -> float:
        return self._examination.within

    async def _step(self, name: str, work: Coroutine[Any, Any, Any], advice: str) -> Any:
        return await self._examination.step(name, work, advice)

    # The steps.

    async def _open(self) -> str:
        await self._citizen.open(TEXT, entry_point=self._patient.entry_point, pseudonym=NAME)
        await self._citizen.listen()
        return self._citizen.reference

    async def _card(self) -> Event:
        """As soon as the lobby holds it."""
        alias = self._patient.config.alias(self._patient.config.desk.lobby.alias)
        lobby = await self._bot.resolve(alias)
        if lobby is None:
            raise NotFound(f"the lobby {alias} does not exist: `brigade up` creates it")
        while True:
            page, _ = await self._bot.history(lobby)
            for event in filter(None, map(Event.parse, page)):
                card = event.content.get(_CARD)
                mine = isinstance(card, dict) and card.get("reference") == self._citizen.reference
                if mine and not event.replaces:
                    return event
            await asyncio.sleep(_POLL)

    async def _take(self, person: Person, card: Event) -> None:
        await person.react(card.room_id, card.id, _HAND)
        await self._citizen.wait(_is("in_progress"), self._within)
        await person.wait(lambda event: _enters(event, person.user_id, self._room), self._within)

    async def _inward(self, person: Person) -> None:
        text = f"{TEXT} (2)"
        await self._citizen.say(text)
        await person.wait(lambda e: e.room_id == self._room and e.content.get("body") == text, self._within)

    async def _outward(self, person: Person) -> None:
        await person.say(self._room, ANSWER)
        await self._citizen.hear(ANSWER, self._within)

    async def _leave(self) -> str:
        """The citizen leaves without rating: the token is dead, the conversation closed, the ghost gone."""
        await self._citizen.leave()
        try:
            await self._citizen.events()
            raise Refused("the citizen's token is still good after the departure")
        except Refused as error:
            if not str(error).startswith("401"):
                raise
        while not await self._over():  # noqa: ASYNC110 - the homeserver tells this to nobody here
            await asyncio.sleep(_POLL)
        return f"{self._citizen.reference} closed"

    async def _over(self) -> bool:
        state = Conversation.parse(await self._bot.state(self._room, vocabulary.CONVERSATION) or {})
        declared = await self._bot.state(self._room, vocabulary.CITIZEN) or {}
        ghost = await self._bot.state(self._room, MEMBER, str(declared.get("ghost")))
        gone = ghost is not None and ghost.get("membership") == "leave"
        return state is not None and state.status is Status.CLOSED and gone

    async def _tidy(self) -> None:
        """Whatever happened: nobody is left with an open conversation or one more device."""
        if self._operator:
            with contextlib.suppress(BrigadeError, ClientError, OSError, TimeoutError):
                async with asyncio.timeout(self._within):
                    await self._dismiss(self._operator)
            await self._operator.close()
        if self._citizen.token:
            with contextlib.suppress(BrigadeError):  # usually 401: it has left already
                await self._citizen.leave()

    async def _dismiss(self, person: Person) -> None:
        if self._room and not self._closed:
            await person.say(self._room, "!clore")
        if self._closed:
            await person.client.room_leave(self._room)
            await person.client.room_forget(self._room)
        await person.client.logout()


def _is(state: str) -> Any:
    # Without a number it is a hint, such as the place in the queue, which needs no room.
    return lambda event: event["type"] == "status" and event.get("state") == state and "seq" in event


def _enters(event: Event, user_id: str, room_id: str) -> bool:
    mine = event.type == MEMBER and event.room_id == room_id and event.state_key == user_id
    return mine and event.content.get("membership") == "join"
