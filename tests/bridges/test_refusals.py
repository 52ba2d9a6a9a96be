"""Whatever is wrong gets a clear problem document, is counted, and loses nothing."""

import asyncio
import json
import logging
import zlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, settings
from hypothesis import given as forall
from hypothesis import strategies as st
from prometheus_client import REGISTRY

from brigade import logs

OPENING = {"entry_point": "gendarmerie", "language": "fr", "consent": True}
JSON = {"Content-Type": "application/json"}


def counted(reason: str) -> float:
    return REGISTRY.get_sample_value("brigade_refused_total", {"service": "webchat", "reason": reason}) or 0.0


async def test_no_token_a_wrong_one_and_an_unknown_conversation_look_the_same(chat: Any, talk: Any) -> None:
    other = await chat.open()
    before = counted("unauthorized")
    given = [
        await chat.call("GET", f"/conversations/{talk.id}/events"),
        await chat.call("GET", f"/conversations/{talk.id}/events", "wrong" * 9),
        await chat.call("GET", f"/conversations/{talk.id}/events", other.token),
        await chat.call("GET", f"/conversations/{'0' * 32}/events", talk.token),
        await chat.call("GET", "/conversations/%00'%20OR%201=1/events", talk.token),
        await chat.call("GET", f"/conversations/{talk.id}/events", "\u00e9" * 40),
        await chat.call("GET", f"/conversations/{talk.id}/events", headers={"Authorization": f"Basic {talk.token}"}),
        await chat.call("GET", f"/conversations/{talk.id}/events?token={talk.token}"),
        await chat.call("GET", f"/conversations/{talk.id}/events", headers={"Cookie": f"token={talk.token}"}),
    ]
    assert {answer.status for answer in given} == {401}
    assert len({json.dumps(answer.body) for answer in given}) == 1
    assert given[0].headers["WWW-Authenticate"] == "Bearer"
    assert counted("unauthorized") == before + len(given)


async def test_every_call_of_a_conversation_needs_its_token(chat: Any, talk: Any) -> None:
    for path, item in chat.contract.document["paths"].items():
        for method in (name for name in item if name in ("get", "put", "post", "delete")):
            if "{id}" in path and not path.endswith("/stream"):
                concrete = path.replace("{id}", talk.id).replace("{attachment_id}", "x")
                assert (await chat.call(method.upper(), concrete, json={})).status == 401, path


async def test_an_expired_token_is_dead(chat: Any, talk: Any) -> None:
    async with chat.relay.storage.write() as tx:
        await chat.relay.book.change(tx, talk.id, expires_at=1.0)
    assert (await talk.call("GET", "/events")).status == 401


@pytest.mark.parametrize(
    ("change", "status", "problem", "path"),
    [
        ({"consent": None}, 422, "consent", "consent"),
        ({"consent": False}, 422, "consent", "consent"),
        ({"consent": "yes"}, 422, "consent", "consent"),
        ({"language": "pt"}, 422, "language", "language"),
        ({"language": 3}, 422, "language", "language"),
        ({"entry_point": "nowhere"}, 422, "entry-point", None),
        ({"entry_point": ["gendarmerie"]}, 422, "invalid", "entry_point"),
        ({"theme": "x"}, 422, "invalid", "theme"),
        ({"postcode": "<script>"}, 422, "invalid", "postcode"),
        ({"pseudonym": "x" * 41}, 422, "invalid", "pseudonym"),
        ({"text": {"a": 1}}, 422, "invalid", "text"),
        ({"client_id": "../.."}, 422, "invalid", "client_id"),
        ({"text": "x" * 5001}, 413, "text-too-long", None),
        ({"text": "x" * 100_000}, 413, "too-large", None),
    ],
)
async def test_openings_with_mistakes(chat: Any, change: dict[str, Any], status: int, problem: str, path: str) -> None:
    before = counted(problem)
    given = await chat.call("POST", "/conversations", json=OPENING | change)
    assert (given.status, given.problem) == (status, problem)
    if path:
        assert given.body["errors"][0]["path"] == path
    assert counted(problem) == before + 1


