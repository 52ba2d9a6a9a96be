"""What the citizen was reading when the chat began is on the operator's sheet, and nowhere where the citizen reads."""

from typing import Any

from brigade.vocabulary import CITIZEN, SHEET


async def test_the_sheet_names_the_page_that_was_read(desk: Any) -> None:
    citizen = await desk.citizen("Bonjour", context="Que faire <b>vite</b> ? (conjugal-danger-immediat)")
    room_id = await desk.room_of(citizen)
    found = await desk.until_in(room_id, lambda e: e.own(SHEET) and "conjugal-danger-immediat" in e.body)
    assert "Page lue : Que faire <b>vite</b> ? (conjugal-danger-immediat)" in found.body
    assert "<b>vite" not in str(found.own("formatted_body"))
    assert (await desk.bot.state(room_id, CITIZEN))["context"].startswith("Que faire")
    assert not [event for event in citizen.seen if "conjugal" in str(event)]
