"""What the triage bot does in a room with what the classifier says."""

from typing import Any

import pytest

from brigade.vocabulary import Urgency


async def test_an_urgency_is_raised_explained_and_shown_without_a_word_of_it_in_the_lobby(desk: Any) -> None:
    citizen = await desk.citizen("Bonjour")
    card = await desk.card(citizen)
    room_id = await desk.room_of(citizen)
    await citizen.say("Mon ex me menace tous les soirs devant chez moi")
    await desk.until(room_id, lambda state: state.urgency is Urgency.PRIORITY)
    await desk.note(room_id, "mon ex me menace")
    shown = await desk.until_shown(desk.lobby, card.id, "PRIORITAIRE")
    lobby = [e for e in await desk.events(desk.lobby) if citizen.reference in str(e.content)]
    assert "violences" not in shown and not any("violence" in str(e.content) for e in lobby)
    name = await desk.bot.state(room_id, "m.room.name")
    assert name["name"].startswith("🟠") and "violence" not in name["name"]


async def test_an_emergency_calls_everybody_and_the_alerts_room_knows_how_long_it_took(desk: Any) -> None:
    operator = await desk.operator()
    citizen = await desk.citizen("Au secours, il est derrière la porte avec un couteau")
    card = await desk.card(citizen)
    assert operator.user_id in card.content["m.mentions"]["user_ids"] and card.msgtype == "m.text"
    await desk.claimed(citizen, operator)
    alerts = await desk.bot.resolve(desk.stack.config.alias(desk.stack.config.desk.alerts.alias))
    await desk.until_in(alerts, lambda e: f"Urgence {citizen.reference}" in e.body)
    await desk.until_in(alerts, lambda e: f"{citizen.reference} prise par Camille (fr, en) après" in e.body)


async def test_an_emergency_that_comes_later_rings_too_and_the_citizen_has_the_numbers_once(desk: Any) -> None:
    operator = await desk.operator()
    citizen = await desk.citizen("Bonjour, j’ai une question")
    card = await desk.card(citizen)
    await citizen.say("Il est entré, il a un couteau, au secours")
    call = await desk.until_in(desk.lobby, lambda e: e.replies_to == card.id and e.msgtype == "m.text")
    assert operator.user_id in call.content["m.mentions"]["user_ids"]
    await desk.note(await desk.room_of(citizen), "Numéros d’urgence montrés")
    await operator.react(desk.lobby, call.id, "✋")  # the call is as good as the card
    await desk.until(await desk.room_of(citizen), lambda state: state.operator == operator.user_id)
    assert len([e for e in await citizen.events() if "114" in (e.get("text") or "")]) == 1


async def test_what_an_operator_corrected_stands(desk: Any) -> None:
    operator = await desk.operator()
    citizen = await desk.citizen("Mon ex me menace tous les soirs")
    room_id = await desk.claimed(citizen, operator)
    await desk.until(room_id, lambda state: state.urgency is Urgency.PRIORITY)
    for order in ("!urgence normale", "!theme vol", "!langue allemand"):
        await operator.say(room_id, order)
    await desk.note(room_id, "Langue : Deutsch (corrigé par un opérateur).")
    await citizen.say("Mon ex me menace encore, il m’a frappée")
    await desk.settled(2)
    state = await desk.state(room_id)
    assert (state.urgency, state.theme, state.language) == (Urgency.NORMAL, "vol-cambriolage", "de")


async def test_the_language_that_is_written_replaces_the_one_that_was_declared(desk: Any) -> None:
    citizen = await desk.citizen("Hello, somebody stole my bicycle in front of the station yesterday", "fr")
    await desk.until(await desk.room_of(citizen), lambda state: state.language == "en")
    await desk.until_shown(desk.lobby, (await desk.card(citizen)).id, "anglais")


@pytest.mark.parametrize(
    ("order", "answer"),
    [
        ("!urgence bleue", "Je ne connais pas l’urgence « bleue » : urgence, prioritaire ou normale."),
        ("!langue klingon", "Je ne connais pas la langue « klingon »"),
        ("!theme violences", "peut être : violences-conjugales, violences-sexuelles."),
        ("!theme", "Il manque la valeur après `!theme`."),
    ],
)
async def test_a_correction_that_cannot_be_read_says_what_can(desk: Any, order: str, answer: str) -> None:
    operator = await desk.operator()
    room_id = await desk.claimed(await desk.citizen(), operator)
    await operator.say(room_id, order)
    await desk.note(room_id, answer)
