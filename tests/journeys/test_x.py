"""Somebody writes to the brigade on X: the whole way on a real stack, with every fault that the platform may have."""

import asyncio
import base64
import io
import secrets
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest
from PIL import Image

from brigade.matrix.person import Person
from brigade.stack.stack import Stack

CLAIMED: set[str] = set()
SECOND = "1000000000000000002"


def picture(colour: str = "red") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(out, "PNG")
    return out.getvalue()


@pytest.fixture(scope="module")
async def deployment(new_plan: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    folder = tmp_path_factory.mktemp("x")
    for name in ("token", "secret"):
        (folder / name).write_text(secrets.token_hex(16))
    second = {"user": SECOND, "name": "Gendarmerie du Doubs", "entry_point": "gendarmerie"}
    second |= {"access_token_file": str(folder / "token"), "access_token_secret_file": str(folder / "secret")}
    options = {"accounts": [{}, second], "check_seconds": 0.5, "poll_seconds": 1, "reconcile_seconds": 2}
    stack = Stack(new_plan(bridges={"webchat": {"limits": {"enabled": False}}, "x": options}))
    await stack.start()
    yield stack
    await stack.stop()


class Writer:
    """A person on X."""

    def __init__(self, stack: Stack, session: aiohttp.ClientSession) -> None:
        assert stack.endpoints and stack.endpoints.x
        self.user = f"7{secrets.randbelow(10**11):011d}"
        self.api = stack.endpoints.x["api"]
        self.session = session

    async def control(self, path: str, **said: Any) -> Any:
        async with self.session.post(f"{self.api}/_emulator/{path}", json={"user": self.user} | said) as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def says(self, text: str, **more: Any) -> str:
        return str((await self.control("say", text=text, **more))["id"])

    async def fault(self, on: str, fault: str, times: int = 1) -> None:
        await self.control("faults", on=on, fault=fault, times=times)

    async def got(self) -> list[dict[str, Any]]:
        async with self.session.get(f"{self.api}/_emulator/sent", params={"user": self.user}) as answer:
            return list(await answer.json())

    async def state(self) -> Any:
        async with self.session.get(f"{self.api}/_emulator/state") as answer:
            return await answer.json()

    async def reads(self, wanted: str, within: float = 20) -> dict[str, Any]:
        async with asyncio.timeout(within):
            while True:
                for message in await self.got():
                    if wanted in message["text"]:
                        return message
                await asyncio.sleep(0.05)

    async def thread(self) -> list[dict[str, Any]]:
        async with self.session.get(f"{self.api}/_emulator/thread", params={"user": self.user}) as answer:
            return list((await answer.json())["messages"])


@pytest.fixture
async def new_writer(deployment: Stack) -> AsyncIterator[Callable[[], Writer]]:
    async with aiohttp.ClientSession() as session:
        yield lambda: Writer(deployment, session)


@pytest.fixture
async def operator(deployment: Stack) -> AsyncIterator[Person]:
    assert deployment.endpoints
    account = deployment.endpoints.operators[0]
    person = await Person.login(deployment.endpoints.homeserver, account.user_id, account.password)
    yield person
    await person.close()


async def claim(operator: Person, stack: Stack, text: str) -> str:
    """Take what waits in the lobby until ``text`` is there; the id of its room."""
    assert stack.endpoints
    lobby = stack.endpoints.lobby
    async with asyncio.timeout(40):
        while True:
            for card in [e for e in operator.seen if e.room_id == lobby and e.body and e.sender.startswith("@brigade")]:
                if card.id not in CLAIMED:
                    CLAIMED.add(card.id)
                    await operator.react(lobby, card.id, "✋")
            if found := next((e for e in operator.seen if e.room_id != lobby and e.body == text), None):
                return found.room_id
            await asyncio.sleep(0.1)


async def test_the_whole_journey(deployment: Stack, new_writer: Callable[[], Writer], operator: Person) -> None:
    writer = new_writer()
    await writer.says("Bonjour, on m’a volé mon vélo & mon casque <bleu>", name="Ada Martin")
    courtesy = await writer.reads("X garde une copie")
    assert "17" in courtesy["text"] and "/suite#" in courtesy["text"]
    room = await claim(operator, deployment, "Bonjour, on m’a volé mon vélo & mon casque <bleu>")
    await operator.say(room, "Bonjour, quand est-ce arrivé ?")
    await writer.reads("quand est-ce arrivé")
    await writer.says("hier", file={"type": "image/png", "data": base64.b64encode(picture()).decode()})
    await operator.wait(lambda e: e.room_id == room and e.msgtype == "m.image", 20)
    said = await operator.wait(lambda e: e.room_id == room and e.body == "hier")
    assert said.sender.startswith("@_x_") and writer.user not in said.sender
    await operator.say(room, "fin")
    await writer.reads("fin")
    assert await writer.thread()
    await operator.say(room, "!clore")
    await writer.reads("0 à 10")
    await writer.says("9")
    await operator.wait(lambda e: e.room_id == room and "9/10" in e.body)
