"""An operator takes a conversation from the lobby."""

from typing import Any

from brigade.vocabulary import Status


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
