"""Opening, writing, answering, rating, leaving: the citizen's API while the homeserver is away."""

import asyncio
import time
from typing import Any

import pytest
from sqlalchemy import select

from brigade.storage.tables import outgoing
from brigade.vocabulary import Option, Prompt, PromptKind, Status

CHOICE = Prompt("resolved", PromptKind.CHOICE, (Option("yes", "Oui"), Option("no", "Non")))
SCALE = Prompt("score", PromptKind.SCALE, min=0, max=10)


@pytest.mark.parametrize("nothing", [None, "", "  "])
async def test_what_is_optional_may_be_said_to_be_nothing(chat: Any, nothing: str | None) -> None:
    talk = await chat.open(pseudonym=nothing, postcode=nothing)
    page = await chat.relay.book.page(talk.id)
    assert (page.pseudonym, page.postcode) == (None, None)


async def told_to_homeserver(talk: Any) -> list[str]:
    """The actions that wait for the homeserver."""
    query = select(outgoing.c.action).where(outgoing.c.conversation_id == talk.id).order_by(outgoing.c.id)
    async with talk.chat.relay.storage.read() as tx:
        return list((await tx.execute(query)).scalars())


async def test_opening_needs_two_fields_and_consent_only(chat: Any) -> None:
    talk = await chat.open()
    assert len(talk.token) >= 40
    events = await talk.events()
    assert [event["type"] for event in events] == ["status"]
    assert events[0]["state"] == "received"


async def test_opening_with_words_stores_them_at_once(chat: Any) -> None:
    talk = await chat.open(text="Bonjour", client_id="c1", pseudonym=" Ada\u202e ", postcode="35000")
    mine = [event for event in await talk.events() if event["type"] == "message"]
    assert [(event["text"], event["client_id"], event["seq"]) for event in mine] == [("Bonjour", "c1", 2)]
    page = await talk.page()
    assert (page.pseudonym, page.postcode) == ("Ada", "35000")


async def test_the_token_is_kept_nowhere(chat: Any) -> None:
    talk = await chat.open()
    page = await talk.page()
    assert talk.token not in repr(page)


