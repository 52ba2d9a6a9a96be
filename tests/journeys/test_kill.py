"""kill -9 of each process in the middle of the journey, then restart: nothing lost, nothing twice, order kept."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest

from brigade.client import Citizen
from brigade.errors import Temporary
from brigade.events import Event
from brigade.matrix.person import Person
from brigade.stack.stack import Stack
from brigade.vocabulary import CONVERSATION, RATING


@pytest.fixture(scope="module")
async def own_stack(new_plan: Callable[..., Any]) -> AsyncIterator[Stack]:
    """A stack that these tests may harm."""
    found = Stack(new_plan(bridges={"webchat": {"limits": {"enabled": False}}}))
    await found.start()
    yield found
    await found.stop()


class Journey:
    """A citizen and an operator who count: every line that one says, the other must get once and in order."""

    def __init__(self, stack: Stack, citizen: Citizen, operator: Person) -> None:
        self.stack, self.citizen, self.operator = stack, citizen, operator
        self.room = ""
        self.said: dict[str, list[str]] = {"citizen": [], "operator": []}

    async def begin(self) -> None:
        await self.citizen.open("Bonjour, une question")
        self.said["citizen"].append("Bonjour, une question")
        await self.citizen.listen()
        assert self.stack.endpoints

        def card(event: Event) -> bool:
            return event.room_id == self.stack.endpoints.lobby and self.citizen.reference in str(
                event.content.get("body")
            )

        found = await self.operator.wait(card, 30)
        await self.operator.react(found.room_id, found.id, "✋")
        opened = await self.operator.wait(self._mine, 30)
        self.room = opened.room_id
        await self.operator.wait(lambda e: e.room_id == self.room and self._is_assigned(e), 30)

    def _mine(self, event: Event) -> bool:
        return event.type == CONVERSATION and event.content.get("reference") == self.citizen.reference

    def _is_assigned(self, event: Event) -> bool:
        return self._mine(event) and event.content.get("operator") == self.operator.user_id

    async def citizen_says(self, text: str) -> None:
        """Again and again with the same id, as the widget does, until it is taken."""
        self.said["citizen"].append(text)
        client_id = f"line-{len(self.said['citizen'])}"
        await self._insist(lambda: self.citizen.say(text, client_id=client_id))

    async def operator_says(self, text: str) -> None:
        """Again and again with the same transaction id, as Element does."""
        self.said["operator"].append(text)
        content = {"msgtype": "m.text", "body": text}
        client = self.operator.client
        await self._insist(lambda: client.room_send(self.room, "m.room.message", content, tx_id=f"txn-{text}"))

    async def _insist(self, call: Callable[[], Any]) -> None:
        async with asyncio.timeout(60):
            while True:
                try:
                    answer = await call()
                    if isinstance(answer, int) or hasattr(answer, "event_id"):
                        return
                except (Temporary, aiohttp.ClientError, OSError):
                    pass  # not taken yet
                await asyncio.sleep(0.2)

    async def settle(self) -> tuple[list[str], list[str]]:
        """What each got of the other, once all has come (or 40 seconds have gone)."""
        for _ in range(80):
            got = self.citizen_got(), self.operator_got()
            if all(len(g) >= len(s) for g, s in zip(got, (self.said["operator"], self.said["citizen"]), strict=True)):
                break
            await asyncio.sleep(0.5)
        await asyncio.sleep(1.5)  # a double would come late
        return self.citizen_got(), self.operator_got()

    def citizen_got(self) -> list[str]:
        messages = [e for e in self.citizen.seen if e["type"] == "message" and e["from"] == "gendarme"]
        return [message["text"] for message in messages]

    def operator_got(self) -> list[str]:
        found = {e.id: e for e in self.operator.seen if e.room_id == self.room and e.type == "m.room.message"}
        ghosts = [e for e in found.values() if e.sender.startswith("@_webchat_") and RATING not in e.content]
        return [event.body for event in ghosts]

    def gapless(self) -> bool:
        numbers = [event["seq"] for event in self.citizen.seen if "seq" in event]
        return sorted(set(numbers)) == list(range(1, max(numbers) + 1))


@pytest.mark.timeout(240)
@pytest.mark.parametrize("victim", ["webchat", "bots", "homeserver"])
async def test_a_killed_process_loses_nothing(
    victim: str, own_stack: Stack, new_citizen: Callable[..., Citizen], new_operator: Callable[..., Any]
) -> None:
    operator = await new_operator(0, of=own_stack)
    journey = Journey(own_stack, new_citizen(of=own_stack), operator)
    await journey.begin()

    async def talk() -> None:
        for n in range(12):
            await asyncio.gather(journey.citizen_says(f"c{n}"), journey.operator_says(f"o{n}"))
            await asyncio.sleep(0.1)

    talking = asyncio.create_task(talk())
    await asyncio.sleep(0.6)
    await own_stack.kill(victim)
    await asyncio.sleep(0.3)
    await own_stack.start_one(victim)
    await talking
    citizen_got, operator_got = await journey.settle()
    assert citizen_got == journey.said["operator"]
    assert operator_got == journey.said["citizen"]
    assert journey.gapless()
    await journey.operator.say(journey.room, "!clore")
    await journey.citizen.wait(lambda e: e["type"] == "status" and e["state"] == "closed", 30)
    await journey.citizen.rate(9, "Merci", True)
    await operator.wait(lambda e: e.room_id == journey.room and RATING in e.content, 30)
    # Each conversation has exactly one card, whatever died.
    cards = {e.id for e in operator.seen if journey.citizen.reference in str(e.content.get("body")) and not e.replaces}
    in_lobby = {e.id for e in operator.seen if e.id in cards and e.room_id == own_stack.endpoints.lobby}
    assert len(in_lobby) == 1


@pytest.mark.timeout(240)
@pytest.mark.parametrize("victim", ["webchat", "bots", "homeserver"])
async def test_a_process_killed_while_a_conversation_opens(
    victim: str, own_stack: Stack, new_citizen: Callable[..., Citizen], new_operator: Callable[..., Any]
) -> None:
    operator = await new_operator(1, of=own_stack)
    journey = Journey(own_stack, new_citizen(of=own_stack), operator)
    beginning = asyncio.create_task(journey.begin())
    await asyncio.sleep(0.05)
    await own_stack.kill(victim)
    await own_stack.start_one(victim)
    try:
        await beginning
    except Temporary:  # the citizen's first call met a dead process: the widget then tries again
        assert not journey.citizen.id
        await journey.begin()
    await journey.citizen_says("encore là")
    await journey.operator_says("oui")
    citizen_got, operator_got = await journey.settle()
    assert (citizen_got, operator_got) == (["oui"], journey.said["citizen"])
