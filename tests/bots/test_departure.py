"""The citizen leaves: nothing is sent any more, and only a calm conversation is closed without a person (S8, S19)."""

from typing import Any

from brigade.vocabulary import Status


async def test_a_calm_conversation_that_nobody_took_is_closed(desk: Any) -> None:
    citizen = await desk.citizen("Bonjour, quels sont vos horaires ?")
    room_id = await desk.room_of(citizen)
    await citizen.leave(quick=True)
    await desk.until(room_id, lambda state: state.status is Status.CLOSED)
    await desk.note(room_id, "la conversation est close")
    await desk.until_shown(desk.lobby, (await desk.card(citizen)).id, "sortie rapide")


async def test_a_sensitive_one_waits_for_an_operators_decision_and_hears_nothing(desk: Any) -> None:
    operator = await desk.operator()
    citizen = await desk.citizen("Mon mari me frappe", entry_point="arretonslesviolences")
    room_id = await desk.room_of(citizen)
    await desk.until(room_id, lambda state: state.theme == "violences-conjugales")
    await citizen.leave(quick=True)
    note = await desk.note(room_id, "sortie rapide")
    assert (await desk.state(room_id)).status is Status.WAITING
    await desk.claimed(citizen, operator)
    await operator.say(room_id, "!modele bonjour")
    await desk.note(room_id, "le citoyen a quitté la conversation")
    await operator.say(room_id, "!rendre")
    await desk.until(room_id, lambda state: state.status is Status.WAITING)
    await desk.settled()
    events = await desk.events(room_id)
    later = events[[e.id for e in events].index(note.id) :]
    assert not [e for e in later if e.own("fr.brigade.audience") == "citizen"]
