"""Somebody writes to the brigade on X: the whole way on a real stack, with every fault that the platform may have."""

import asyncio
import base64
import io
import json
import secrets
from collections.abc import AsyncIterator, Callable
from typing import Any

import aiohttp
import pytest
from chat_xdk import Chat
from oauthlib.oauth1 import Client
from PIL import Image

from brigade.matrix.person import Person
from brigade.stack.stack import Stack

FIRST, SECOND = "1000000000000000001", "1000000000000000002"


def picture(colour: str = "red") -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 48), colour).save(out, "PNG")
    return out.getvalue()


@pytest.fixture(scope="module")
async def deployment(new_plan: Callable[..., Any], tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    folder = tmp_path_factory.mktemp("x")
    end = Chat()
    public = end.generate_keypairs()
    kept = {"version": public.version, "keys": base64.b64encode(bytes(end.export_keys() or b"")).decode()}
    (folder / "keys.json").write_text(json.dumps(kept))
    (folder / "granted.json").write_text(json.dumps({"client_id": "c", "refresh_token": secrets.token_hex(8)}))
    for name in ("token", "secret"):
        (folder / name).write_text(secrets.token_hex(16))
    second = {"user": SECOND, "name": "Gendarmerie du Doubs", "oauth2_file": str(folder / "granted.json")}
    second |= {"access_token_file": str(folder / "token"), "access_token_secret_file": str(folder / "secret")}
    first = {"chat_keys_file": str(folder / "keys.json")}
    options = {"accounts": [first, second], "check_seconds": 0.5, "poll_seconds": 1, "reconcile_seconds": 2}
    stack = Stack(new_plan(bridges={"webchat": {"limits": {"enabled": False}}, "x": options}))
    await stack.start()
    assert stack.endpoints
    await register(stack.endpoints.x["api"], stack, public)
    yield stack
    await stack.stop()


async def register(api: str, stack: Stack, public: Any) -> None:
    """The account's public keys, as its app on a telephone would have done."""
    kept = stack.config.paths.secrets
    names = ("consumer_key", "consumer_secret", "access_token", "access_token_secret")
    key, secret, token, token_secret = ((kept / f"x.{name}").read_text().strip() for name in names)
    url = f"{api}/2/users/{FIRST}/public_keys"
    signer = Client(key, secret, resource_owner_key=token, resource_owner_secret=token_secret)
    _, headers, _ = signer.sign(url, http_method="POST", headers={})
    fields = ("public_key", "signing_public_key", "identity_public_key_signature", "registration_method")
    body = {"version": public.version, "public_key": {name: getattr(public.public_key, name) for name in fields}}
    async with aiohttp.ClientSession() as session, session.post(url, json=body, headers=headers) as answer:
        assert answer.status == 200, await answer.text()


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


async def send_picture(operator: Person, room: str) -> None:
    data = picture("green")
    uploaded, _ = await operator.client.upload(io.BytesIO(data), "image/png", "vue.png", filesize=len(data))
    info = {"mimetype": "image/png", "size": len(data)}
    await operator.send(room, {"msgtype": "m.image", "body": "vue.png", "url": uploaded.content_uri, "info": info})


async def test_the_whole_journey(
    deployment: Stack, new_writer: Callable[[], Writer], operator: Person, claim: Any
) -> None:
    writer = new_writer()
    await writer.says("Bonjour, on m’a volé mon vélo & mon casque <bleu>", name="Ada Martin")
    courtesy = await writer.reads("X garde une copie")
    assert "17" in courtesy["text"] and "/suite#" in courtesy["text"]
    room = await claim(operator, deployment, "Bonjour, on m’a volé mon vélo & mon casque <bleu>")
    await operator.say(room, "Bonjour, quand est-ce arrivé ?")
    await writer.reads("quand est-ce arrivé")
    async with asyncio.timeout(20):
        while not (receipts(operator, room) and typing(operator, room)):
            assert await writer.thread(), "looking is reading"
            await writer.control("event", type="dm.indicate_typing")
            await asyncio.sleep(0.2)
    await writer.says("hier", file={"type": "image/png", "data": base64.b64encode(picture()).decode()})
    await operator.wait(lambda e: e.room_id == room and e.msgtype == "m.image", 20)
    said = await operator.wait(lambda e: e.room_id == room and e.body == "hier")
    assert said.sender.startswith("@_x_") and writer.user not in said.sender
    await operator.say(room, "!faq voter par procuration")
    suggested = await operator.wait(lambda e: e.room_id == room and bool(e.own("fr.brigade.suggestions")))
    await operator.react(room, suggested.id, "1️⃣")
    await writer.reads("procuration")
    await send_picture(operator, room)
    async with asyncio.timeout(20):
        while not any(message["media"] for message in await writer.got()):
            await asyncio.sleep(0.05)
    await operator.say(room, "!clore")
    await writer.reads("0 à 10")
    await writer.says("9")
    await operator.wait(lambda e: e.room_id == room and "9/10" in e.body)
    await writer.says("Deuxième affaire")
    again = await claim(operator, deployment, "Deuxième affaire")
    assert again != room
    sheet = await operator.wait(lambda e: e.room_id == again and "Conversations précédentes" in e.body)
    assert "1" in sheet.body


def typing(operator: Person, room: str) -> bool:
    """Whether the citizen's ghost was seen writing there."""
    found = [getattr(event, "users", ()) for where, event in operator.ephemeral if where == room]
    return any(user.startswith("@_x_") for users in found for user in users)


def receipts(operator: Person, room: str) -> bool:
    """Whether the citizen's ghost has read something there."""
    found = [event for where, event in operator.ephemeral if where == room]
    return any(each.user_id.startswith("@_x_") for event in found for each in getattr(event, "receipts", ()))


async def test_one_tap_and_the_conversation_goes_on_in_the_web_chat(
    deployment: Stack, new_writer: Callable[[], Writer], operator: Person, claim: Any
) -> None:
    writer = new_writer()
    await writer.says("On me suit depuis hier soir")
    room = await claim(operator, deployment, "On me suit depuis hier soir")
    offer = await writer.reads("/suite#")
    conversation, key = offer["text"].split("/suite#")[1].split()[0].split(".")
    assert deployment.endpoints
    base = f"{deployment.endpoints.webchat}/api/v1/conversations/{conversation}"
    bearer = {"Authorization": f"Bearer {key}"}
    async with writer.session.post(f"{base}/continue", headers=bearer) as answer:
        assert answer.status == 200
        bearer = {"Authorization": f"Bearer {(await answer.json())['token']}"}
    said = {"client_id": "c1", "text": "Je suis ici"}
    async with writer.session.post(f"{base}/messages", json=said, headers=bearer) as answer:
        assert answer.status == 202
    await operator.wait(lambda e: e.room_id == room and e.body == "Je suis ici")
    await operator.say(room, "Je vous lis ici")
    async with asyncio.timeout(20):
        while True:
            async with writer.session.get(f"{base}/events", headers=bearer) as answer:
                if "Je vous lis ici" in [event.get("text") for event in (await answer.json())["events"]]:
                    break
            await asyncio.sleep(0.1)
    assert not [message for message in await writer.got() if "Je vous lis ici" in message["text"]]


async def test_every_fault_of_sending(
    deployment: Stack, new_writer: Callable[[], Writer], operator: Person, claim: Any
) -> None:
    writer = new_writer()
    await writer.says("Bonjour, une question de chasse")
    await writer.reads("/suite#")
    room = await claim(operator, deployment, "Bonjour, une question de chasse")
    for number, fault in enumerate(("lost_answer", "500", "151", "token_expired", "slow")):
        if fault != "token_expired":  # an administrator has to act: it takes its time
            await writer.fault("send", fault)
        await operator.say(room, f"message {number}")
    await writer.reads("message 4", 60)
    sent = [m["text"] for m in await writer.got() if m["text"].startswith("message")]
    assert sent == [f"message {number}" for number in range(5)], "once each, in order"
    await writer.control("people", closed=True)
    await operator.say(room, "vous me lisez ?")
    note = await operator.wait(lambda e: e.room_id == room and "n’accepte pas nos messages" in e.body, 20)
    assert note.thread
    await writer.control("people", closed=False)
    await writer.says("oui, je vous ai débloqués")
    await operator.wait(lambda e: e.room_id == room and e.body == "oui, je vous ai débloqués")
    await operator.say(room, "parfait")
    await writer.reads("parfait")


@pytest.mark.parametrize(
    "fault", ["duplicate", "two_uuids", "out_of_order", "wrong_signature", "hex_signature", "lost"]
)
async def test_every_fault_of_the_webhook(
    fault: str, deployment: Stack, new_writer: Callable[[], Writer], operator: Person, claim: Any
) -> None:
    """What is told twice is one message; what is badly signed comes again; what is lost is found by asking."""
    writer = new_writer()
    first = f"Une question {secrets.token_hex(4)}"
    await writer.says(first)
    room = await claim(operator, deployment, first)
    await writer.fault("webhook", fault)
    await writer.says("un")
    await writer.says("deux")
    await operator.wait(lambda e: e.room_id == room and e.body == "un", 20)
    await operator.wait(lambda e: e.room_id == room and e.body == "deux", 20)
    await writer.says("trois")
    await operator.wait(lambda e: e.room_id == room and e.body == "trois", 20)
    said = [e.body for e in operator.seen if e.room_id == room and e.body in ("un", "deux", "trois")]
    assert sorted(said) == ["deux", "trois", "un"]


async def test_signs_strangers_and_colleagues(
    deployment: Stack, new_writer: Callable[[], Writer], operator: Person, claim: Any
) -> None:
    writer = new_writer()
    await writer.says("Bonjour, une question de route")
    room = await claim(operator, deployment, "Bonjour, une question de route")
    await writer.control("app", text="Je réponds depuis mon téléphone")
    await operator.wait(lambda e: e.room_id == room and "depuis l’application X : « Je réponds" in e.body)
    await operator.say(room, "d’ici aussi")
    await writer.reads("d’ici aussi")
    await asyncio.sleep(1)
    assert not [e for e in operator.seen if e.room_id == room and "application X" in e.body and "d’ici" in e.body]
    await writer.control("event", type="dm.indicate_typing")
    await writer.control("event", type="block.block", content={"source": {"id": writer.user}})
    await operator.wait(lambda e: e.room_id == room and "bloqués sur X" in e.body)
    await writer.says("", url="https://127.0.0.1/secret.png")
    await operator.wait(lambda e: e.room_id == room and "réseau privé" in e.body)
    lie = base64.b64encode(b"<html>not a picture</html>" * 20).decode()
    await writer.says("", file={"type": "image/png", "data": lie})
    await operator.wait(lambda e: e.room_id == room and "n’a pas été repris" in e.body and "genre" in e.body, 20)
    await writer.fault("media_download", "500", 2)
    await writer.says("à regarder", file={"type": "image/png", "data": base64.b64encode(picture("blue")).decode()})
    await operator.wait(lambda e: e.room_id == room and e.body == "à regarder")
    await operator.wait(lambda e: e.room_id == room and e.msgtype == "m.image", 30)
    odd = {"data": {"event_uuid": "1", "filter": {"user_id": FIRST}, "event_type": "moon.landed", "payload": {}}}
    await writer.control("event", type="raw", content=odd)
    await writer.says("et encore")
    await operator.wait(lambda e: e.room_id == room and e.body == "et encore")


async def test_a_webhook_that_became_invalid_is_put_right(
    deployment: Stack, new_writer: Callable[[], Writer], operator: Person, claim: Any
) -> None:
    writer = new_writer()
    first = await writer.state()
    assert [hook["valid"] for hook in first["webhooks"]] == [True]
    assert len(first["subscriptions"]) == 14, "seven kinds of events of two accounts"
    await writer.control("world", invalidate=True, unsubscribe=True)
    await writer.says("Personne ne vous le dit ?")
    await claim(operator, deployment, "Personne ne vous le dit ?")
    async with asyncio.timeout(20):
        while not ((state := await writer.state())["webhooks"][0]["valid"] and len(state["subscriptions"]) == 14):
            await asyncio.sleep(0.1)


async def test_two_accounts_are_answered_each_by_itself(
    deployment: Stack, new_writer: Callable[[], Writer], operator: Person, claim: Any
) -> None:
    """The second one is authorised by OAuth 2."""
    writer = new_writer()
    await writer.says("À la page nationale")
    await writer.says("À la page du Doubs", account=SECOND)
    national = await claim(operator, deployment, "À la page nationale")
    local = await claim(operator, deployment, "À la page du Doubs")
    assert national != local
    await operator.say(local, "Le Doubs vous répond")
    await operator.say(national, "Paris vous répond")
    await writer.reads("Paris vous répond")
    assert (await writer.reads("Le Doubs vous répond"))["from"] == SECOND


async def test_what_is_encrypted_and_cannot_be_read_is_told_and_invited(
    deployment: Stack, new_writer: Callable[[], Writer], operator: Person, claim: Any
) -> None:
    """The second account's keys are not here."""
    writer = new_writer()
    await writer.says("Un secret", account=SECOND, chat=True)
    invitation = await writer.reads("Nous ne pouvons pas lire ici votre message chiffré")
    assert invitation["from"] == SECOND
    assert "/suite#" in (await writer.reads("X garde une copie"))["text"]
    room = await claim(operator, deployment, lambda event: "X Chat, chiffré de bout en bout" in event.body)
    assert not [e for e in operator.seen if e.room_id == room and "Un secret" in e.body]


async def test_x_chat_is_read_and_answered_with_the_accounts_keys(
    deployment: Stack, new_writer: Callable[[], Writer], operator: Person, claim: Any
) -> None:
    writer = new_writer()
    await writer.says("Un secret bien gardé", chat=True)
    room = await claim(operator, deployment, "Un secret bien gardé")
    await operator.say(room, "Je vous lis")
    answer = await writer.reads("Je vous lis")
    assert answer["chat"], "encrypted, too: the emulator read it with the person's own key"
    assert (await writer.reads("X garde une copie"))["chat"]
    await writer.fault("chat_send", "lost_answer")
    await operator.say(room, "et encore")
    await operator.say(room, "fin")
    await writer.reads("fin", 30)
    assert [m["text"] for m in await writer.got()][-3:] == ["Je vous lis", "et encore", "fin"]
    await asyncio.sleep(0.5)
    assert not [e for e in operator.seen if e.room_id == room and "depuis l’application X" in e.body]
    await send_picture(operator, room)
    await operator.wait(lambda e: e.room_id == room and "ne partent pas par X Chat" in e.body, 20)
    await writer.says("et en clair ?")
    await operator.wait(lambda e: e.room_id == room and e.body == "et en clair ?")
    await operator.say(room, "en clair")
    assert not (await writer.reads("en clair")).get("chat")
