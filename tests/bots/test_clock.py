"""What happens by itself when nobody acts; the times are a few seconds here."""

import asyncio
from typing import Any

import pytest

from brigade.errors import Refused
from brigade.vocabulary import Status


@pytest.fixture
def quick(quick_desk: Any) -> Any:
    return quick_desk


async def test_a_conversation_that_nobody_takes_is_recalled_and_the_citizen_told(quick: Any) -> None:
    citizen = await quick.citizen("Hello, I have a question", "en")
    card = await quick.card(citizen)
    reminder = await quick.until_in(
        quick.lobby, lambda e: e.replies_to == card.id and f"{citizen.reference} attend depuis" in e.body
    )
    assert reminder.msgtype == "m.text"
    await citizen.hear("No gendarme has been free to answer you yet", 20)
    operator = await quick.operator()
    await operator.react(quick.lobby, reminder.id, "✋")
    await quick.until(await quick.room_of(citizen), lambda state: state.operator == operator.user_id)


async def test_an_emergency_rings_until_somebody_comes(quick: Any) -> None:
    citizen = await quick.citizen("Au secours, il est derrière la porte avec un couteau")
    card = await quick.card(citizen)

    def rings(event: Any) -> bool:
        return event.replies_to == card.id and "URGENCE" in event.body

    first = await quick.until_in(quick.lobby, rings)
    second = await quick.until_in(quick.lobby, lambda e: rings(e) and e.at > first.at)
    assert second.body != first.body and second.msgtype == "m.text"
    await quick.claimed(citizen, await quick.operator())
    count = len([e for e in await quick.events(quick.lobby) if rings(e)])
    await quick.settled(5)
    assert len([e for e in await quick.events(quick.lobby) if rings(e)]) == count


async def test_an_operator_who_does_not_answer_is_nudged_then_loses_the_conversation(quick: Any) -> None:
    operator = await quick.operator()
    citizen = await quick.citizen("Guten Tag, ich habe eine Frage", "de")
    old = await quick.card(citizen)
    room_id = await quick.claimed(citizen, operator)
    nudge = await quick.note(room_id, "Le citoyen attend votre réponse depuis 4 s.")
    assert nudge.content["m.mentions"]["user_ids"] == [operator.user_id]
    await quick.until(room_id, lambda state: state.status is Status.WAITING)
    assert "sans réponse depuis 8 s" in (await quick.card(citizen, after=old.id)).body
    await quick.note(room_id, "Conversation remise à l’accueil")
    await citizen.hear("nicht mehr verfügbar")


async def test_whoever_answered_is_left_in_peace(quick: Any) -> None:
    operator = await quick.operator()
    citizen = await quick.citizen()
    room_id = await quick.claimed(citizen, operator)
    await operator.say(room_id, "Je vous écoute.")
    await quick.settled(10)
    assert (await quick.state(room_id)).operator == operator.user_id
    assert not [e for e in await quick.events(room_id) if "attend votre réponse" in e.body]


async def test_a_restart_forgets_no_unanswered_citizen(quick: Any) -> None:
    operator = await quick.operator()
    room_id = await quick.claimed(await quick.citizen(), operator)
    await quick.stack.kill("bots")
    await quick.stack.start_one("bots")
    await quick.until(room_id, lambda state: state.status is Status.WAITING, 30)


async def test_a_closed_room_is_left_after_a_while(quick: Any) -> None:
    operator = await quick.operator()
    citizen = await quick.citizen()
    room_id = await quick.claimed(citizen, operator)
    await operator.say(room_id, "!clore")
    async with asyncio.timeout(20):
        with pytest.raises(Refused):
            while True:
                await quick.bot.full_state(room_id)
                await asyncio.sleep(0.2)
    left = [e for e in operator.seen if e.state_key == operator.user_id and e.room_id == room_id]
    assert left and await operator.client.joined_rooms()
    assert room_id not in (await operator.client.joined_rooms()).rooms
