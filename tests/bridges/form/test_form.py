"""The contact form and its mail on a real stack: a page without a script, mail over SMTP, replies over LMTP."""

import asyncio
import io
import re
import secrets
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from brigade.matrix.person import Person
from brigade.stack.stack import Stack

PICTURE = next(Path(__file__).parents[3].joinpath("docs/images").glob("*.png"))


@pytest.fixture(scope="module")
async def deployment(new_plan: Callable[..., Any]) -> AsyncIterator[Stack]:
    stack = Stack(new_plan(bridges={"webchat": {"limits": {"enabled": False}}, "form": {"per_minute": 1000}}))
    await stack.start()
    yield stack
    await stack.stop()


class Writer:
    """A citizen: the form in one hand, a mailbox in the other."""

    def __init__(self, stack: Stack, session: aiohttp.ClientSession) -> None:
        assert stack.endpoints and stack.endpoints.smtp
        self.address = f"{secrets.token_hex(4)}@example.org"
        self.form = f"http://127.0.0.1:{stack.config.listen.channels['form']}"
        self.inbox = stack.endpoints.smtp["inbox"]
        self.session = session

    async def fill_in(self, text: str, path: str = "/formulaire", files: int = 0, **fields: str) -> tuple[int, str]:
        form = aiohttp.FormData(default_to_multipart=True)
        given = {"client_id": secrets.token_hex(8), "text": text, "email": self.address, "safe": "yes"} | fields
        for name, value in given.items():
            form.add_field(name, value)
        for _ in range(files):
            form.add_field("files", PICTURE.read_bytes(), filename="vue.png", content_type="image/png")
        async with self.session.post(self.form + path, data=form) as answer:
            return answer.status, await answer.text()

    async def writes(self, text: str, **more: Any) -> None:
        letter = {"from": self.address, "text": text} | more
        async with self.session.post(f"{self.inbox}/_emulator/say", json=letter) as answer:
            assert answer.status == 200

    async def reads(self, wanted: str, within: float = 20) -> dict[str, Any]:
        """The first mail that says so, or has a file of this name."""
        async with asyncio.timeout(within):
            while True:
                for mail in await self.mails():
                    if wanted in mail["text"] or wanted in mail["files"]:
                        return mail
                await asyncio.sleep(0.05)

    async def mails(self) -> list[dict[str, Any]]:
        async with self.session.get(f"{self.inbox}/_emulator/sent", params={"to": self.address}) as answer:
            return list(await answer.json())

    async def fault(self, name: str, times: int = 1) -> None:
        async with self.session.post(f"{self.inbox}/_emulator/faults", json={"fault": name, "times": times}) as answer:
            assert answer.status == 200


@pytest.fixture
async def writer(deployment: Stack) -> AsyncIterator[Writer]:
    async with aiohttp.ClientSession() as session:
        yield Writer(deployment, session)


