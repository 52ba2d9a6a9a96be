"""The whole journey of somebody who writes on Messenger: first message, triage, suggestion, claim, answer, pictures
both ways, the move to the web chat, the rating; with the platform's faults on the way.
"""

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
from brigade.vocabulary import CONVERSATION, RATING


@pytest.fixture(scope="module")
async def deployment(new_plan: Callable[..., Any]) -> AsyncIterator[Stack]:
    bridges = {"webchat": {"limits": {"enabled": False}}, "messenger": {}}
    found = Stack(new_plan(bridges=bridges, help_centre={"enabled": False}))
    await found.start()
    yield found
    await found.stop()


class Citizen:
    """On Messenger, with the emulator for a telephone."""

    def __init__(self, graph: str, session: aiohttp.ClientSession) -> None:
        self.graph, self.session = graph, session
        self.psid = str(7 * 10**15 + secrets.randbelow(10**15))

    async def post(self, path: str, **said: Any) -> None:
        async with self.session.post(f"{self.graph}/_emulator/{path}", json={"psid": self.psid} | said) as answer:
            assert answer.status == 200

    async def gets(self, wanted: Callable[[dict[str, Any]], bool], within: float = 30) -> dict[str, Any]:
        async with asyncio.timeout(within):
            while True:
                async with self.session.get(f"{self.graph}/_emulator/sent", params={"psid": self.psid}) as answer:
                    for each in await answer.json():
                        if wanted(each):
                            return dict(each)
                await asyncio.sleep(0.1)

    async def reads(self, text: str) -> dict[str, Any]:
        return await self.gets(lambda each: text in each["text"])


@pytest.fixture
async def citizen(deployment: Stack) -> AsyncIterator[Citizen]:
    assert deployment.endpoints and deployment.endpoints.messenger
    async with aiohttp.ClientSession() as session:
        yield Citizen(deployment.endpoints.messenger["graph"], session)


def png() -> str:
    out = io.BytesIO()
    Image.new("RGB", (20, 10), "green").save(out, "PNG")
    return base64.b64encode(out.getvalue()).decode()


@pytest.mark.timeout(240)
async def test_from_the_first_message_to_the_rating(
    deployment: Stack, citizen: Citizen, operator: Person, claim: Any
) -> None:
    await citizen.post("faults", on="webhook", fault="wrong_signature")
    await citizen.post("faults", on="send", fault="lost_answer")
    await citizen.post("say", text="Bonjour, comment faire une procuration pour voter ?", name="Ada Martin")
    room = await claim(operator, deployment, "Bonjour, comment faire une procuration pour voter ?")
    courtesy = await citizen.reads("Messenger (Meta) garde une copie")
    assert "17" in courtesy["text"] and "114" in courtesy["text"], "the first automatic message says whom to call"
    await operator.wait(lambda e: e.room_id == room and "procuration pour voter" in e.body, 30)
    await operator.wait(lambda e: e.room_id == room and "Pseudonyme : Ada Martin" in e.body, 30)
    themed = await operator.wait(lambda e: e.room_id == room and e.type == CONVERSATION and e.content.get("theme"), 40)
    assert themed.content["channel"] == "messenger"

    await operator.say(room, "!faq voter par procuration")
    suggested = await operator.wait(
        lambda e: e.room_id == room and bool(e.own("fr.brigade.suggestions")) and "procuration" in e.body, 60
    )
    await citizen.post("faults", on="send", fault="429")
    await operator.react(room, suggested.id, "1️⃣")
    await citizen.gets(lambda each: "procuration" in each["text"] and each["text"] != courtesy["text"], 60)

    await citizen.post("faults", on="webhook", fault="duplicate")
    await citizen.post("say", text="Voici ma carte", files=[{"name": "c.png", "type": "image/png", "data": png()}])
    await operator.wait(lambda e: e.room_id == room and e.content.get("msgtype") == "m.image", 40)
    data = base64.b64decode(png())
    uploaded, _ = await operator.client.upload(io.BytesIO(data), "image/png", "plan.png", filesize=len(data))
    image = {"msgtype": "m.image", "body": "plan.png", "url": uploaded.content_uri, "info": {"mimetype": "image/png"}}
    await citizen.post("faults", on="send", fault="500")
    await operator.send(room, image)
    got = await citizen.gets(lambda each: bool(each["attachments"]), 60)
    async with citizen.session.get(got["attachments"][0]["payload"]["url"]) as file:
        assert await file.read() == data
    assert sum(e.room_id == room and e.body == "Voici ma carte" for e in operator.seen) == 1

    await operator.say(room, "!clore")
    asked = await citizen.gets(lambda each: len(each["quick_replies"]) == 11, 60)
    await citizen.post("say", text="9", quick_reply=asked["quick_replies"][9]["payload"])
    await operator.wait(lambda e: e.room_id == room and "9/10" in e.body, 40)
    async with citizen.session.get(f"{citizen.graph}/_emulator/sent", params={"psid": citizen.psid}) as answer:
        texts = [each["text"] for each in await answer.json() if each["text"]]
    assert len(texts) == len(set(texts)), "nothing twice"
    assert not any(name in str(texts).lower() for name in ("camille", "brigade.localhost", "fiche 20"))


