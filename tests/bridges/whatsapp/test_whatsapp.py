"""WhatsApp: the webhook, every kind of message, the platform's rules, and pywa as another client of the emulator."""

import asyncio
import base64
import io
import json
import secrets
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from pywa.client import WhatsApp
from pywa.errors import WhatsAppError
from pywa.types.callback import Button
from pywa.types.message import Message
from pywa.utils import webhook_updates_validator

from bridges.whatsapp import _content
from brigade.emulators import whatsapp
from brigade.emulators.whatsapp.world import Options, encoded, signature
from brigade.matrix.person import Person
from brigade.post import Parcel
from brigade.stack.stack import Stack
from brigade.vocabulary import Option, Prompt, PromptKind

MESSAGES = json.loads((Path(__file__).parent / "fixtures/messages.json").read_text(encoding="utf-8"))["messages"]
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF\n"


class Citizen:
    def __init__(self, stack: Stack, session: aiohttp.ClientSession, operator: Person, claim: Any) -> None:
        self.at, self.session, self.operator = whatsapp.endpoints(stack.config), session, operator
        self.user, self.stack, self.claim = f"FR.{secrets.randbelow(10**15)}", stack, claim

    async def control(self, path: str, **said: Any) -> Any:
        said = {"user": self.user} | said
        async with self.session.post(f"{self.at['graph']}/_emulator/{path}", json=said) as answer:
            assert answer.status == 200
            return await answer.json()

    async def says(self, text: str, **more: Any) -> str:
        return str((await self.control("say", text=text, **more))["id"])

    async def gets(self, wanted: str, within: float = 30) -> dict[str, Any]:
        async with asyncio.timeout(within):
            while True:
                query = {"user": self.user}
                async with self.session.get(f"{self.at['graph']}/_emulator/sent", params=query) as answer:
                    for each in await answer.json():
                        if wanted in each["text"]:
                            return dict(each)
                await asyncio.sleep(0.05)

    async def begins(self, **more: Any) -> str:
        first = f"Bonjour {secrets.token_hex(6)}"
        await self.says(first, **more)
        room = str(await self.claim(self.operator, self.stack, first))
        await self.gets("garde une copie")
        return room

    async def heard(self, room: str, text: str) -> Any:
        return await self.operator.wait(lambda e: e.room_id == room and text in e.body, 30)


@pytest.fixture(scope="module")
async def deployment(new_plan: Callable[..., Any]) -> AsyncIterator[Stack]:
    bridges: dict[str, Any] = {"webchat": {"limits": {"enabled": False}}, "whatsapp": {}}
    stack = Stack(new_plan(bridges=bridges, bots={"dispatch": {}, "rating": {}}, help_centre={"enabled": False}))
    await stack.start()
    yield stack
    await stack.stop()


@pytest.fixture
async def citizen(deployment: Stack, claim: Any) -> AsyncIterator[Citizen]:
    assert deployment.endpoints
    account = deployment.endpoints.operators[0]
    operator = await Person.login(deployment.endpoints.homeserver, account.user_id, account.password)
    async with aiohttp.ClientSession() as session:
        yield Citizen(deployment, session, operator, claim)
    await operator.close()


async def test_every_kind_of_message_is_shown_or_named(citizen: Citizen) -> None:
    room = await citizen.begins()
    for each in MESSAGES:
        await citizen.control("say", message=each["message"])
        await citizen.heard(room, each.get("note") or each["text"])
    await citizen.control("say", message={"type": "reaction", "reaction": {"message_id": "wamid.1", "emoji": "👍"}})
    await citizen.heard(room, "Le citoyen a réagi 👍.")
    source = await citizen.says("une faute")
    inner = {"type": "text", "text": {"body": "sans faute"}}
    edit = {"type": "edit", "edit": {"original_message_id": source, "message": inner}}
    await citizen.heard(room, "une faute")
    await citizen.control("say", message=edit)
    await citizen.heard(room, "sans faute")


async def test_a_file_is_fetched_with_the_token_and_one_goes_back(citizen: Citizen) -> None:
    room = await citizen.begins(phone="33600000001")
    file = {"name": "plainte.pdf", "type": "application/pdf", "data": base64.b64encode(PDF).decode()}
    await citizen.says("voici", file=file)
    await citizen.heard(room, "voici")
    await citizen.operator.wait(lambda e: e.room_id == room and e.content.get("msgtype") in ("m.file", "m.image"), 30)
    await citizen.control("faults", on="cdn", fault="expired")
    await citizen.says("encore", file=file)
    await citizen.heard(room, "n’est plus disponible")
    answer, _ = await citizen.operator.client.upload(io.BytesIO(PDF), "application/pdf", "b.pdf", filesize=len(PDF))
    file = {"msgtype": "m.file", "body": "b.pdf", "url": answer.content_uri, "info": {"mimetype": "application/pdf"}}
    await citizen.operator.send(room, file)
    assert (await citizen.gets("b.pdf"))["call"]["type"] == "document"


@pytest.mark.parametrize(("labels", "kind"), [(["Oui", "Non"], "interactive"), (["Oui", "x" * 21], "text")])
def test_short_options_are_buttons_and_others_a_list(labels: list[str], kind: str) -> None:
    prompt = Prompt("$p", PromptKind.CHOICE, tuple(Option(label, label) for label in labels))
    found = _content(Parcel("c:1:0", 1, 0, "Oui ou non ?", "fr", human=True, prompt=prompt))
    assert found["type"] == kind
    if kind == "interactive":
        replies = [each["reply"] for each in found["interactive"]["action"]["buttons"]]
        assert replies == [{"id": "answer:$p:Oui", "title": "Oui"}, {"id": "answer:$p:Non", "title": "Non"}]
    else:
        assert f"2. {labels[1]}" in found["text"]["body"]


