"""Who answers a conversation: claims, double claims, giving back, closing."""

import asyncio
from typing import Any

import pytest

from brigade.vocabulary import Status, Urgency


async def test_a_conversation_has_one_card_that_one_press_claims(desk: Any) -> None:
    operator = await desk.operator()
    citizen = await desk.citizen("Bonjour, on m’a volé mon vélo")
    card = await desk.card(citizen)
    hand = await desk.until_in(desk.lobby, lambda e: e.reaction == (card.id, "✋"))
    assert hand.sender == desk.bot.user_id
    assert "vélo" not in str(card.content)

    room_id = await desk.claimed(citizen, operator)
    await operator.say(room_id, "Bonjour, je vous écoute.")
    assert (await citizen.hear("je vous écoute"))["from"] == "gendarme"
    assert (await desk.state(room_id)).status is Status.ASSIGNED
    assert "Prise par Camille" in await desk.until_shown(desk.lobby, card.id, "Prise par")
    sheet = await desk.until_in(room_id, lambda e: e.own("fr.brigade.sheet") and not e.replaces)
    assert "Prise par Camille" in await desk.until_shown(room_id, sheet.id, "Prise par")


@pytest.mark.parametrize("hand", ["✋", "✋️", "✋🏽"])
async def test_hands_of_every_client_and_colour_claim(desk: Any, hand: str) -> None:
    operator = await desk.operator()
    citizen = await desk.citizen()
    card = await desk.card(citizen)
    await operator.react(desk.lobby, card.id, hand)
    await desk.until(await desk.room_of(citizen), lambda state: state.operator == operator.user_id)


async def test_another_reaction_claims_nothing(desk: Any) -> None:
    operator = await desk.operator()
    citizen = await desk.citizen()
    await operator.react(desk.lobby, (await desk.card(citizen)).id, "👍")
    await desk.settled()
    assert (await desk.state(await desk.room_of(citizen))).status is Status.WAITING


async def test_of_two_claims_the_first_wins_and_the_other_is_told_who_has_it(desk: Any) -> None:
    first, second = await desk.operator(0), await desk.operator(1)
    citizen = await desk.citizen()
    card = await desk.card(citizen)
    await asyncio.gather(first.react(desk.lobby, card.id, "✋"), second.react(desk.lobby, card.id, "✋"))
    told = await desk.until_in(desk.lobby, lambda e: citizen.reference in e.body and "déjà prise" in e.body)
    state = await desk.state(await desk.room_of(citizen))
    winner, loser = ("Camille", second) if state.operator == first.user_id else ("Dominique", first)
    assert f"déjà prise par {winner}" in told.body
    member = await desk.bot.state(await desk.room_of(citizen), "m.room.member", loser.user_id)
    assert member is None


async def test_prendre_in_the_lobby_takes_the_named_one_or_says_what_is_wrong(desk: Any) -> None:
    operator = await desk.operator()
    citizen = await desk.citizen()
    room_id = await desk.room_of(citizen)
    await operator.say(desk.lobby, "!prendre 2026-999999")
    await desk.until_in(desk.lobby, lambda e: "Je ne trouve pas de conversation « 2026-999999 »" in e.body)
    await operator.say(desk.lobby, f"!Prendre {citizen.reference}")
    await desk.until(room_id, lambda state: state.operator == operator.user_id)


async def test_prendre_alone_takes_the_most_urgent(desk: Any) -> None:
    operator = await desk.operator(2)
    await desk.citizen()
    urgent = await desk.citizen("Au secours, il est derrière la porte avec un couteau")
    room_id = await desk.room_of(urgent)
    assert (await desk.state(room_id)).urgency is Urgency.EMERGENCY
    await operator.say(desk.lobby, "!prendre")
    await desk.until(room_id, lambda state: state.operator == operator.user_id)


async def test_a_colleague_takes_over_and_the_first_is_told(desk: Any) -> None:
    first, second = await desk.operator(0), await desk.operator(1)
    citizen = await desk.citizen()
    room_id = await desk.claimed(citizen, first)
    await desk.bot.invite(room_id, second.user_id)
    await desk.entered(room_id, second)
    await second.say(room_id, "!prendre")
    await desk.until(room_id, lambda state: state.operator == second.user_id)
    note = await desk.note(room_id, "Dominique (fr, es) reprend la conversation.")
    assert note.content["m.mentions"]["user_ids"] == [first.user_id]
    await first.say(room_id, "Je suis encore là ?")
    await desk.until_in(room_id, lambda e: "n’est pas la vôtre" in e.body)


