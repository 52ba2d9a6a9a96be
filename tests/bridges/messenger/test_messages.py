"""Messages both ways between the emulator and a real room: what the platform does, and what it must never do to us."""

import asyncio
import base64
import io
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
from PIL import Image

from brigade.emulators.messenger.delivery import encoded, signature
from brigade.stack.stack import Stack

LOCAL = "100000000000002"


def picture(kind: str = "PNG") -> str:
    out = io.BytesIO()
    Image.new("RGB", (12, 9), "navy").save(out, kind)
    return base64.b64encode(out.getvalue()).decode()


async def test_a_message_becomes_a_room_and_is_answered(
    platform: Any, new_citizen: Callable[..., Any], desk: Any
) -> None:
    citizen = new_citizen()
    await citizen.says("Bonjour, mon scooter a disparu", name="Ada Martin")
    courtesy = await citizen.gets("garde une copie")
    assert courtesy["call"]["messaging_type"] == "RESPONSE"
    assert "/suite#" in courtesy["text"]
    room = await desk.claims("Bonjour, mon scooter a disparu")
    await desk.hears(room, "Pseudonyme : Ada Martin")
    await desk.hears(room, "Réponse possible : jusqu’au ")
    await desk.person.client.room_typing(room, True)
    await platform.until(lambda found: "typing_on" in found["actions"].get(citizen.psid, []))
    await desk.person.say(room, "De quelle marque ?")
    assert (await citizen.gets("De quelle marque ?"))["call"]["message"]["metadata"]
    ghosts = {e.sender for e in desk.person.seen if e.room_id == room and e.sender.startswith("@_messenger_")}
    assert len(ghosts) == 1
    assert not any(citizen.psid in str(e.content) or citizen.psid in e.sender for e in desk.person.seen)


async def test_pictures_pass_both_ways(new_citizen: Callable[..., Any], desk: Any) -> None:
    citizen = new_citizen()
    await citizen.says("Voici la photo", files=[{"name": "p.png", "type": "image/png", "data": picture()}])
    room = await desk.claims("Voici la photo")
    shown = await desk.person.wait(lambda e: e.room_id == room and e.content.get("msgtype") == "m.image", 20)
    assert shown.content["info"]["mimetype"] == "image/png"
    data = base64.b64decode(picture("JPEG"))
    answer, _ = await desk.person.client.upload(io.BytesIO(data), "image/jpeg", "plan.jpg", filesize=len(data))
    image = {"msgtype": "m.image", "body": "plan.jpg", "url": answer.content_uri, "info": {"mimetype": "image/jpeg"}}
    await desk.person.send(room, image)
    got = await citizen.gets(lambda each: bool(each["attachments"]))
    assert got["attachments"][0]["type"] == "image"
    async with aiohttp.ClientSession() as session, session.get(got["attachments"][0]["payload"]["url"]) as file:
        assert await file.read() == data


async def test_files_that_cannot_be_taken_over_are_named(new_citizen: Callable[..., Any], desk: Any) -> None:
    citizen = new_citizen()
    await citizen.says("J’envoie tout")
    room = await desk.claims("J’envoie tout")
    lying = [{"name": "photo.png", "type": "image/png", "data": base64.b64encode(b"MZ\x90 not a picture").decode()}]
    await citizen.sends(files=lying)
    await desk.hears(room, "n’a pas été repris : genre de fichier non accepté")
    voice = [{"name": "voix.mp3", "type": "audio/mpeg", "data": base64.b64encode(b"ID3 a voice").decode()}]
    await citizen.sends(files=voice)
    inside = [{"type": "image", "payload": {"url": "http://169.254.169.254/latest/meta-data"}}]
    await citizen.sends(attachments=inside)
    await desk.hears(room, "l’adresse du fichier n’est pas en https")
    await citizen.sends(attachments=[{"type": "image", "payload": {"url": "https://127.0.0.1/a.png"}}])
    await desk.hears(room, "mène dans un réseau privé")
    await citizen.sends(attachments=[{"type": "hologramme", "payload": {}}])
    await desk.hears(room, "de genre « hologramme »")
    thumb = {"sticker_id": 369239263222822, "url": "https://127.0.0.1/thumb.png"}
    await citizen.sends(attachments=[{"type": "image", "payload": thumb}, {"type": "sticker", "payload": thumb}])
    await desk.hears(room, "👍")
    place = {"coordinates": {"lat": 48.1, "long": -1.6}}
    await citizen.sends(attachments=[{"type": "location", "title": "Ma position", "payload": place}])
    await desk.hears(room, "📍 Ma position 48.1, -1.6")
    await citizen.says("la suite")
    await desk.hears(room, "la suite")
    assert desk.heard(room, "👍") == 1, "a sticker that comes twice in one message is one"


async def test_changes_reactions_and_buttons(new_citizen: Callable[..., Any], desk: Any, platform: Any) -> None:
    citizen = new_citizen()
    mid = await citizen.says("Une quesion")
    room = await desk.claims("Une quesion")
    await citizen.does("message_edits", message_edit={"mid": mid, "text": "Une question", "num_edit": 1})
    await desk.person.wait(lambda e: e.room_id == room and e.replaces is not None and "Une question" in e.body)
    await desk.person.say(room, "Je vous écoute")
    got = await citizen.gets("Je vous écoute")
    reaction = {"reaction": "love", "emoji": "❤️", "action": "react", "mid": got["mid"]}
    await citizen.does("message_reactions", reaction=reaction)
    note = await desk.hears(room, "a réagi ❤️ à « Je vous écoute »")
    assert note.thread
    await citizen.does("messaging_postbacks", postback={"mid": "m_menu", "title": "Aide", "payload": "HELP"})
    await desk.hears(room, "Aide")
    await citizen.does("messaging_referrals", referral={"ref": "affiche", "source": "SHORTLINK", "type": "OPEN_THREAD"})
    await desk.hears(room, "par le lien « affiche »")
    await citizen.does("raw", thing_of_2027={"a": 1})
    await desk.hears(room, "que ce logiciel ne connaît pas encore")
    await citizen.does("message_reads", read={"watermark": 4_000_000_000_000})
    async with asyncio.timeout(20):
        while not any(
            r == room and any(x.user_id.startswith("@_messenger_") for x in getattr(found, "receipts", ()))
            for r, found in desk.person.ephemeral
        ):
            await asyncio.sleep(0.1)


