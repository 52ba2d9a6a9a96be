"""Requirement S26: what operators' lock screens show says nothing about a victim."""

from collections.abc import Callable
from typing import Any

from brigade.client import Citizen
from brigade.events import Event
from brigade.stack.endpoints import Endpoints
from brigade.vocabulary import CONVERSATION


async def test_S26_a_victims_page_makes_a_priority_that_the_lobby_does_not_explain(
    endpoints: Endpoints, new_citizen: Callable[..., Citizen], new_operator: Callable[..., Any]
) -> None:
    operator = await new_operator(1)
    citizen = await new_citizen().open(entry_point="arretonslesviolences")
    card = await operator.wait(lambda e: e.room_id == endpoints.lobby and citizen.reference in e.body)
    assert "🟠" in card.body
    await citizen.say("mon mari me frappe depuis des mois, que puis-je faire ?")
    await operator.react(endpoints.lobby, card.id, "✋")

    def mine(event: Event) -> bool:
        return event.type == CONVERSATION and event.content.get("reference") == citizen.reference

    room = (await operator.wait(mine)).room_id
    await operator.wait(lambda e: e.room_id == room and "mon mari" in e.body)
    await operator.wait(lambda e: e.room_id == room and mine(e) and e.content.get("theme") == "violences-conjugales")
    in_lobby = [e for e in operator.seen if e.room_id == endpoints.lobby and citizen.reference in str(e.content)]
    names = [e for e in operator.seen if e.room_id == room and e.type == "m.room.name"]
    mentions = [e for e in operator.seen if e.room_id == room and e.content.get("m.mentions")]
    assert in_lobby
    assert names
    for event in (*in_lobby, *names, *mentions):
        assert not [word for word in ("violence", "frappe", "mari ") if word in str(event.content).lower()], event
