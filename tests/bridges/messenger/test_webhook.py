"""The webhook alone: handshake, signatures over bytes, every kind of event, and whatever else may be posted there."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp.test_utils import TestClient, TestServer

from bridges.messenger.events import Item, items
from bridges.messenger.webhook import Webhook
from brigade.errors import Temporary
from brigade.post.meta import signed

FIXTURES = json.loads((Path(__file__).parent / "fixtures/events.json").read_text(encoding="utf-8"))["events"]
SECRET, TOKEN = "app_secret_1", "un jeton à nous"
# The documentation's form: what is not ASCII is escaped, in lower case.
VECTOR = (
    rb'{"object":"page","entry":[{"id":"PAGE1","time":1767225600000,"messaging":[{"sender":{"id":"PSID1"},'
    rb'"recipient":{"id":"PAGE1"},"timestamp":1767225599000,"message":{"mid":"m_1","text":"\u00e9t\u00e9"}}]}]}'
)
SIGNED = "sha256=ea71fb2e6b49bb868728a06b9150287eaa524eea80d1e9916f5683269de5aaec"


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
    server = Webhook("messenger", SECRET, TOKEN, app.accept).application()
    async with TestClient(TestServer(server)) as found:
        yield found


async def post(client: TestClient[Any, Any], body: bytes, **headers: str) -> int:
    async with client.post("/webhook", data=body, headers={"Content-Type": "application/json"} | headers) as answer:
        return answer.status


async def post_signed(client: TestClient[Any, Any], payload: Any) -> int:
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return await post(client, body, **{"X-Hub-Signature-256": signed(SECRET, body)})


@pytest.mark.parametrize(
    ("query", "status", "text"),
    [
        ({"hub.mode": "subscribe", "hub.verify_token": TOKEN, "hub.challenge": "1158201444"}, 200, "1158201444"),
        ({"hub.mode": "subscribe", "hub.verify_token": "autre", "hub.challenge": "1"}, 403, ""),
        ({"hub.mode": "unsubscribe", "hub.verify_token": TOKEN, "hub.challenge": "1"}, 403, ""),
        ({"hub.challenge": "1"}, 403, ""),
        ({}, 403, ""),
    ],
)
async def test_the_handshake(client: TestClient[Any, Any], query: dict[str, str], status: int, text: str) -> None:
    async with client.get("/webhook", params=query) as answer:
        assert (answer.status, await answer.text()) == (status, text)
        assert answer.content_type == "text/plain" or status != 200


async def test_the_vector_of_the_documentation(client: TestClient[Any, Any], app: App) -> None:
    assert len(VECTOR) == 203
    assert signed(SECRET, VECTOR) == SIGNED
    again = json.dumps(json.loads(VECTOR), ensure_ascii=False, separators=(",", ":")).encode()
    assert signed(SECRET, again) != SIGNED, "the bytes are signed, not what they mean"
    assert await post(client, VECTOR, **{"X-Hub-Signature-256": SIGNED}) == 200
    assert await post(client, VECTOR, **{"x-hub-signature-256": SIGNED}) == 200, "names of headers have no case"
    assert [item.content["text"] for item in app.items] == ["été", "été"]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Hub-Signature-256": ""},
        {"X-Hub-Signature-256": SIGNED.removeprefix("sha256=")},
        {"X-Hub-Signature-256": SIGNED.upper()},
        {"X-Hub-Signature-256": "sha256=" + SIGNED[7:].upper()},
        {"X-Hub-Signature-256": SIGNED[:-1] + "d"},
        {"X-Hub-Signature-256": SIGNED + "é"},
        {"X-Hub-Signature": "sha1=611d5bd3137a51a96fc192d31775a1bf980621cb"},
        {"X-Hub-Signature-256": signed(TOKEN, VECTOR)},  # the verify token is never a key
    ],
)
async def test_another_signature_is_refused(client: TestClient[Any, Any], app: App, headers: dict[str, str]) -> None:
    assert await post(client, VECTOR, **headers) == 403
    assert not app.items


async def test_a_body_that_was_changed_on_the_way_is_refused(client: TestClient[Any, Any], app: App) -> None:
    header = {"X-Hub-Signature-256": SIGNED}
    for body in (VECTOR[:-1], VECTOR + b"\n", VECTOR.replace(rb"\u00e9", "é".encode()), b""):
        assert await post(client, body, **header) == 403
    assert not app.items


async def test_what_is_signed_and_is_no_event_is_answered(client: TestClient[Any, Any], app: App) -> None:
    assert await post_signed(client, b"{") == 400
    assert await post_signed(client, b"\xff\xfe") == 400
    assert await post_signed(client, b"[" * 100_000) == 400
    for payload in ([], None, {}, {"object": "instagram", "entry": []}):
        assert await post_signed(client, payload) == 404
    for entry in (None, 5, {}, [], [None], [[]], [{}], [{"messaging": 1}], [{"messaging": [None, 3, "x"]}]):
        assert await post_signed(client, {"object": "page", "entry": entry}) == 200
    assert not app.items


async def test_ten_megabytes_are_taken_when_signed_and_not_read_when_not(
    client: TestClient[Any, Any], app: App
) -> None:
    event = {"sender": {"id": "P"}, "recipient": {"id": "PAGE1"}, "timestamp": 1767225599000}
    rows = [event | {"message": {"mid": f"m_{n}", "text": "é" * 1700}} for n in range(1000)]
    payload = {"object": "page", "entry": [{"id": "PAGE1", "messaging": [row]} for row in rows]}
    body = json.dumps(payload).encode()
    assert len(body) > 10_000_000
    assert await post(client, body) == 403
    assert await post_signed(client, body) == 200
    assert len(app.items) == 1000
    assert await post(client, b"x" * (Webhook.LARGEST + 1), **{"X-Hub-Signature-256": SIGNED}) == 413


async def test_meta_is_asked_to_come_again_while_nothing_can_be_stored(client: TestClient[Any, Any], app: App) -> None:
    app.away = True
    assert await post(client, VECTOR, **{"X-Hub-Signature-256": SIGNED}) == 503


@pytest.mark.parametrize("given", FIXTURES, ids=lambda each: each["name"])
def test_every_kind_of_event_is_known(given: dict[str, Any]) -> None:
    (item,) = items({"object": "page", "entry": [{"id": "PAGE1", "time": 1767225600000} | given["entry"]]})
    assert (item.kind, item.person, item.page) == (given["kind"], given["person"], "PAGE1")
    assert item.standby is given.get("standby", False)
    assert item.id == given.get("id", item.id)
    assert 1767225599 <= item.at <= 1767225600, "seconds, from the entry when the event has no time"
    (again,) = items({"object": "page", "entry": [{"id": "PAGE1", "time": 1767225600001} | given["entry"]]})
    assert again.id == item.id, "told twice it is the same event"


def test_batches_hold_several_entries_pages_and_events() -> None:
    def event(page: str, mid: str) -> dict[str, Any]:
        return {"sender": {"id": "P"}, "recipient": {"id": page}, "message": {"mid": mid, "text": "a"}}

    entries = [
        {"id": "1", "time": 1, "messaging": [event("1", "a"), event("1", "b")], "standby": [event("1", "c")]},
        {"id": "2", "time": 1, "messaging": [event("2", "d")], "changes": [{"field": "feed", "value": {}}]},
    ]
    found = items({"object": "page", "entry": entries})
    assert [(item.page, item.kind, item.standby) for item in found] == [
        ("1", "message", False), ("1", "message", False), ("1", "message", True),
        ("2", "message", False), ("2", "unknown", False),
    ]  # fmt: skip


def test_what_no_database_takes_is_taken_out() -> None:
    message = {"mid": "m", "text": "a\ud83d\x00b", "attachments": [{"type": "im\x00age"}]}
    raw = {"sender": {"id": "P"}, "recipient": {"id": "1"}, "timestamp": "nan", "message": message}
    (item,) = items({"object": "page", "entry": [{"id": "1", "messaging": [raw]}]})
    assert item.content["text"] == "ab"
    assert item.content["attachments"] == [{"type": "image"}]
    json.dumps(item.stored(), ensure_ascii=False).encode()
