"""What channels on other platforms share, tried with the smallest one, a real stack and a real server as platform."""

import asyncio
import secrets
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from brigade.matrix.person import Person
from brigade.stack.ports import free_listen
from brigade.stack.stack import Stack

HERE = Path(__file__).parent


class Office:
    """The platform: keeps what it was handed, in order; ``faults`` are used up one a call."""

    def __init__(self) -> None:
        self.sent: list[dict[str, Any]] = []
        self.faults: list[str] = []
        self.file: bytes = b""

    def app(self) -> web.Application:
        app = web.Application()
        app.add_routes([web.post("/send", self._send), web.post("/look", self._look), web.get("/file.png", self._give)])
        return app

    async def _send(self, request: web.Request) -> web.StreamResponse:
        fault = self.faults.pop(0) if self.faults else ""
        if fault in ("429", "403"):
            return web.Response(status=int(fault))
        said = await request.json()
        self.sent.append(said)
        if fault == "lost":
            assert request.transport
            request.transport.abort()
        return web.json_response({"id": f"t{len(self.sent)}"})

    async def _look(self, request: web.Request) -> web.Response:
        key = (await request.json())["key"]
        found = [f"t{n}" for n, said in enumerate(self.sent, 1) if said["key"] == key]
        return web.json_response({"id": found[0] if found else None})

    async def _give(self, _: web.Request) -> web.Response:
        return web.Response(body=self.file, content_type="image/png")

    async def until(self, wanted: Callable[[dict[str, Any]], bool], within: float = 20) -> dict[str, Any]:
        async with asyncio.timeout(within):
            while True:
                for said in self.sent:
                    if wanted(said):
                        return said
                await asyncio.sleep(0.02)


class Sender:
    """Somebody who telegraphs."""

    def __init__(self, url: str, session: aiohttp.ClientSession, name: str) -> None:
        self._url, self._session, self.name, self._count = url, session, name, 0

    async def hand_in(self, *events: dict[str, Any]) -> None:
        async with self._session.post(f"{self._url}/in", json=list(events)) as answer:
            assert answer.status == 200

    def event(self, **content: Any) -> dict[str, Any]:
        self._count += 1
        return {"id": f"{self.name}-{self._count}", "at": time.time(), "from": self.name} | content

    async def says(self, text: str, **more: Any) -> str:
        event = self.event(text=text, **more)
        await self.hand_in(event)
        return str(event["id"])


@pytest.fixture(scope="module")
async def office() -> AsyncIterator[Office]:
    yield Office()


@pytest.fixture(scope="module")
async def deployment(office: Office, new_plan: Callable[..., Any]) -> AsyncIterator[Stack]:
    server = TestServer(office.app())
    await server.start_server()
    listen = free_listen("telegraph")
    listen["channels"]["telegraph"] = listen["channels"].pop("x")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(HERE))
        patch.syspath_prepend(HERE)
        bridges = {"webchat": {}, "offices.telegraph": {"office": str(server.make_url("/")).rstrip("/")}}
        stack = Stack(new_plan(bridges=bridges, listen=listen))
        await stack.start()
        yield stack
        await stack.stop()
    await server.close()


@pytest.fixture
async def new_sender(deployment: Stack) -> AsyncIterator[Callable[[], Sender]]:
    async with aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{deployment.config.listen.public('telegraph')}"
        yield lambda: Sender(url, session, f"a{secrets.token_hex(4)}")


async def test_a_telegram_becomes_a_room_and_is_answered(
    deployment: Stack, office: Office, new_sender: Callable[[], Sender], operator: Person, claim: Any
) -> None:
    sender = new_sender()
    await sender.says("J’ai perdu mon chien au parc")
    courtesy = await office.until(lambda s: s["to"] == sender.name and "garde une copie" in s["text"])
    assert courtesy
    link = await office.until(lambda s: s["to"] == sender.name and "/suite#" in s["text"])
    assert link
    room = await claim(operator, deployment, "J’ai perdu mon chien au parc")
    await operator.say(room, "Bonjour, de quelle race est-il ?")
    await office.until(lambda s: s["to"] == sender.name and s["text"] == "Bonjour, de quelle race est-il ?")
    long = "Une première phrase assez longue pour compter. " * 5
    await operator.say(room, long.strip())
    await operator.say(room, "fin")
    await office.until(lambda s: s["to"] == sender.name and s["text"] == "fin")
    parts = [s["text"] for s in office.sent if s["to"] == sender.name and s["text"].startswith("Une première")]
    assert " ".join(parts) == long.strip()
    assert all(len(part) <= 80 and part.endswith(".") for part in parts)