@pytest.mark.parametrize("fault", ["lost_answer", "131056", "131000"])
async def test_a_bad_moment_of_the_platform_loses_and_doubles_nothing(fault: str, citizen: Citizen) -> None:
    room = await citizen.begins()
    await citizen.control("faults", on="send", fault=fault)
    await citizen.operator.say(room, "un")
    await citizen.operator.say(room, "deux")
    await citizen.gets("deux", 60)
    async with citizen.session.get(f"{citizen.at['graph']}/_emulator/sent", params={"user": citizen.user}) as answer:
        assert [each["text"] for each in await answer.json() if len(each["text"]) < 10] == ["un", "deux"]


async def test_after_24_hours_and_when_a_message_fails_later_the_operator_is_told(citizen: Citizen) -> None:
    room = await citizen.begins()
    await citizen.control("people", blocked=True)
    await citizen.operator.say(room, "êtes-vous là ?")
    await citizen.heard(room, "n’est pas joignable sur WhatsApp")
    await citizen.control("people", blocked=False, hours_ago=25)
    await citizen.operator.say(room, "trop tard")
    await citizen.heard(room, "les 24 heures où WhatsApp")


async def test_the_webhook_answers_meta_alone(citizen: Citizen, deployment: Stack) -> None:
    url = citizen.at["webhook"]
    verify = (deployment.config.paths.secrets / "whatsapp.verify_token").read_text().strip()
    for token, status in ((verify, 200), ("other", 403)):
        query = {"hub.mode": "subscribe", "hub.challenge": "1158201444", "hub.verify_token": token}
        async with citizen.session.get(url, params=query) as answer:
            assert answer.status == status
            assert status != 200 or await answer.text() == "1158201444"
    body = encoded(citizen.at["number"], {"messages": [{"id": "wamid.x"}, "odd", {"from": ["x"], "id": {}}]})
    page = b'{"object": "page", "entry": []}'
    for given, data, status in (
        ("", body, 403),
        (signature("other", body), body, 403),
        (signature(citizen.at["app_secret"], body), body + b" ", 403),
        (signature(citizen.at["app_secret"], body), body, 200),
        (signature(citizen.at["app_secret"], page), page, 404),
        (signature(citizen.at["app_secret"], b"[]"), b"[]", 404),
        (signature(citizen.at["app_secret"], b"{"), b"{", 400),
    ):
        async with citizen.session.post(url, data=data, headers={"X-Hub-Signature-256": given}) as answer:
            assert answer.status == status


async def test_an_odd_event_takes_no_other_down(citizen: Citizen) -> None:
    room = await citizen.begins()
    moment = {"from_user_id": citizen.user, "timestamp": str(int(time.time()))}
    good = moment | {"id": f"wamid.{secrets.token_hex(8)}", "type": "text", "text": {"body": "malgré tout"}}
    odd = [{"id": "wamid.1"}, good | {"id": "wamid.2", "timestamp": "hier"}, {"from": ["?"]}, None, {"status": "read"}]
    body = encoded(
        citizen.at["number"], {"contacts": [{"wa_id": ["?"]}, None], "messages": [*odd, good], "statuses": odd}
    )
    headers = {"X-Hub-Signature-256": signature(citizen.at["app_secret"], body)}
    async with citizen.session.post(citizen.at["webhook"], data=body, headers=headers) as answer:
        assert answer.status == 200
    await citizen.heard(room, "malgré tout")


async def test_the_emulator_is_taken_for_the_platform_by_pywa() -> None:
    came: list[tuple[bytes, str]] = []

    async def take(request: web.Request) -> web.Response:
        came.append((await request.read(), request.headers["X-Hub-Signature-256"]))
        return web.Response()

    app = web.Application()
    app.add_routes([web.post("/webhook", take)])
    async with TestServer(app) as hook:
        options = Options("secret", "verify", "token", str(hook.make_url("/webhook")), ("111",))
        async with TestServer(whatsapp.application(options)) as server, aiohttp.ClientSession() as session:
            said = {"user": "FR.1", "phone": "33600000002", "text": "l’été 😀"}
            await session.post(server.make_url("/_emulator/say"), json=said)
            client = WhatsApp("111", "token")
            client.api._session.base_url = f"{server.make_url('/')}v25.0"
            sent = await asyncio.to_thread(client.send_text, "33600000002", "Bonjour")
            assert sent.id.startswith("wamid.")
            buttons = [Button("Oui", "yes"), Button("Non", "no")]
            await asyncio.to_thread(client.send_text, "33600000002", "Oui ou non ?", buttons=buttons)
            media = await asyncio.to_thread(client.upload_media, PDF, "application/pdf", "a.pdf")
            assert await asyncio.to_thread(client.get_media_bytes, (await _url(client, media.id))) == PDF
            await session.post(server.make_url("/_emulator/faults"), json={"on": "send", "fault": "131047"})
            with pytest.raises(WhatsAppError):
                await asyncio.to_thread(client.send_text, "33600000002", "tard")
            async with asyncio.timeout(5):
                while len(came) < 5:
                    await asyncio.sleep(0.02)
    assert all(webhook_updates_validator("secret", body, given) for body, given in came)
    message = Message.from_update(client, json.loads(came[0][0]))
    assert (message.text, message.from_user.bsuid) == ("l’été 😀", "FR.1")
    assert abs(message.timestamp.timestamp() - time.time()) < 60


async def _url(client: WhatsApp, media: str) -> str:
    return (await asyncio.to_thread(client.get_media_url, media)).url