async def test_consent_that_is_missing_is_named(chat: Any) -> None:
    given = await chat.call("POST", "/conversations", json={"entry_point": "gendarmerie", "language": "fr"})
    assert (given.status, given.problem) == (422, "consent")


async def test_an_unknown_language_lists_ours(chat: Any) -> None:
    given = await chat.call("POST", "/conversations", json=OPENING | {"language": "pt"})
    assert "fr, en, es, de, it" in given.body["detail"]


@pytest.mark.parametrize(
    ("body", "problem"),
    [
        ({"text": "sans identifiant"}, "invalid"),
        ({"client_id": "a"}, "invalid"),
        ({"client_id": "a", "text": "x", "answer": {"prompt": "p", "option": "o"}}, "invalid"),
        ({"client_id": "a", "text": "   \n"}, "empty"),
        ({"client_id": "a", "text": "\u0000\u0007"}, "empty"),
        ({"client_id": "a", "text": 7}, "invalid"),
        ({"client_id": "", "text": "x"}, "invalid"),
        ({"client_id": "a b", "text": "x"}, "invalid"),
        ({"client_id": "a\n", "text": "x"}, "invalid"),
        ({"client_id": "a", "text": "x", "from": "gendarme"}, "invalid"),
        ({"client_id": "a", "answer": {"prompt": "p"}}, "invalid"),
        ({"client_id": "a", "answer": {"prompt": "p", "option": "o", "value": 1}}, "invalid"),
        ({"client_id": "a", "answer": {"prompt": "p", "value": True}}, "invalid"),
        ({"client_id": "a", "answer": {"prompt": "p", "value": 1.5}}, "invalid"),
        ({"client_id": "a", "answer": {"prompt": "p", "value": 10**400}}, "invalid"),
        ({"client_id": "a", "answer": {"prompt": "p", "value": ""}}, "empty"),
        ({"client_id": "a", "answer": {"prompt": "p", "option": "o", "extra": 1}}, "invalid"),
        ([], "invalid"),
        ("text", "invalid"),
    ],
)
async def test_messages_with_mistakes(talk: Any, body: Any, problem: str) -> None:
    given = await talk.call("POST", "/messages", json=body)
    assert (given.status, given.problem) == (422, problem)
    assert (await talk.page()).last_seq == 1


async def test_an_unknown_key_is_named_with_its_path(talk: Any) -> None:
    body = {"client_id": "a", "answer": {"prompt": "p", "option": "o", "colour": 1}}
    given = await talk.call("POST", "/messages", json=body)
    assert given.body["errors"] == [{"path": "answer.colour", "message": "unknown key"}]


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b'{"client_id": "a", "text": "\xff\xfe"}', "not-utf8"),
        (b"\xc3\x28", "not-utf8"),
        (b"{", "not-json"),
        (b"", "not-json"),
        (b"null null", "not-json"),
        (b"NaN", "not-json"),
        (b'{"client_id": "a", "text": "\\ud800"}', "not-json"),
        (b"[" * 60_000, "not-json"),
        (b'{"client_id": "a", "text": "x"} trailing', "not-json"),
    ],
)
async def test_bodies_that_cannot_be_read(talk: Any, raw: bytes, problem: str) -> None:
    given = await talk.call("POST", "/messages", data=raw, headers=JSON)
    assert (given.status, given.problem) == (400, problem)


async def test_a_body_of_another_type_is_refused(talk: Any) -> None:
    given = await talk.call(
        "POST", "/messages", data=b'{"client_id":"a","text":"x"}', headers={"Content-Type": "text/plain"}
    )
    assert (given.status, given.problem) == (415, "not-json-type")