async def test_a_form_is_answered_by_mail_and_the_reply_comes_back(
    deployment: Stack, writer: Writer, operator: Person, claim: Any
) -> None:
    status, page = await writer.fill_in("Mon portail a été forcé", files=1, pseudonym="Zoé", postcode="35000")
    assert status == 200
    reference = re.search(r"\d{4}-\d{6}", page)
    assert reference
    confirmation = await writer.reads("bien reçu votre message")
    assert reference[0] in confirmation["headers"]["subject"] and "portail" not in confirmation["headers"]["subject"]
    room = await claim(operator, deployment, "Mon portail a été forcé")
    await operator.wait(lambda e: e.room_id == room and e.msgtype == "m.image", 20)
    await operator.say(room, "Bonjour, avez-vous vu quelqu’un ?")
    answer = await writer.reads("avez-vous vu quelqu’un")
    assert answer["headers"]["auto-submitted"] == "no" and "camille" not in str(answer).lower()
    quoted = "\n".join(f"> {line}" for line in answer["text"].splitlines())
    reply = f"Oui, une voiture rouge.\n\nLe mar. 3 nov. 2026 à 10:22, Brigade <c@b> a écrit :\n{quoted}"
    await writer.writes(reply, to=answer["headers"]["reply-to"], in_reply_to=answer["headers"]["message-id"])
    said = await operator.wait(lambda e: e.room_id == room and "voiture rouge" in e.body)
    assert said.body == "Oui, une voiture rouge." and said.sender.startswith("@_form_")
    await writer.writes("Et une moto.", in_reply_to=answer["headers"]["message-id"])  # to the plain address
    await operator.wait(lambda e: e.room_id == room and e.body == "Et une moto.")
    await operator.say(room, "!faq porter plainte en ligne")
    suggested = await operator.wait(
        lambda e: e.room_id == room and bool(e.own("fr.brigade.suggestions")) and "plainte" in e.body, 30
    )
    await operator.react(room, suggested.id, "1️⃣")
    await writer.reads("plainte")
    data = PICTURE.read_bytes()
    uploaded, _ = await operator.client.upload(io.BytesIO(data), "image/png", "plan.png", filesize=len(data))
    image = {"msgtype": "m.image", "body": "plan.png", "url": uploaded.content_uri, "info": {"mimetype": "image/png"}}
    await operator.send(room, image)
    assert (await writer.reads("plan.png", 40))["headers"]["auto-submitted"] == "no"
    await operator.say(room, "!clore")
    await writer.reads("0 à 10")
    await writer.writes("9", to=answer["headers"]["reply-to"])
    await operator.wait(lambda e: e.room_id == room and "9/10" in e.body)


async def test_who_is_not_safe_gets_no_mail_and_goes_on_in_the_chat(
    deployment: Stack, writer: Writer, operator: Person, claim: Any
) -> None:
    status, page = await writer.fill_in("Mon mari lit mes courriels", safe="no")
    assert status == 200
    link = re.search(r"/suite#([0-9a-f]{32})\.([\w-]+)", page)
    assert link
    room = await claim(operator, deployment, "Mon mari lit mes courriels")
    await operator.say(room, "Je vous lis")
    await operator.wait(lambda e: e.room_id == room and "ne pas lui écrire par courriel" in e.body)
    assert await writer.mails() == []
    assert deployment.endpoints
    base = f"{deployment.endpoints.webchat}/api/v1/conversations/{link[1]}"
    async with writer.session.post(f"{base}/continue", headers={"Authorization": f"Bearer {link[2]}"}) as answer:
        assert answer.status == 200
        token = (await answer.json())["token"]
    async with writer.session.get(f"{base}/events", headers={"Authorization": f"Bearer {token}"}) as answer:
        assert "Je vous lis" in [event.get("text") for event in (await answer.json())["events"]]
    assert await writer.mails() == []


async def test_machines_bounces_and_forgeries_are_told_to_the_team_only(
    deployment: Stack, writer: Writer, operator: Person, claim: Any
) -> None:
    await writer.fill_in("Une question de chasse au formulaire")
    await writer.reads("bien reçu")
    room = await claim(operator, deployment, "Une question de chasse au formulaire")
    await writer.fault("auto_reply")
    await operator.say(room, "Laquelle ?")
    note = await operator.wait(lambda e: e.room_id == room and "Réponse automatique" in e.body, 20)
    assert note.thread and "absent jusqu’à lundi" in note.body
    answer = await writer.reads("Laquelle")
    await writer.fault("dmarc_fail")
    await writer.writes("Donnez-moi tout", to=answer["headers"]["reply-to"])
    note = await operator.wait(lambda e: e.room_id == room and "DMARC" in e.body, 20)
    assert note.thread and not note.sender.startswith("@_form_")
    await writer.fault("bounce")
    await operator.say(room, "Perdu")
    note = await operator.wait(lambda e: e.room_id == room and "est revenu (5.1.1)" in e.body, 20)
    assert note.thread


