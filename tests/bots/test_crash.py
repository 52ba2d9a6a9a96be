"""The bots are killed, or see everything a second time: each thing is done once."""

from collections import Counter
from typing import Any

from sqlalchemy import delete

from brigade.room import MEMORY
from brigade.storage import Storage, tables
from brigade.vocabulary import Status


def messages(events: list[Any]) -> Counter[str]:
    return Counter(f"{e.type} {e.content}" for e in events if e.state_key is None)


async def test_claims_made_while_the_bots_are_dead_count_when_they_are_back(desk: Any) -> None:
    first, second = await desk.operator(0), await desk.operator(1)
    waiting = await desk.citizen()
    card = await desk.card(waiting)
    room_id = await desk.room_of(waiting)
    await desk.stack.kill("bots")
    await first.react(desk.lobby, card.id, "✋")
    await second.react(desk.lobby, card.id, "✋")
    late = await desk.citizen("Bonjour, quelqu’un est là ?")
    await desk.stack.start_one("bots")
    await desk.until(room_id, lambda state: state.operator == first.user_id, 30)
    await desk.until_in(desk.lobby, lambda e: waiting.reference in e.body and "déjà prise par Camille" in e.body)
    await desk.card(late, 30)


async def test_a_kill_in_the_middle_of_openings_makes_one_card_each(desk: Any) -> None:
    citizens = [await desk.citizen(f"Bonjour {number}") for number in range(4)]
    await desk.stack.kill("bots")
    await desk.stack.start_one("bots")
    for citizen in citizens:
        await desk.card(citizen, 30)
    await desk.settled(4)
    events = await desk.events(desk.lobby)
    for citizen in citizens:
        cards = [e for e in events if (e.content.get("fr.brigade.card") or {}).get("reference") == citizen.reference]
        assert len([e for e in cards if not e.replaces]) == 1
        room_id = await desk.room_of(citizen)
        sheets = [e for e in await desk.events(room_id) if e.own("fr.brigade.sheet") and not e.replaces]
        assert len(sheets) == 1


async def test_a_room_that_is_seen_again_from_the_start_gets_nothing_twice(desk: Any) -> None:
    operator = await desk.operator()
    citizen = await desk.citizen("Bonjour, on m’a volé mon vélo hier, que faire ?")
    await citizen.hear("Cela répond-il")
    room_id = await desk.claimed(citizen, operator)
    await operator.say(room_id, "!note à rappeler")
    await desk.note(room_id, "à rappeler")
    await operator.say(room_id, "!modele bonjour")
    await citizen.hear("Je vous écoute")
    await desk.settled(4)
    room, lobby = await desk.events(room_id), await desk.events(desk.lobby)

    await desk.stack.kill("bots")
    storage = Storage(desk.stack.config.database_url)
    mine = (tables.inbox.c.service == "bots", tables.inbox.c.room_id == room_id)
    async with storage.write() as tx:
        await tx.execute(delete(tables.inbox).where(*mine))
    await storage.close()
    await desk.bot.set_account_data(room_id, MEMORY, {})  # as if killed before the first was worked off
    await desk.stack.start_one("bots")
    await desk.settled(6)

    assert messages(await desk.events(room_id)) == messages(room)
    # The lobby's other conversations go on meanwhile: one that waits is recalled.
    before, after = (
        [event for event in events if citizen.reference in str(event.content)]
        for events in (lobby, await desk.events(desk.lobby))
    )
    assert before and messages(after) == messages(before)
    assert (await desk.state(room_id)).status is Status.ASSIGNED
    await operator.say(room_id, "!clore")
    await desk.until(room_id, lambda state: state.status is Status.CLOSED)
