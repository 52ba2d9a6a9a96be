"""A desk to play on: a citizen through the public API, operators with a standard client, the bots in their process."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from brigade.client import Citizen
from brigade.events import Event
from brigade.matrix import Account, Homeserver
from brigade.matrix.person import Person
from brigade.stack.stack import Stack
from brigade.vocabulary import CONVERSATION, Conversation

CARD, SHEET = "fr.brigade.card", "fr.brigade.sheet"


class Desk:
    """What tests say and look at; ``bot`` reads rooms as the bots' own user."""

    def __init__(self, stack: Stack, bot: Account, exit_stack: AsyncExitStack) -> None:
        assert stack.endpoints
        self.stack, self.bot, self._exit = stack, bot, exit_stack
        self.endpoints = stack.endpoints
        self.lobby = stack.endpoints.lobby
        self._operators: dict[int, Person] = {}

    async def operator(self, number: int = 0) -> Person:
        if number not in self._operators:
            account = self.endpoints.operators[number]
            person = await Person.login(self.endpoints.homeserver, account.user_id, account.password)
            self._exit.push_async_callback(person.close)
            self._operators[number] = person
        return self._operators[number]

    async def citizen(self, text: str | None = "Bonjour", language: str = "fr", **more: Any) -> Citizen:
        found = await self._exit.enter_async_context(Citizen(self.endpoints.webchat or ""))
        await found.open(text, language, **more)
        return await found.listen()

    async def card(self, citizen: Citizen, within: float = 15.0, after: str | None = None) -> Event:
        """The newest card of this conversation, once there is one other than ``after``."""
        return await self.until_in(
            self.lobby, lambda e: is_card(e, citizen) and not e.replies_to and e.id != after, within
        )

    async def room_of(self, citizen: Citizen) -> str:
        return str((await self.card(citizen)).own(CARD)["room_id"])

    async def state(self, room_id: str) -> Conversation:
        found = Conversation.parse(await self.bot.state(room_id, CONVERSATION) or {})
        assert found
        return found

    async def until(self, room_id: str, wanted: Callable[[Conversation], bool], within: float = 15.0) -> Conversation:
        async with asyncio.timeout(within):
            while not wanted(found := await self.state(room_id)):
                await asyncio.sleep(0.05)
        return found

    async def events(self, room_id: str) -> list[Event]:
        """Oldest first; edits apart from what they edit."""
        raw, _ = await self.bot.history(room_id, limit=200)
        return [event for each in reversed(raw) if (event := Event.parse(each))]

    async def until_in(self, room_id: str, wanted: Callable[[Event], bool], within: float = 15.0) -> Event:
        """The newest event of the room that is ``wanted``, once there is one."""
        async with asyncio.timeout(within):
            while True:
                if found := [event for event in await self.events(room_id) if wanted(event)]:
                    return found[-1]
                await asyncio.sleep(0.05)

    async def note(self, room_id: str, text: str, within: float = 15.0) -> Event:
        """A message of the bots for the team that holds ``text``."""
        return await self.until_in(room_id, lambda e: self.is_note(e) and text in e.body, within)

    def is_note(self, event: Event) -> bool:
        return event.sender == self.bot.user_id and event.own("fr.brigade.audience") == "team"

    async def shown(self, room_id: str, event_id: str) -> str:
        """What a message says now, after its edits."""
        edits = [e for e in await self.events(room_id) if e.replaces == event_id]
        first = await self.bot.event(room_id, event_id)
        assert first
        return (edits[-1] if edits else first).body

    async def until_shown(self, room_id: str, event_id: str, text: str, within: float = 15.0) -> str:
        async with asyncio.timeout(within):
            while text not in (found := await self.shown(room_id, event_id)):
                await asyncio.sleep(0.1)
        return found

    async def claimed(self, citizen: Citizen, operator: Person) -> str:
        """Taken by reaction, and entered; the room's id."""
        card = await self.card(citizen)
        room_id = str(card.own(CARD)["room_id"])
        await operator.react(self.lobby, card.id, "✋️")
        await self.until(room_id, lambda state: state.operator == operator.user_id)
        await self.entered(room_id, operator)
        return room_id

    async def entered(self, room_id: str, operator: Person, within: float = 15.0) -> None:
        async with asyncio.timeout(within):
            while (await self.bot.state(room_id, "m.room.member", operator.user_id) or {}).get("membership") != "join":
                await asyncio.sleep(0.05)

    async def settled(self, seconds: float = 1.0) -> None:
        """Time for something that must not happen."""
        await asyncio.sleep(seconds)


def is_card(event: Event, citizen: Citizen) -> bool:
    card = event.content.get(CARD)
    return isinstance(card, dict) and card["reference"] == citizen.reference and not event.replaces


@asynccontextmanager
async def desk_of(stack: Stack) -> AsyncIterator[Desk]:
    service = stack.config.services["bots"]
    homeserver = Homeserver(stack.config.homeserver_url, stack.config.server_name, service.tokens().as_token)
    async with AsyncExitStack() as exit_stack:
        await homeserver.open()
        exit_stack.push_async_callback(homeserver.close)
        yield Desk(stack, Account(homeserver, service.user_id), exit_stack)


@pytest.fixture(scope="session")
async def bots_stack(new_plan: Callable[..., Any]) -> AsyncIterator[Stack]:
    """Everything, with the bots' ordinary times: nothing is due by the clock during a test."""
    found = Stack(new_plan())
    await found.start()
    yield found
    await found.stop()


@pytest.fixture
async def desk(bots_stack: Stack) -> AsyncIterator[Desk]:
    async with desk_of(bots_stack) as found:
        yield found


@pytest.fixture(scope="session")
async def quick_stack(new_plan: Callable[..., Any]) -> AsyncIterator[Stack]:
    """Everything, with bots that lose patience within seconds."""
    times = {
        "repeat_seconds": 2,
        "remind_after": {"normal": 4, "priority": 2},
        "reassure_after": 5,
        "nudge_after": 4,
        "release_after": 8,
        "archive_after": 3,
    }
    found = Stack(new_plan(bots={"triage": {}, "dispatch": times}))
    await found.start()
    yield found
    await found.stop()


@pytest.fixture
async def quick_desk(quick_stack: Stack) -> AsyncIterator[Desk]:
    async with desk_of(quick_stack) as found:
        yield found


@pytest.fixture(scope="session")
def desk_on() -> Callable[[Stack], Any]:
    """A desk on a stack that a test starts itself."""
    return desk_of