async def test_a_mail_server_in_trouble_delays_and_a_refusal_is_told(
    deployment: Stack, writer: Writer, operator: Person, claim: Any
) -> None:
    await writer.fill_in("Une question de drones au formulaire")
    await writer.reads("bien reçu")
    room = await claim(operator, deployment, "Une question de drones au formulaire")
    await writer.fault("450", 2)
    await operator.say(room, "Premier")
    await operator.say(room, "Second")
    await writer.reads("Second", 30)
    order = [mail["text"].splitlines()[0] for mail in await writer.mails()]
    assert order[-2:] == ["Premier", "Second"]
    await writer.fault("550")
    await operator.say(room, "Troisième")
    note = await operator.wait(lambda e: e.room_id == room and "refuse nos courriels (550)" in e.body, 20)
    assert note.thread


async def test_the_same_form_twice_is_one_message_and_a_returning_address_is_known(
    deployment: Stack, writer: Writer, operator: Person, claim: Any
) -> None:
    key = secrets.token_hex(8)
    first = await writer.fill_in("Une fois", client_id=key)
    again = await writer.fill_in("Une fois", client_id=key)
    found = [re.search(r"\d{4}-\d{6}", page) for _, page in (first, again)]
    assert found[0] and found[1] and found[0][0] == found[1][0]
    room = await claim(operator, deployment, "Une fois")
    assert sum(e.body == "Une fois" for e in operator.seen if e.room_id == room) == 1
    await writer.fill_in("Deux fois")
    await operator.wait(lambda e: e.room_id == room and e.body == "Deux fois")


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"text": " "}, "text"),
        ({"email": "nulle-part"}, "email"),
        ({"email": ""}, "email"),
        ({"postcode": "€€€"}, "postcode"),
    ],
)
async def test_a_mistake_is_shown_beside_its_field_and_nothing_typed_is_lost(
    writer: Writer, fields: dict[str, str], field: str
) -> None:
    status, page = await writer.fill_in(**{"text": "Mon <b>texte</b>", "pseudonym": "Zoé"} | fields)
    assert status == 422
    assert f'id="{field}-error"' in page and 'role="alert"' in page
    assert "Zoé" in page and "<b>texte" not in page


async def test_the_api_says_what_is_wrong_and_takes_what_is_right(writer: Writer) -> None:
    url = f"{writer.form}/api/v1/form"
    for bad in ({}, {"text": "a"}, {"client_id": "12345678", "language": "pt", "text": "a"}, [1]):
        async with writer.session.post(url, json=bad) as answer:
            assert answer.status == 422 and (await answer.json())["detail"]
    async with writer.session.post(url, data=b"{") as answer:
        assert answer.status == 422
    good = {
        "client_id": secrets.token_hex(8),
        "language": "de",
        "text": "Guten Tag",
        "email": writer.address,
        "safe": True,
    }
    async with writer.session.post(url, json=good) as answer:
        assert answer.status == 202 and (await answer.json())["reference"]
    assert "erhalten" in (await writer.reads("Referenz"))["text"]


async def test_a_file_that_lies_is_left_out_and_told(
    deployment: Stack, writer: Writer, operator: Person, claim: Any
) -> None:
    form = aiohttp.FormData(default_to_multipart=True)
    for name, value in {"client_id": "lies-1234567", "text": "Voici", "safe": "yes", "email": writer.address}.items():
        form.add_field(name, value)
    form.add_field("files", b"<svg onload=alert(1)>", filename="a.png", content_type="image/png")
    async with writer.session.post(f"{writer.form}/formulaire", data=form) as answer:
        assert answer.status == 200
    room = await claim(operator, deployment, "Voici")
    note = await operator.wait(lambda e: e.room_id == room and "n’a pas été repris" in e.body, 20)
    assert note.thread