async def test_the_201_does_not_wait_for_the_homeserver(chat: Any) -> None:
    waits = []
    for _ in range(60):
        begin = time.perf_counter()
        await chat.open(text="Bonjour")
        waits.append(time.perf_counter() - begin)
        await asyncio.sleep(0.01)
    # The promise is 20 ms on a machine of its own (`brigade bench`); here other tests may run beside.
    assert sorted(waits)[len(waits) // 2] < 0.05


async def test_the_same_client_id_twice_is_one_message(talk: Any) -> None:
    first, again = await talk.say("Une fois", "same"), await talk.say("Une fois", "same")
    assert (first.status, again.status) == (202, 202)
    assert first.body == again.body
    assert [event["text"] for event in await talk.events() if event["type"] == "message"] == ["Une fois"]


async def test_the_same_client_id_at_the_same_time_is_one_message(talk: Any) -> None:
    given = await asyncio.gather(*(talk.say("Une fois", "same") for _ in range(8)))
    assert {answer.body["seq"] for answer in given} == {2}
    assert (await told_to_homeserver(talk)).count("message") == 1


async def test_two_conversations_may_use_the_same_client_id(chat: Any) -> None:
    one, other = await chat.open(), await chat.open()
    assert (await one.say("À l’un", "same")).status == (await other.say("À l’autre", "same")).status == 202
    assert [event["text"] for event in await other.events() if "text" in event] == ["À l’autre"]


async def test_events_come_in_order_without_gaps_and_from_where_the_client_is(talk: Any) -> None:
    for n in range(5):
        await talk.say(f"message {n}")
    events = await talk.events()
    assert [event["seq"] for event in events] == list(range(1, 7))
    given = await talk.call("GET", "/events?since=4")
    assert [event["seq"] for event in given.body["events"]] == [5, 6]
    assert given.body["next"] == 6
    given = await talk.call("GET", "/events?since=6")
    assert (given.body["events"], given.body["next"]) == ([], 6)


async def test_long_histories_come_in_pages(talk: Any) -> None:
    for n in range(210):
        await talk.is_told(f"réponse {n}")
    seen: list[int] = []
    since = 0
    while True:
        given = await talk.call("GET", f"/events?since={since}")
        if not given.body["events"]:
            break
        seen += [event["seq"] for event in given.body["events"]]
        since = given.body["next"]
    assert seen == list(range(1, 212))


async def test_characters_that_nobody_sees_are_dropped_and_the_rest_is_kept(talk: Any) -> None:
    await talk.say("Bon\x00jour\r\nà 👩‍👩‍👧 tous\x07  ")
    assert (await talk.events())[-1]["text"] == "Bonjour\nà 👩‍👩‍👧 tous"


async def test_a_choice_is_answered_by_its_option(talk: Any) -> None:
    await talk.is_told("Est-ce résolu ?", CHOICE)
    given = await talk.call(
        "POST", "/messages", json={"client_id": "a", "answer": {"prompt": "resolved", "option": "yes"}}
    )
    assert given.status == 202
    event = (await talk.events())[-1]
    assert (event["text"], event["answer"]) == ("Oui", {"prompt": "resolved", "option": "yes"})


async def test_a_scale_is_answered_by_a_value(talk: Any) -> None:
    await talk.is_told("Une note ?", SCALE)
    given = await talk.call("POST", "/messages", json={"client_id": "a", "answer": {"prompt": "score", "value": 9}})
    assert given.status == 202
    assert (await talk.events())[-1]["text"] == "9"


@pytest.mark.parametrize(
    "answer",
    [
        {"prompt": "never-asked", "option": "yes"},
        {"prompt": "resolved", "option": "maybe"},
        {"prompt": "resolved", "value": 3},
        {"prompt": "score", "value": 11},
        {"prompt": "score", "value": -1},
        {"prompt": "score", "value": "9"},
        {"prompt": "score", "option": "9"},
    ],
)
async def test_an_answer_must_be_one_of_those_that_were_offered(talk: Any, answer: dict[str, Any]) -> None:
    await talk.is_told("Est-ce résolu ?", CHOICE)
    await talk.is_told("Une note ?", SCALE)
    given = await talk.call("POST", "/messages", json={"client_id": "a", "answer": answer})
    assert (given.status, given.problem) == (422, "answer")
    assert (await talk.page()).last_seq == 3


async def test_typing_and_reading_are_noted(talk: Any) -> None:
    seq = await talk.is_told("Bonjour")
    assert (await talk.call("PUT", "/typing", json={"typing": True})).status == 204
    assert (await talk.call("PUT", "/read", json={"seq": seq})).status == 204
    assert (await talk.page()).read_seq == seq
    assert (await talk.call("PUT", "/read", json={"seq": seq + 1})).problem == "invalid"


async def test_a_rating_is_passed_on(talk: Any) -> None:
    rating = {"score": 9, "comment": "Très utile", "resolved": True}
    assert (await talk.call("PUT", "/rating", json=rating)).status == 204
    assert (await talk.call("PUT", "/rating", json={"score": 0, "comment": None, "resolved": None})).status == 204
    query = select(outgoing.c.payload).where(outgoing.c.conversation_id == talk.id, outgoing.c.action == "message")
    async with talk.chat.relay.storage.read() as tx:
        payloads = list((await tx.execute(query.order_by(outgoing.c.id))).scalars())
    assert '"score": 9' in payloads[0]
    assert '"resolved": true' in payloads[0]
    assert '"score": 0' in payloads[1]


async def test_a_closed_conversation_takes_a_rating_but_no_message(talk: Any) -> None:
    page = await talk.page()
    async with talk.chat.relay.storage.write() as tx:
        await talk.chat.relay.book.change(tx, page.id, state=page.state.with_(status=Status.CLOSED))
    assert ((given := await talk.say("Encore")).status, given.problem) == (409, "closed")
    assert (await talk.call("PUT", "/rating", json={"score": 10})).status == 204
    assert (await talk.call("GET", "/events")).status == 200


@pytest.mark.parametrize("headers", [{}, {"X-Exit": "quick"}])
async def test_S5_leaving_kills_the_token_at_once(chat: Any, headers: dict[str, str]) -> None:
    talk = await chat.open(text="Bonjour")
    given = await talk.call("DELETE", "", headers=headers)
    assert given.status == 204
    assert given.headers["Clear-Site-Data"] == '"cache", "cookies", "storage"'
    assert (await talk.call("GET", "/events")).status == 401
    assert (await talk.say("Encore")).status == 401
    assert (await talk.call("DELETE", "")).status == 401


async def test_S8_after_leaving_the_operator_knows_how_and_nothing_goes_to_the_citizen(chat: Any) -> None:
    talk = await chat.open()
    async with chat.stream(talk) as stream:
        await stream.send_json({"token": talk.token})
        await stream.receive_json(timeout=5)
        await talk.call("DELETE", "", headers={"X-Exit": "quick"})
        await talk.is_told("Vous êtes là ?")
        texts = [message.json().get("text") async for message in stream]
        assert stream.close_code == 4401
    assert "Vous êtes là ?" not in texts
    query = select(outgoing.c.payload).where(outgoing.c.conversation_id == talk.id, outgoing.c.action == "departure")
    async with chat.relay.storage.read() as tx:
        assert (await tx.execute(query)).scalar_one() == '{"reason": "exit"}'


async def test_the_emergency_numbers_come_from_the_bridge_itself(chat: Any) -> None:
    begin = time.perf_counter()
    talk = await chat.open(text="Au secours, il est en train de me frapper avec un couteau")
    events = await talk.events()
    assert time.perf_counter() - begin < 1
    assert [event.get("emergency") for event in events if event["type"] == "message"] == [None, True]
    assert "17" in events[-1]["text"]


async def test_entry_points_say_what_the_widget_needs(chat: Any) -> None:
    given = await chat.call("GET", "/entry-points/gendarmerie?lang=de-AT")
    assert given.status == 200
    assert given.body["language"] == "de"
    assert given.body["limits"]["text_max"] == 5000
    by_browser = await chat.call(
        "GET", "/entry-points/gendarmerie", headers={"Accept-Language": "pt, it;q=0.8, fr;q=0.1"}
    )
    assert by_browser.body["language"] == "it"
    assert (await chat.call("GET", "/entry-points/unknown")).problem == "no-entry-point"


async def test_status_says_who_waits(chat: Any) -> None:
    assert (await chat.call("GET", "/status")).body["open"] is True
