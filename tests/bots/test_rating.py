"""What citizens thought of it."""

from typing import Any

from brigade.vocabulary import Status


async def close(desk: Any, room_id: str, operator: Any) -> None:
    await operator.say(room_id, "!clore")
    await desk.until(room_id, lambda state: state.status is Status.CLOSED)


async def test_a_rating_is_asked_at_the_end_kept_and_thanked_once(desk: Any) -> None:
    operator = await desk.operator()
    citizen = await desk.citizen("Hallo, ich habe eine Frage an die Gendarmerie", "de")
    room_id = await desk.claimed(citizen, operator)
    await close(desk, room_id, operator)
    asked = await citizen.hear("Wie zufrieden")
    assert (asked["prompt"]["kind"], asked["prompt"]["min"], asked["prompt"]["max"]) == ("scale", 0, 10)
    await citizen.rate(9, "Schnell <b>und</b> nett", True)
    note = await desk.note(room_id, "9/10 — demande résolue — « Schnell <b>und</b> nett »")
    assert note.thread and "<b>und" not in note.content["formatted_body"]
    await citizen.hear("Bewertung wurde gespeichert")
    sheet = await desk.until_in(room_id, lambda e: e.own("fr.brigade.sheet") and not e.replaces)
    await desk.until_shown(room_id, sheet.id, "9/10")
    await citizen.rate(2)
    await desk.note(room_id, "modifiée** : 2/10")
    thanks = [e for e in await citizen.events() if "gespeichert" in (e.get("text") or "")]
    assert len(thanks) == 1


async def test_a_number_chosen_as_an_answer_is_a_rating_too(desk: Any) -> None:
    operator = await desk.operator()
    citizen = await desk.citizen()
    room_id = await desk.claimed(citizen, operator)
    await close(desk, room_id, operator)
    await citizen.hear("De 0 à 10")
    await citizen.answer("rating", value=7)
    await desk.note(room_id, "7/10")


async def test_nobody_is_asked_after_a_quick_exit(desk: Any) -> None:
    operator = await desk.operator()
    citizen = await desk.citizen()
    room_id = await desk.claimed(citizen, operator)
    await citizen.leave(quick=True)
    await desk.note(room_id, "sortie rapide")
    await close(desk, room_id, operator)
    await desk.settled(2)
    assert not [e for e in await desk.events(room_id) if e.own("fr.brigade.prompt") or "De 0 à 10" in e.body]
