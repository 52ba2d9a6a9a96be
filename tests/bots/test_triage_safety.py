"""S15, and what is said once: the safe-contact question, the languages we speak, polite limits."""

from collections.abc import Callable
from typing import Any

import pytest

from brigade.stack.stack import Stack
from brigade.texts import LANGUAGES
from brigade.vocabulary import Urgency


def asks(prompt: str) -> Any:
    return lambda event: (event.get("prompt") or {}).get("id") == prompt


SENSITIVE = {
    "fr": "Mon mari me frappe depuis des années et je ne sais pas quoi faire",
    "en": "My husband has been hitting me for years and I do not know what to do",
    "es": "Mi marido me pega desde hace años y no sé qué hacer",
    "de": "Mein Mann schlägt mich seit Jahren und ich weiß nicht, was ich tun soll",
    "it": "Mio marito mi picchia da anni e non so cosa fare",
}


@pytest.mark.parametrize("language", LANGUAGES)
async def test_S15_the_first_exchange_on_a_sensitive_subject_asks_who_may_see_the_screen(
    desk: Any, language: str
) -> None:
    citizen = await desk.citizen(SENSITIVE[language], language)
    question = await citizen.wait(asks("safe-contact"), 15)
    assert question["lang"] == language
    assert [option["id"] for option in question["prompt"]["options"]] == ["no", "yes", "unknown"]


async def test_S15_the_answer_and_the_code_word_reach_the_operator_and_nobody_else(desk: Any) -> None:
    operator = await desk.operator()
    citizen = await desk.citizen(SENSITIVE["fr"])
    await citizen.wait(asks("safe-contact"), 15)
    room_id = await desk.claimed(citizen, operator)
    await citizen.answer("safe-contact", option="yes")
    await citizen.wait(asks("code-word"), 15)
    await desk.note(room_id, "Contact sûr** : quelqu’un peut voir l’écran")
    await citizen.answer("code-word", value="mon  chat Biscotte")
    await desk.note(room_id, "mot convenu « mon chat Biscotte »")
    sheet = next(e for e in await desk.events(room_id) if e.own("fr.brigade.sheet"))
    await desk.until_shown(room_id, sheet.id, "mot convenu : « mon chat Biscotte »")
    assert not any("Biscotte" in str(event.content) for event in await desk.events(desk.lobby))
    await citizen.say("et sinon mon chat biscotte va bien")
    call = await desk.note(room_id, "Le citoyen a écrit le mot convenu")
    assert call.content["m.mentions"]["user_ids"] == [operator.user_id] and "iscotte" not in call.body


async def test_S15_it_is_asked_once_and_not_about_a_parking_fine(desk: Any) -> None:
    citizen = await desk.citizen(SENSITIVE["fr"])
    await citizen.wait(asks("safe-contact"), 15)
    await citizen.answer("safe-contact", option="no")
    await citizen.say("Il m’insulte aussi tous les soirs")
    other = await desk.citizen("Comment contester une amende de stationnement ?")
    await desk.settled(3)
    assert len([event for event in await citizen.events() if asks("safe-contact")(event)]) == 1
    assert not any(asks("code-word")(event) for event in await citizen.events())
    assert not any(asks("safe-contact")(event) for event in await other.events())


async def test_a_language_that_we_do_not_speak_is_told_which_we_do(desk: Any) -> None:
    citizen = await desk.citizen("Dzień dobry, zgubiłem paszport i nie wiem co robić")
    said = await citizen.wait(lambda event: "Nous répondons en français" in (event.get("text") or ""), 15)
    assert all(word in said["text"] for word in ("We answer", "Respondemos", "Wir antworten", "Rispondiamo", "112"))
    await citizen.say("proszę o pomoc z paszportem")
    await desk.settled(2)
    assert len([e for e in await citizen.events() if "Wir antworten" in (e.get("text") or "")]) == 1


async def test_insults_meet_a_polite_limit_and_are_not_dropped(desk: Any) -> None:
    citizen = await desk.citizen("vous servez à rien bande de connards")
    said = await citizen.wait(lambda event: "merci de rester poli" in (event.get("text") or ""), 15)
    assert "reste dans la file" in said["text"]
    card = await desk.card(citizen)
    assert "✋" in card.body
    await desk.until_in(await desk.room_of(citizen), lambda event: "bande de connards" in event.body)


async def test_a_priority_goes_first_to_those_who_are_trained(
    new_plan: Callable[..., Any], desk_on: Callable[[Stack], Any]
) -> None:
    config = new_plan().config
    trained = config.user_id(config.operators[1].name)
    stack = Stack(new_plan(bots={"triage": {}, "dispatch": {"trained": [trained]}}))
    await stack.start()
    try:
        async with desk_on(stack) as desk:
            citizen = await desk.citizen(SENSITIVE["fr"])
            card = await desk.card(citizen)
            await desk.until(await desk.room_of(citizen), lambda state: state.urgency is Urgency.PRIORITY)
            call = await desk.until_in(desk.lobby, lambda e: e.replies_to == card.id and "opérateur formé" in e.body)
            assert call.content["m.mentions"]["user_ids"] == [trained]
    finally:
        await stack.stop()
