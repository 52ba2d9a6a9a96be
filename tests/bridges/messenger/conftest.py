"""A stack of its own with the Messenger bridge, two pages of ours, and the emulator as `brigade up` runs it."""

import asyncio
import itertools
import secrets
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest

from brigade.events import Event
from brigade.matrix.person import Person
from brigade.stack.stack import Stack

NATIONAL, LOCAL = "100000000000001", "100000000000002"
SETTINGS: dict[str, Any] = {
    "human_agent": True,
    "check_seconds": 1,
    "links": {"violences": "violences"},
    "accounts": [
        {"page": NATIONAL},
        {"page": LOCAL, "name": "Gendarmerie de Guyane", "language": "en", "entry_point": "guyane"},
    ],
}


class Platform:
    """The emulator, by its control endpoints."""

    def __init__(self, url: str, session: aiohttp.ClientSession) -> None:
        self.url = url
        self.session = session

    async def control(self, path: str, **said: Any) -> Any:
        async with self.session.post(f"{self.url}/_emulator/{path}", json=said) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def fault(self, on: str, fault: str, times: int = 1) -> None:
        await self.control("faults", on=on, fault=fault, times=times)

    async def state(self) -> Any:
        async with self.session.get(f"{self.url}/_emulator/state") as answer:
            return await answer.json()

    async def until(self, so: Callable[[Any], bool], within: float = 20) -> Any:
        async with asyncio.timeout(within):
            while not so(found := await self.state()):
                await asyncio.sleep(0.05)
        return found


class Citizen:
    """A person who writes to one of our pages."""

    def __init__(self, platform: Platform, page: str) -> None:
        self.platform = platform
        self.page = page
        self.psid = str(7 * 10**15 + secrets.randbelow(10**15))

    @property
    def who(self) -> dict[str, str]:
        return {"psid": self.psid, "page": self.page}

    async def says(self, text: str, **more: Any) -> str:
        return str((await self.platform.control("say", **self.who, text=text, **more))["mid"])

    async def sends(self, **more: Any) -> str:
        return str((await self.platform.control("say", **self.who, **more))["mid"])

    async def does(self, field: str, **content: Any) -> None:
        await self.platform.control("event", **self.who, field=field, content=content)

    async def is_so(self, **what: Any) -> None:
        await self.platform.control("people", **self.who, **what)

    async def got(self) -> list[dict[str, Any]]:
        query = {"psid": self.psid}
        async with self.platform.session.get(f"{self.platform.url}/_emulator/sent", params=query) as answer:
            return list(await answer.json())

    async def gets(self, wanted: str | Callable[[dict[str, Any]], bool], within: float = 20) -> dict[str, Any]:
        """The first message to them that holds the words, or is so."""
        is_so = (lambda each: wanted in each["text"]) if isinstance(wanted, str) else wanted
        async with asyncio.timeout(within):
            while True:
                for each in await self.got():
                    if is_so(each):
                        return each
                await asyncio.sleep(0.05)


class Desk:
    """An operator, and the room that they are in."""

    def __init__(self, person: Person, deployment: Stack, claim: Callable[..., Any]) -> None:
        self.person = person
        self.deployment = deployment
        self.claim = claim

    async def claims(self, text: str) -> str:
        """Take the conversation in whose room ``text`` was said; the room's id."""
        return str(await self.claim(self.person, self.deployment, text))

    async def hears(self, room: str, text: str, within: float = 20) -> Event:
        return await self.person.wait(lambda e: e.room_id == room and text in e.body, within)

    def heard(self, room: str, text: str) -> int:
        return sum(e.room_id == room and e.body == text for e in self.person.seen)


@pytest.fixture(scope="session")
async def deployment(new_plan: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    token = tmp_path_factory.mktemp("tokens") / "local"
    token.write_text("TOKEN_LOCAL\n")
    accounts = [SETTINGS["accounts"][0], SETTINGS["accounts"][1] | {"token_file": str(token)}]
    bridges = {"webchat": {"limits": {"enabled": False}}, "messenger": SETTINGS | {"accounts": accounts}}
    few = {"dispatch": {}, "rating": {}}
    stack = Stack(new_plan(bridges=bridges, bots=few, help_centre={"enabled": False}))
    await stack.start()
    yield stack
    await stack.stop()


@pytest.fixture
async def platform(deployment: Stack) -> AsyncIterator[Platform]:
    assert deployment.endpoints and deployment.endpoints.messenger
    async with aiohttp.ClientSession() as session:
        yield Platform(deployment.endpoints.messenger["graph"], session)


@pytest.fixture
def new_citizen(platform: Platform) -> Callable[..., Citizen]:
    return lambda page=NATIONAL: Citizen(platform, page)


@pytest.fixture
async def desk(deployment: Stack, claim: Callable[..., Any]) -> AsyncIterator[Desk]:
    assert deployment.endpoints
    account = next(_ACCOUNTS) % len(deployment.endpoints.operators)
    operator = deployment.endpoints.operators[account]
    person = await Person.login(deployment.endpoints.homeserver, operator.user_id, operator.password)
    yield Desk(person, deployment, claim)
    await person.close()


_ACCOUNTS = itertools.count()
