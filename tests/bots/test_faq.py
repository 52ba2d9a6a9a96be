"""Answers that somebody has written already: suggested to operators, proposed to those who wait."""

from typing import Any

from brigade.events import Event

BIKE = "Bonjour, on m’a volé mon vélo hier, que dois-je faire ?"


def suggestions(event: Event) -> list[dict[str, str]]:
    return event.own("fr.brigade.suggestions") or []


async def test_the_first_question_gets_suggestions_that_one_press_sends_once(desk: Any) -> None:
    operator = await desk.operator()
    citizen = await desk.citizen(BIKE)
    room_id = await desk.claimed(citizen, operator)
    note = await desk.until_in(room_id, lambda e: bool(suggestions(e)))
    assert note.thread
    await desk.until_in(room_id, lambda e: e.reaction == (note.id, "1⃣"))
    await operator.react(room_id, note.id, "1️⃣")
    first = await desk.until_in(room_id, lambda e: e.own("fr.brigade.audience") == "citizen" and "https://" in e.body)
    await citizen.wait(lambda e: e.get("text") == first.body)

    await operator.react(room_id, note.id, "1️")  # not one of ours
    await desk.settled()
    assert [e["text"] for e in citizen.seen if e["type"] == "message"].count(first.body) == 1


async def test_only_the_operator_in_charge_sends_an_answer(desk: Any) -> None:
    first, second = await desk.operator(0), await desk.operator(1)
    citizen = await desk.citizen(BIKE)
    room_id = await desk.claimed(citizen, first)
    await desk.bot.invite(room_id, second.user_id)
    await desk.entered(room_id, second)
    await first.say(room_id, "!faq vol de vélo")
    note = await desk.until_in(room_id, lambda e: len(suggestions(e)) > 1)
    before = len(await citizen.events())
    await second.react(room_id, note.id, "2️⃣")
    await desk.note(room_id, "seul l’opérateur qui a pris la conversation")
    assert len(await citizen.events()) == before
    await first.react(room_id, note.id, "2️⃣")
    await citizen.wait(lambda e: e["type"] == "message" and e["seq"] > before)


async def test_whoever_waits_is_proposed_an_answer_and_says_whether_it_helped(desk: Any) -> None:
    citizen = await desk.citizen(BIKE)
    asked = await citizen.hear("Cela répond-il à votre question")
    assert [option["id"] for option in asked["prompt"]["options"]] == ["faq-yes", "faq-no"]
    room_id = await desk.room_of(citizen)
    await citizen.answer("faq", option="faq-yes")
    await desk.note(room_id, "Réponse FAQ acceptée par le citoyen")
    await citizen.hear("Vous pouvez fermer ce tchat")
    assert (await desk.state(room_id)).open
    await desk.until_shown(desk.lobby, (await desk.card(citizen)).id, "Réponse FAQ acceptée")


async def test_a_citizen_whom_the_answer_did_not_help_is_told_that_a_gendarme_reads(desk: Any) -> None:
    citizen = await desk.citizen(BIKE)
    await citizen.hear("Cela répond-il")
    await citizen.answer("faq", option="faq-no")
    await desk.note(await desk.room_of(citizen), "Réponse FAQ refusée par le citoyen")
    await citizen.hear("Un gendarme lira votre message")


async def test_nothing_is_proposed_to_a_victim_or_without_confidence(desk: Any) -> None:
    victim = await desk.citizen("Mon mari me frappe, comment porter plainte en ligne ?")
    vague = await desk.citizen("Bonjour, j’aurais besoin d’aide")
    for citizen in (victim, vague):
        await desk.card(citizen)
    await desk.until(await desk.room_of(victim), lambda state: state.theme == "violences-conjugales")
    await desk.settled(2)
    for citizen in (victim, vague):
        assert not [event for event in await citizen.events() if (event.get("prompt") or {}).get("id") == "faq"]


async def test_a_search_by_hand_answers_in_the_citizens_language(desk: Any) -> None:
    operator = await desk.operator()
    citizen = await desk.citizen("Hello, I need some help please", "en")
    room_id = await desk.claimed(citizen, operator)
    await operator.say(room_id, "!faq plainte en ligne")
    note = await desk.until_in(room_id, lambda e: bool(suggestions(e)))
    key = next(row["key"] for row in suggestions(note) if row["id"] == "plainte-plainte-en-ligne")
    await operator.react(room_id, note.id, key)
    answer = await citizen.hear("file a complaint")
    assert answer["lang"] == "en"


async def test_a_search_without_words_or_without_result_says_so(desk: Any) -> None:
    operator = await desk.operator()
    room_id = await desk.claimed(await desk.citizen(), operator)
    await operator.say(room_id, "!faq")
    await desk.note(room_id, "Il manque les mots à chercher. Écrivez : `!faq mots`.")
    await operator.say(room_id, "!faq qwxz kjhgf")
    await desk.note(room_id, "Aucune réponse trouvée pour « qwxz kjhgf »")
