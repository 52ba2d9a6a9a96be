"""The webhook alone: challenge, signatures over bytes, both envelopes, and whatever else may be posted there."""

import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from bridges.x.events import Item, items, listed, snowflake, snowflake_time
from bridges.x.outbound import _same
from bridges.x.webhook import Webhook, signed
from bridges.x.words import by_address, by_api, is_of_x
from brigade.errors import Temporary

FIXTURES = json.loads((Path(__file__).parent / "fixtures/events.json").read_text(encoding="utf-8"))["events"]
SECRET, ACCOUNT = "consumer_secret_1", "1111"
VECTOR = b'{"data":{"event_uuid":"-1","filter":{"user_id":"1"},"event_type":"dm.received","payload":{}}}'
SIGNED = "sha256=j7ykBBs9tpJA2X3vQyrD/gRp1IbTQ+UlR6YSvq+Y/Ug="
HEADER = "x-twitter-webhooks-signature"


class App:
    """A webhook whose storage is a list."""

    def __init__(self) -> None:
        self.items: list[Item] = []
        self.away = False

    async def accept(self, found: list[Item]) -> None:
        if self.away:
            raise Temporary("the database is away")
        self.items += found


@pytest.fixture
async def app() -> App:
    return App()


@pytest.fixture
async def client(app: App) -> AsyncIterator[TestClient[Any, Any]]:
    server = Webhook("x", SECRET, app.accept).application()
    async with TestClient(TestServer(server)) as found:
        yield found


async def post(client: TestClient[Any, Any], body: bytes, **headers: str) -> int:
    async with client.post("/webhook", data=body, headers={"Content-Type": "application/json"} | headers) as answer:
        return answer.status


async def post_signed(client: TestClient[Any, Any], payload: Any) -> int:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return await post(client, body, **{HEADER: signed(SECRET, body)})


async def test_the_challenge_is_answered_as_the_documentation_shows(client: TestClient[Any, Any]) -> None:
    async with client.get("/webhook", params={"crc_token": "challenge_string"}) as answer:
        assert answer.status == 200 and answer.content_type == "application/json"
        assert await answer.json() == {"response_token": "sha256=202mcbuNq/QH8dpwiGE3oJ011coQ1E3QH8eroRfzvHM="}


@pytest.mark.parametrize(
    "token", ["", "a" * 301, VECTOR.decode(), '{"for_user_id":"1"}', "{}", "[]", "a b", "é", '"', "a\n"]
)
async def test_a_challenge_signs_nothing_that_could_be_an_event(client: TestClient[Any, Any], token: str) -> None:
    async with client.get("/webhook", params={"crc_token": token}) as answer:
        assert answer.status == 400
        assert "sha256" not in await answer.text()


async def test_the_vector_of_the_documentation(client: TestClient[Any, Any], app: App) -> None:
    assert signed(SECRET, VECTOR) == SIGNED
    assert await post(client, VECTOR, **{HEADER: SIGNED}) == 200
    assert await post(client, VECTOR, **{HEADER.title(): SIGNED}) == 200, "names of headers have no case"
    assert [item.kind for item in app.items] == ["unknown", "unknown"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {HEADER: ""},
        {HEADER: SIGNED.removeprefix("sha256=")},
        {HEADER: SIGNED.upper()},
        {HEADER: SIGNED.rstrip("=")},
        {HEADER: SIGNED + "é"},
        {HEADER: "sha256=" + hmac.new(SECRET.encode(), VECTOR, hashlib.sha256).hexdigest()},
        {HEADER: signed("a bearer token", VECTOR)},
        {"x-hub-signature-256": SIGNED},
    ],
)
async def test_another_signature_is_refused(client: TestClient[Any, Any], app: App, headers: dict[str, str]) -> None:
    assert await post(client, VECTOR, **headers) == 403
    assert not app.items


async def test_a_body_that_was_changed_on_the_way_is_refused(client: TestClient[Any, Any], app: App) -> None:
    for body in (VECTOR[:-1], VECTOR + b"\n", VECTOR.replace(b"-1", b"-2"), b""):
        assert await post(client, body, **{HEADER: SIGNED}) == 403
    assert not app.items


async def test_what_is_signed_and_is_no_event_is_answered(client: TestClient[Any, Any], app: App) -> None:
    for body in (b"{", b"\xff\xfe", b"[" * 100_000, b"[]", b"null", b"5"):
        assert await post_signed(client, body) == 400
    replayed = {"replay_job_status": {"webhook_id": "1", "job_id": "2", "job_state": "Complete"}}
    assert await post_signed(client, replayed) == 200
    assert not app.items
    for data in (None, 5, [], {}, {"event_type": None}, {"event_type": "dm.received", "payload": 3, "filter": "x"}):
        assert await post_signed(client, {"data": data}) == 200
    for events in (None, 5, {}, [None], [[]], [{}], [{"message_create": 1}], [{"id": True}]):
        assert await post_signed(client, {"for_user_id": ACCOUNT, "direct_message_events": events}) == 200
    assert {item.kind for item in app.items} <= {"unknown"}