async def test_giving_back_posts_a_new_card_and_takes_the_old_one_away(desk: Any) -> None:
    operator = await desk.operator()
    citizen = await desk.citizen()
    old = await desk.card(citizen)
    room_id = await desk.claimed(citizen, operator)
    await operator.say(room_id, "!rendre")
    await desk.until(room_id, lambda state: state.status is Status.WAITING and state.operator is None)
    new = await desk.card(citizen, after=old.id)
    assert "rendue par Camille" in new.body
    async with asyncio.timeout(10):
        while (await desk.bot.event(desk.lobby, old.id)).content:
            await asyncio.sleep(0.1)
    await citizen.hear("remise dans la file")
    again = await desk.operator(1)
    await again.react(desk.lobby, new.id, "✋")
    await desk.until(room_id, lambda state: state.operator == again.user_id)


async def test_an_operator_who_leaves_the_room_strands_nobody(desk: Any) -> None:
    operator = await desk.operator()
    citizen = await desk.citizen()
    old = await desk.card(citizen)
    room_id = await desk.claimed(citizen, operator)
    await operator.client.room_leave(room_id)
    await desk.until(room_id, lambda state: state.status is Status.WAITING)
    assert "a quitté le salon" in (await desk.card(citizen, after=old.id)).body


async def test_pause_gives_everything_back_and_a_claim_ends_the_pause(desk: Any) -> None:
    operator = await desk.operator(3)
    citizen = await desk.citizen()
    old = await desk.card(citizen)
    room_id = await desk.claimed(citizen, operator)
    await operator.say(room_id, "!pause")
    await desk.note(room_id, f"Lou (fr, it) est en pause. Retournent à l’accueil : {citizen.reference}.")
    await desk.until(room_id, lambda state: state.status is Status.WAITING)
    card = await desk.card(citizen, after=old.id)
    await operator.react(desk.lobby, card.id, "✋")
    await desk.until(room_id, lambda state: state.operator == operator.user_id)
    await desk.settled(3)
    assert (await desk.state(room_id)).operator == operator.user_id
    await operator.say(desk.lobby, "!dispo")
    await desk.until_in(desk.lobby, lambda e: "Lou (fr, it) est déjà disponible." in e.body)


async def test_closing_keeps_the_time_of_the_order(desk: Any) -> None:
    operator = await desk.operator()
    citizen = await desk.citizen()
    room_id = await desk.claimed(citizen, operator)
    await operator.say(room_id, "!clore")
    state = await desk.until(room_id, lambda found: found.status is Status.CLOSED)
    assert state.closed_at and state.closed_at >= state.opened_at
    assert "Close" in await desk.until_shown(desk.lobby, (await desk.card(citizen)).id, "Close")
    await operator.say(room_id, "!clore")
    await desk.note(room_id, "est déjà close")
    await operator.react(desk.lobby, (await desk.card(citizen)).id, "✋")
    await desk.until_in(desk.lobby, lambda e: e.body == f"La conversation {citizen.reference} est close.")


@pytest.mark.parametrize(
    ("written", "answer"),
    [
        ("!note", "`!note` attend un texte. Écrivez : `!note texte`."),
        ("!clore maintenant", "`!clore` n’attend rien de plus (« maintenant »). Écrivez : `!clore`."),
        ("!rendez", "Je ne connais pas la commande `!rendez`"),
        ("!NOTE rappeler demain", "Note de Camille (fr, en) : rappeler demain"),
    ],
)
async def test_a_command_is_answered_in_the_thread_and_never_shown(desk: Any, written: str, answer: str) -> None:
    operator = await desk.operator()
    citizen = await desk.citizen()
    room_id = await desk.claimed(citizen, operator)
    await operator.say(room_id, written)
    note = await desk.until_in(room_id, lambda e: desk.is_note(e) and answer in e.body.replace("**", ""))
    assert note.thread
    await operator.say(room_id, "Fini.")
    await citizen.hear("Fini.")
    assert all("!" not in (event.get("text") or "") for event in citizen.seen if event.get("from") == "gendarme")
    assert (await desk.state(room_id)).status is Status.ASSIGNED