@pytest.mark.timeout(240)
async def test_one_tap_leads_to_the_web_chat(deployment: Stack, citizen: Citizen, operator: Person, claim: Any) -> None:
    await citizen.post("say", text="Je préfère ne pas parler ici")
    room = await claim(operator, deployment, "Je préfère ne pas parler ici")
    offer = await citizen.reads("/suite#")
    conversation, key = offer["text"].split("/suite#")[1].split(".")
    assert deployment.endpoints
    base = f"{deployment.endpoints.webchat}/api/v1/conversations/{conversation}"
    async with citizen.session.post(f"{base}/continue", headers={"Authorization": f"Bearer {key}"}) as answer:
        assert answer.status == 200
        opened = await answer.json()
    bearer = {"Authorization": f"Bearer {opened['token']}"}
    async with citizen.session.post(
        f"{base}/messages", json={"client_id": "c1", "text": "Me voici"}, headers=bearer
    ) as answer:
        assert answer.status == 202
    said = await operator.wait(lambda e: e.room_id == room and e.body == "Me voici", 40)
    assert said.sender.startswith("@_webchat_")
    await operator.say(room, "Je vous lis ici")
    async with asyncio.timeout(40):
        while True:
            async with citizen.session.get(f"{base}/events", headers=bearer) as answer:
                if "Je vous lis ici" in [each.get("text") for each in (await answer.json())["events"]]:
                    break
            await asyncio.sleep(0.1)
    await operator.say(room, "!clore")
    rating = {"score": 10, "comment": None, "resolved": True}
    async with asyncio.timeout(30):
        while True:
            async with citizen.session.put(f"{base}/rating", json=rating, headers=bearer) as answer:
                if answer.status < 300:
                    break
            await asyncio.sleep(0.2)
    await operator.wait(lambda e: e.room_id == room and e.content.get(RATING, {}).get("score") == 10, 40)
    async with citizen.session.get(f"{citizen.graph}/_emulator/sent", params={"psid": citizen.psid}) as answer:
        assert "Je vous lis ici" not in [each["text"] for each in await answer.json()]


@pytest.mark.timeout(120)
async def test_somebody_in_danger_is_told_whom_to_call_at_once(citizen: Citizen, operator: Person) -> None:
    await citizen.post("say", text="au secours il y a un homme armé dans ma maison, il va me tuer")
    numbers = await citizen.gets(lambda each: "17" in each["text"] and "Messenger (Meta)" not in each["text"], 20)
    assert "112" in numbers["text"]
    await operator.wait(lambda e: "🔴" in e.body or "URGENCE" in e.body, 40)