async def test_ten_megabytes_are_taken_when_signed_and_not_read_when_not(
    client: TestClient[Any, Any], app: App
) -> None:
    given = next(each["payload"] for each in FIXTURES if each["name"] == "AAA message")
    (event,) = given["direct_message_events"]
    payload = given | {"direct_message_events": [event | {"id": str(10**18 + n)} for n in range(1000)]}
    payload["padding"] = "é" * 1_700_000
    body = json.dumps(payload).encode()
    assert len(body) > 10_000_000
    assert await post(client, body) == 403
    assert await post_signed(client, body) == 200
    assert len(app.items) == 1000
    assert await post(client, b"x" * (Webhook.LARGEST + 1), **{HEADER: SIGNED}) == 413


async def test_x_is_asked_to_come_again_while_nothing_can_be_stored(client: TestClient[Any, Any], app: App) -> None:
    app.away = True
    assert await post(client, VECTOR, **{HEADER: SIGNED}) == 503


@pytest.mark.parametrize("given", FIXTURES, ids=lambda each: each["name"])
def test_every_kind_of_event_is_known(given: dict[str, Any]) -> None:
    (item,) = items(given["payload"])
    assert (item.kind, item.person) == (given["kind"], given["person"])
    assert item.account == (ACCOUNT if given["name"] != "nothing known" else "")
    assert item.id == (given["id"] or item.id)
    assert {key: item.content[key] for key in given["content"]} == given["content"]
    (again,) = items(json.loads(json.dumps(given["payload"])))
    assert again.id == item.id, "told twice it is the same event"


def test_several_events_in_one_delivery_are_several_items() -> None:
    given = next(each["payload"] for each in FIXTURES if each["name"] == "AAA message")
    (event,) = given["direct_message_events"]
    typing = {"sender_id": "2222", "target": {"recipient_id": ACCOUNT}}
    both = given | {"direct_message_events": [event, event | {"id": "99"}]}
    found = items(both | {"direct_message_indicate_typing_events": [typing]})
    assert [item.kind for item in found] == ["message", "message", "typing"]


def test_what_no_database_takes_is_taken_out() -> None:
    given = next(each["payload"] for each in FIXTURES if each["name"] == "XAA message")
    (item,) = items(json.loads(json.dumps(given).replace("hello!", "a\\ud83d\\u0000b")))
    assert item.content["text"] == "ab"
    json.dumps(item.stored(), ensure_ascii=False).encode()


def test_the_list_and_the_webhook_tell_the_same_event() -> None:
    """By its id, and with the same words: whichever comes first is taken."""
    url = "https://ton.twitter.com/1.1/ton/data/dm/2080765901528535096/1234/Ab-c.jpg"
    answer = {
        "data": [
            {
                "id": "2080765901528535096", "event_type": "MessageCreate", "text": "voici https://t.co/pic",
                "sender_id": "2222", "dm_conversation_id": "1111-2222", "created_at": "2026-07-24T21:23:44.372Z",
                "attachments": {"media_keys": ["3_1234"]},
                "entities": {"urls": [{"url": "https://t.co/pic", "expanded_url": url}]},
            },
            {"id": "5", "event_type": "MessageCreate", "text": "à tous", "sender_id": "2", "dm_conversation_id": "77"},
            {"id": "6", "event_type": "ParticipantsJoin", "sender_id": "2222", "dm_conversation_id": "1111-2222"},
        ],
        "includes": {
            "users": [{"id": "2222", "name": "Ada M.", "username": "ada"}],
            "media": [{"media_key": "3_1234", "type": "photo", "url": url}],
        },
    }  # fmt: skip
    (polled,) = listed(ACCOUNT, answer)
    (told,) = items(next(each["payload"] for each in FIXTURES if each["name"] == "picture"))
    assert (polled.id, polled.person, polled.kind, polled.content) == (told.id, told.person, told.kind, told.content)
    assert abs(polled.at - told.at) < 0.01
    assert listed(ACCOUNT, {"meta": {"result_count": 0}}) == []


def test_files_of_x_are_fetched_by_its_api_and_others_where_they_are() -> None:
    api = "https://api.x.com"
    ton = "https://ton.twitter.com/1.1/ton/data/dm/12/34/Ab-c.jpg"
    assert by_api(api, ton) == by_api(api, ton.replace("twitter", "x"))
    assert by_api(api, ton) == f"{api}/2/dm_conversations/media/12/34/Ab-c.jpg"
    assert by_address("http://127.0.0.1:1", ton) == "http://127.0.0.1:1/1.1/ton/data/dm/12/34/Ab-c.jpg"
    assert is_of_x(ton)
    for other in ("https://evil.example/1.1/ton/data/dm/12/34/a.jpg", f"{ton}/../../x", f"{ton}?a=b"):
        assert by_api(api, other) == by_address(api, other) == other and not is_of_x(other)


def test_ids_hold_their_time() -> None:
    assert abs(snowflake_time("1585800613253812228") - 1666919303) < 1000  # 28 October 2022
    assert abs(snowflake_time(str(snowflake(1_784_928_224.0))) - 1_784_928_224.0) < 0.01
    assert snowflake_time("101") == snowflake_time("abc") == 0.0


def test_words_are_the_same_after_x_has_changed_them() -> None:
    sent = "Venez : https://brigade.example/suite#abc.def\n\nMerci & à bientôt"
    shown = "Venez : https://t.co/abcdef Merci &amp; à bientôt"
    assert _same(sent) == _same(shown)
    assert _same("un") != _same("deux")
