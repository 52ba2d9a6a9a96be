"""The durable inbox and the homeserver's door: stored before acknowledged, once each, in order, nobody blocked."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer
from sqlalchemy import select

from brigade.appservice import MAX_TRANSACTION, Receiver
from brigade.errors import Temporary
from brigade.events import Event
from brigade.inbox import Inbox
from brigade.storage import Storage, tables

TOKEN = "hs-secret"


def raw(event_id: str, room: str = "!a:hs", **content: Any) -> dict[str, Any]:
    return {"event_id": event_id, "type": "m.room.message", "room_id": room, "sender": "@a:hs", "content": content}


async def settle(inbox: Inbox) -> None:
    async with asyncio.timeout(5):
        while await inbox.count():
            await asyncio.sleep(0.01)


class Log:
    """Remembers what was handled; ``fails`` is called first."""

    def __init__(self) -> None:
        self.handled: list[str] = []
        self.fails: Callable[[Event], None] = lambda event: None

    async def __call__(self, event: Event) -> None:
        self.fails(event)
        await asyncio.sleep(0)
        self.handled.append(event.id)


@pytest.fixture
def log() -> Log:
    return Log()


@pytest.fixture
async def inbox(storage: Storage, log: Log) -> AsyncIterator[Inbox]:
    found = Inbox(storage, "test", log, Event.parse)
    yield found
    await found.lanes.stop()


@pytest.fixture
async def door(inbox: Inbox) -> AsyncIterator[TestClient[Any, Any]]:
    app = web.Application(client_max_size=MAX_TRANSACTION)
    app.add_routes(Receiver(TOKEN, inbox).routes())
    async with TestClient(TestServer(app)) as client:
        yield client


async def put(door: TestClient[Any, Any], body: Any, txn: str = "1", token: str = TOKEN) -> int:
    url = f"/_matrix/app/v1/transactions/{txn}"
    data = body if isinstance(body, bytes) else None
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    json = None if isinstance(body, bytes) else body
    async with door.put(url, json=json, data=data, headers=headers) as answer:
        return answer.status


async def test_events_are_handled_once_and_in_order(door: TestClient[Any, Any], inbox: Inbox, log: Log) -> None:
    events = [raw(f"${n}", n=n) for n in range(30)]
    assert await put(door, {"events": events[:20]}) == 200
    assert await put(door, {"events": events[10:]}, "2") == 200
    assert await put(door, {"events": events}, "1") == 200  # a restarted counter
    await settle(inbox)
    assert log.handled == [event["event_id"] for event in events]


async def test_a_wrong_token_is_refused_and_stores_nothing(door: TestClient[Any, Any], inbox: Inbox) -> None:
    assert await put(door, {"events": [raw("$1")]}, token="wrong") == 403
    assert await put(door, {"events": [raw("$1")]}, token="") == 401
    assert await inbox.count() == 0


async def test_malformed_events_are_parked_and_block_nobody(
    door: TestClient[Any, Any], inbox: Inbox, log: Log, storage: Storage
) -> None:
    broken: list[Any] = [17, {"event_id": 3}, {"type": "m.room.message"}, {**raw("$x"), "content": "no"}]
    assert await put(door, {"events": [*broken, raw("$good")]}) == 200
    assert await put(door, b'{"events": [', "2") == 400
    assert await put(door, {"events": {"not": "a list"}}, "3") == 200
    await settle(inbox)
    assert log.handled == ["$good"]
    async with storage.read() as tx:
        parked = (await tx.execute(select(tables.inbox).where(tables.inbox.c.state == "parked"))).all()
    assert len(parked) == len(broken)
    assert all(row.error and row.payload for row in parked)


async def test_a_failing_event_is_parked_and_the_room_goes_on(inbox: Inbox, log: Log, storage: Storage) -> None:
    def fails(event: Event) -> None:
        if event.id == "$bad":
            raise KeyError("bug")

    log.fails = fails
    await inbox.store([raw("$1"), raw("$bad"), raw("$2")])
    await settle(inbox)
    assert log.handled == ["$1", "$2"]
    async with storage.read() as tx:
        row = (await tx.execute(select(tables.inbox).where(tables.inbox.c.event_id == "$bad"))).one()
    assert (row.state, row.error) == ("parked", "KeyError")


async def test_what_must_wait_keeps_its_room_in_order_and_lets_others_pass(inbox: Inbox, log: Log) -> None:
    tries = 0

    def fails(event: Event) -> None:
        nonlocal tries
        if event.id == "$slow" and tries < 2:
            tries += 1
            raise Temporary("not now", retry_after=0.05)

    log.fails = fails
    await inbox.store([raw("$slow"), raw("$after"), raw("$other", "!b:hs")])
    await settle(inbox)
    assert log.handled == ["$other", "$slow", "$after"]


async def test_what_was_stored_survives_the_process(storage: Storage, log: Log) -> None:
    def away(_event: Event) -> None:
        raise Temporary("not now", retry_after=60)

    log.fails = away
    first = Inbox(storage, "test", log, Event.parse)
    await first.store([raw("$1"), raw("$2")])
    await asyncio.sleep(0.05)
    await first.lanes.stop()
    log.fails = lambda event: None
    second = Inbox(storage, "test", log, Event.parse)
    await second.resume()
    await settle(second)
    await second.lanes.stop()
    assert log.handled == ["$1", "$2"]


async def test_what_was_worked_off_is_not_kept(inbox: Inbox, storage: Storage) -> None:
    await inbox.store([raw("$1", body="ce que dit le citoyen")])
    await settle(inbox)
    async with storage.read() as tx:
        row = (await tx.execute(select(tables.inbox))).one()
    assert row.payload is None