async def test_nothing_is_sent_twice_when_the_answer_is_lost(
    deployment: Stack, office: Office, new_sender: Callable[[], Sender], operator: Person, claim: Any
) -> None:
    sender = new_sender()
    await sender.says("Bonjour, une question de chasse")
    room = await claim(operator, deployment, "Bonjour, une question de chasse")
    await office.until(lambda s: s["to"] == sender.name and "/suite#" in s["text"])
    office.faults[:] = ["lost", "429"]
    await operator.say(room, "un")
    await operator.say(room, "deux")
    await office.until(lambda s: s["text"] == "deux" and s["to"] == sender.name)
    assert [s["text"] for s in office.sent if s["to"] == sender.name][-2:] == ["un", "deux"]
    office.faults[:] = ["403"]
    await operator.say(room, "trois")
    note = await operator.wait(lambda e: e.room_id == room and "refuse les télégrammes" in e.body)
    assert note.thread


async def test_the_same_telegram_twice_is_one_message_and_changes_follow(
    deployment: Stack, office: Office, new_sender: Callable[[], Sender], operator: Person, claim: Any
) -> None:
    sender = new_sender()
    first = sender.event(text="Une quesion")
    await sender.hand_in(first, first)
    await sender.hand_in(first)
    room = await claim(operator, deployment, "Une quesion")
    await sender.hand_in(sender.event(edits=first["id"], text="Une question"))
    await operator.wait(lambda e: e.room_id == room and e.replaces is not None and "Une question" in e.body)
    said = await sender.says("à retirer")
    await operator.wait(lambda e: e.room_id == room and e.body == "à retirer")
    await sender.hand_in(sender.event(deletes=said))
    await operator.wait(lambda e: e.room_id == room and e.type == "m.room.redaction")
    assert sum(e.body == "Une quesion" for e in operator.seen if e.room_id == room) == 1


async def test_a_conversation_goes_on_in_the_web_chat_under_the_same_reference(
    deployment: Stack, office: Office, new_sender: Callable[[], Sender], operator: Person, claim: Any
) -> None:
    sender = new_sender()
    await sender.says("On me suit depuis hier")
    room = await claim(operator, deployment, "On me suit depuis hier")
    offer = await office.until(lambda s: s["to"] == sender.name and "/suite#" in s["text"])
    conversation, key = offer["text"].split("/suite#")[1].split(".")
    assert deployment.endpoints
    base = f"{deployment.endpoints.webchat}/api/v1/conversations/{conversation}"
    async with aiohttp.ClientSession() as citizen:
        bearer = {"Authorization": f"Bearer {key}"}
        async with citizen.get(f"{base}/events", headers=bearer) as answer:
            assert answer.status == 401, "the key opens nothing but the way over"
        async with citizen.post(f"{base}/continue", headers=bearer) as answer:
            assert answer.status == 200
            opened = await answer.json()
        async with citizen.post(f"{base}/continue", headers=bearer) as answer:
            assert answer.status == 401, "it works once"
        citizen.headers["Authorization"] = f"Bearer {opened['token']}"
        async with citizen.post(f"{base}/messages", json={"client_id": "c1", "text": "Je suis ici"}) as answer:
            assert answer.status == 202
        said = await operator.wait(lambda e: e.room_id == room and e.body == "Je suis ici")
        assert said.sender.startswith("@_webchat_")
        await operator.say(room, "Je vous lis ici")
        async with asyncio.timeout(20):
            while True:
                async with citizen.get(f"{base}/events") as answer:
                    texts = [e.get("text") for e in (await answer.json())["events"]]
                if "Je vous lis ici" in texts:
                    break
                await asyncio.sleep(0.1)
        assert "On me suit depuis hier" in texts
    assert not any("Je vous lis ici" in s["text"] for s in office.sent)


async def test_a_returning_person_is_known_again_by_a_hash(
    deployment: Stack, office: Office, new_sender: Callable[[], Sender], operator: Person, claim: Any
) -> None:
    sender = new_sender()
    await sender.says("Première affaire")
    room = await claim(operator, deployment, "Première affaire")
    await operator.say(room, "!clore")
    rating = await office.until(lambda s: s["to"] == sender.name and "0 à 10" in s["text"])
    assert rating
    await sender.says("9")
    await operator.wait(lambda e: e.room_id == room and "9/10" in e.body)
    await sender.says("Deuxième affaire")
    again = await claim(operator, deployment, "Deuxième affaire")
    assert again != room
    ghosts = {e.sender for e in operator.seen if e.sender.startswith("@_telegraph_")}
    assert not any(sender.name in ghost for ghost in ghosts)
    sheet = await operator.wait(lambda e: e.room_id == again and "Conversations précédentes" in e.body)
    assert ": 1" in sheet.body or "1 (" in sheet.body