async def test_a_message_without_announced_length_stops_at_the_limit(talk: Any) -> None:
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        yield b'{"client_id": "a", "text": "'
        for _ in range(20_000):
            sent += 4096
            yield b"x" * 4096

    try:
        given = await talk.call("POST", "/messages", data=endless(), headers=JSON)
        assert (given.status, given.problem) == (413, "too-large")
    except OSError:
        pass  # the server had hung up before the client was done
    assert sent < 40 * 2**20


async def test_a_compressed_bomb_stops_at_the_limit(talk: Any) -> None:
    bomb = zlib.compress(b'{"client_id": "a", "text": "' + b"x" * 50_000_000, 9)
    given = await talk.call("POST", "/messages", data=bomb, headers=JSON | {"Content-Encoding": "deflate"})
    assert (given.status, given.problem) == (413, "too-large")


async def test_the_longest_message_passes_however_it_is_written(talk: Any) -> None:
    raw = json.dumps({"client_id": "long", "text": "😀" * 5000}).encode()
    assert (await talk.call("POST", "/messages", data=raw, headers=JSON)).status == 202
    assert (await talk.say("x" * 5001)).problem == "text-too-long"


@pytest.mark.parametrize(("method", "end"), [("PUT", "/typing"), ("PUT", "/read"), ("PUT", "/rating")])
@pytest.mark.parametrize(
    "body", [{}, {"typing": "yes"}, {"seq": -1}, {"seq": 1.5}, {"score": 11}, {"score": True}, {"score": "9"}]
)
async def test_signals_with_mistakes(talk: Any, method: str, end: str, body: Any) -> None:
    given = await talk.call(method, end, json=body)
    assert (given.status, given.problem) == (422, "invalid")


async def test_a_rating_s_comment_has_a_limit(talk: Any) -> None:
    assert (await talk.call("PUT", "/rating", json={"score": 3, "comment": "x" * 2001})).status == 413


@pytest.mark.parametrize("since", ["-1", "x", "1.5", "٣", "99999999999", ""])
async def test_since_must_be_a_number(talk: Any, since: str) -> None:
    given = await talk.call("GET", f"/events?since={since}")
    assert (given.status, given.problem) == (422, "invalid")


async def test_addresses_and_methods_that_do_not_exist(chat: Any, talk: Any) -> None:
    assert (await chat.call("GET", "/nothing")).problem == "not-found"
    given = await chat.call("PATCH", f"/conversations/{talk.id}")
    assert (given.status, given.problem) == (405, "no-method")
    assert "DELETE" in given.headers["Allow"]


async def test_refusals_speak_the_citizen_s_language(chat: Any) -> None:
    german = await chat.open(language="de")
    assert (await german.say(" ")).body["detail"] == "Die Nachricht ist leer."
    given = await chat.call("POST", "/conversations", json=OPENING | {"language": "es", "entry_point": "x"})
    assert given.body["detail"] == "El servicio no conoce esta página."
    given = await chat.call("GET", "/nothing", headers={"Accept-Language": "nl, it;q=0.5, en;q=0.4"})
    assert given.body["detail"] == "Non c’è nulla a questo indirizzo."


async def test_what_was_sent_is_not_repeated_in_a_refusal(talk: Any) -> None:
    given = await talk.call("POST", "/messages", json={"client_id": "a", "text": {"secret words": 1}})
    assert "secret" not in json.dumps(given.body)


anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=50),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
keys = st.sampled_from(
    ["client_id", "text", "answer", "prompt", "option", "value", "entry_point", "language", "consent", "score"]
)
bodies = anything | st.dictionaries(keys, anything | st.dictionaries(keys, anything, max_size=3), max_size=6)
CALLS = [("POST", "/messages"), ("PUT", "/typing"), ("PUT", "/read"), ("PUT", "/rating"), ("POST", None)]


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@forall(body=bodies, number=st.integers(0, len(CALLS) - 1))
async def test_no_json_body_whatsoever_breaks_the_server(chat: Any, talk: Any, body: Any, number: int) -> None:
    method, end = CALLS[number]
    raw = json.dumps(body)
    if end is None:
        given = await chat.call(method, "/conversations", data=raw, headers=JSON)
    else:
        given = await talk.call(method, end, data=raw, headers=JSON)
    assert given.status in (201, 202, 204, 400, 413, 422)