async def test_long_answers_end_at_sentences_and_choices_are_buttons(
    new_citizen: Callable[..., Any], desk: Any
) -> None:
    citizen = new_citizen()
    await citizen.says("Longue question")
    room = await desk.claims("Longue question")
    long = ("Une phrase qui dit quelque chose et qui finit. " * 100).strip()
    await desk.person.say(room, long)
    await desk.person.say(room, "Voilà tout.")
    await citizen.gets("Voilà tout.")
    parts = [each["text"] for each in await citizen.got() if each["text"].startswith("Une phrase")]
    assert len(parts) == 3
    assert all(len(part) < 2000 and part.endswith(".") for part in parts)
    assert " ".join(parts) == long
    await desk.person.say(room, "!clore")
    asked = await citizen.gets(lambda each: bool(each["quick_replies"]))
    assert [each["title"] for each in asked["quick_replies"]] == [str(n) for n in range(11)]
    await citizen.says("9", quick_reply=asked["quick_replies"][9]["payload"])
    await desk.hears(room, "9/10")


async def test_two_pages_keep_the_same_person_apart(new_citizen: Callable[..., Any], desk: Any) -> None:
    there, here = new_citizen(LOCAL), new_citizen()
    here.psid = there.psid
    await there.says("Hello, I lost my passport at the airport")
    first = await desk.claims("Hello, I lost my passport at the airport")
    await here.says("Bonjour, je cherche la brigade")
    second = await desk.claims("Bonjour, je cherche la brigade")
    sheet = await desk.hears(first, "Page d’entrée : guyane")
    assert "anglais" in sheet.body
    seen = [e for e in desk.person.seen if e.room_id in (first, second)]
    ghosts = {e.sender for e in seen if e.sender.startswith("@_messenger_")}
    assert len(ghosts) == 2
    await desk.person.say(first, "Where exactly?")
    got = await there.gets("Where exactly?")
    assert got["page"] == LOCAL


async def test_a_person_whose_name_nobody_tells_is_written_to_all_the_same(
    new_citizen: Callable[..., Any], desk: Any, platform: Any
) -> None:
    await platform.control("world", profiles=False)
    citizen = new_citizen()
    await citizen.says("Sans nom")
    room = await desk.claims("Sans nom")
    sheet = await desk.hears(room, "Fiche ")
    assert "Pseudonyme : aucun" in sheet.body
    await platform.control("world", profiles=True)


@pytest.mark.parametrize("fault", ["duplicate", "out_of_order"])
async def test_what_is_told_twice_or_late_is_one_message(
    fault: str, new_citizen: Callable[..., Any], desk: Any, platform: Any
) -> None:
    citizen = new_citizen()
    await citizen.says(f"avant {fault}")
    room = await desk.claims(f"avant {fault}")
    await platform.until(lambda found: found["idle"])
    await platform.fault("webhook", fault)
    await citizen.says("ligne première")
    await asyncio.sleep(0.3)
    await citizen.says("ligne seconde")
    for text in ("ligne première", "ligne seconde"):
        await desk.hears(room, text)
    await platform.until(lambda found: found["idle"])
    assert (desk.heard(room, "ligne première"), desk.heard(room, "ligne seconde")) == (1, 1)


@pytest.mark.parametrize("fault", ["wrong_signature", "no_signature", "sha1_only"])
async def test_what_is_not_signed_is_asked_for_again(
    fault: str, new_citizen: Callable[..., Any], platform: Any
) -> None:
    citizen = new_citizen()
    await platform.until(lambda found: found["idle"])
    before = (await platform.state())["refusals"]
    await platform.fault("webhook", fault)
    await citizen.says("signé")
    await citizen.gets("garde une copie")
    assert (await platform.state())["refusals"] == before + 1


async def test_what_is_not_for_us_is_acknowledged(deployment: Stack, platform: Any) -> None:
    assert deployment.endpoints and deployment.endpoints.messenger
    metrics = f"{deployment.config.process_url('messenger')}/metrics"
    from_nowhere = {"sender": {"id": "1"}, "recipient": {"id": "9"}, "message": {"mid": "m_far", "text": "a"}}
    body, header = _signed(deployment, {"object": "page", "entry": [{"id": "9", "messaging": [from_nowhere]}]})
    async with platform.session.post(deployment.endpoints.messenger["webhook"], data=body, headers=header) as answer:
        assert answer.status == 200
    async with platform.session.get(metrics) as answer:
        assert 'brigade_refused_total{reason="page-unknown",service="messenger"} 1.0' in await answer.text()


def _signed(deployment: Stack, payload: Any) -> tuple[bytes, dict[str, str]]:
    assert deployment.endpoints and deployment.endpoints.messenger
    body = encoded(payload)
    proof = signature(deployment.endpoints.messenger["app_secret"], body)
    return body, {"X-Hub-Signature-256": proof, "Content-Type": "application/json"}