async def test_a_flood_from_one_address_is_slowed_and_nothing_accepted_is_lost(start_chat: Any) -> None:
    limits = {"openings": {"burst": 3, "per_minute": 60}, "messages": {"burst": 5, "per_minute": 60}}
    async with start_chat(limits=limits) as chat:
        talks = [await chat.open() for _ in range(3)]
        given = await chat.call("POST", "/conversations", json=OPENING)
        assert (given.status, given.problem) == (429, "too-many")
        assert given.headers["Retry-After"] == "1"
        answers = [await talks[0].say(f"message {n}") for n in range(8)]
        assert [answer.status for answer in answers] == [202] * 5 + [429] * 3
        assert sum(event["type"] == "message" for event in await talks[0].events()) == 5
        await asyncio.sleep(1.1)
        assert (await talks[0].say("après l’attente")).status == 202


async def test_guessing_tokens_is_slowed_but_neighbours_keep_their_conversation(start_chat: Any) -> None:
    async with start_chat(limits={"failures": {"burst": 4, "per_minute": 1}}) as chat:
        talk = await chat.open()
        guesses = [await chat.call("GET", f"/conversations/{talk.id}/events", f"{n:040}") for n in range(6)]
        assert [guess.status for guess in guesses] == [401] * 4 + [429] * 2
        assert (await talk.say("Bonjour")).status == 202


async def test_a_proxy_is_believed_only_when_it_is_ours(start_chat: Any) -> None:
    limits = {"openings": {"burst": 1, "per_minute": 1}}

    async def statuses(chat: Any, *forwarded: str) -> list[int]:
        headers = [{"X-Forwarded-For": address} for address in forwarded]
        return [(await chat.call("POST", "/conversations", json=OPENING, headers=h)).status for h in headers]

    async with start_chat(limits=limits) as chat:
        assert await statuses(chat, "192.0.2.1", "192.0.2.2") == [201, 429]
    async with start_chat(limits=limits, trusted_proxies=["127.0.0.0/8"]) as chat:
        assert await statuses(chat, "192.0.2.1", "192.0.2.2", "192.0.2.1") == [201, 201, 429]
        # A citizen can write what they like before what our proxy adds.
        assert await statuses(chat, "198.51.100.7, 192.0.2.3", "198.51.100.8, 192.0.2.3") == [201, 429]
        # One household has many addresses of IPv6.
        assert await statuses(chat, "2001:db8:1:2::1", "2001:db8:1:2:ffff::1", "2001:db8:1:3::1") == [201, 429, 201]


async def test_no_words_tokens_or_addresses_in_the_logs(start_chat: Any, capfd: pytest.CaptureFixture[str]) -> None:
    logs.set_up("debug", "json")
    async with start_chat() as chat:
        talk = await chat.open(text="mot-secret-un", pseudonym="mot-secret-deux")
        await talk.say("mot-secret-trois" * 1000)
        await talk.call("PUT", "/rating", json={"score": 1, "comment": "mot-secret-quatre"})
        await chat.call("POST", "/conversations", json=OPENING | {"mot-secret-cinq": 1})
        aside = chat.relay.media.with_name("aside")
        chat.relay.media.rename(aside)
        await talk.send(b"%PDF-1.7 mot-secret-six %%EOF", "mot-secret-sept")
        aside.rename(chat.relay.media)
    structlog.get_logger().warning("probe", text="mot-secret-huit")
    structlog.reset_defaults()
    logging.getLogger().handlers.clear()
    out, err = capfd.readouterr()
    assert "probe" in err
    for leak in ("mot-secret", talk.token, "127.0.0.1"):
        assert leak not in out + err
