"""The database goes away and comes back: nothing is acknowledged that is not stored, and who left has left."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from brigade.stack.postgres import Cluster
from tests.bridges.conftest import running

OPENING = {"entry_point": "gendarmerie", "language": "fr", "consent": True}


@pytest.fixture
async def fragile(media: Path) -> AsyncIterator[tuple[Any, Cluster]]:
    """A web chat and the PostgreSQL that it can lose."""
    with Cluster() as cluster:
        cluster.create("brigade")
        # The test server forgets its last half second in a crash; a real one does not.
        connection = await asyncpg.connect(cluster.url("brigade", "postgresql"))
        await connection.execute("ALTER ROLE brigade SET synchronous_commit = on")
        await connection.close()
        async with running(cluster.url("brigade"), media) as chat:
            yield chat, cluster


async def until_dead(talk: Any) -> int:
    for _ in range(100):
        given = await talk.call("GET", "/events")
        if given.status != 200:
            return int(given.status)
        await asyncio.sleep(0.1)
    return 200


async def test_without_database_every_call_says_come_back(fragile: Any) -> None:
    chat, cluster = fragile
    talk = await chat.open()
    await asyncio.to_thread(cluster.stop_server)
    for given in (
        await chat.call("POST", "/conversations", json=OPENING),
        await talk.say("Bonjour", "kept"),
        await talk.call("GET", "/events"),
        await talk.call("PUT", "/rating", json={"score": 5}),
    ):
        assert (given.status, given.problem) == (503, "away")
        assert int(given.headers["Retry-After"]) >= 1
    await asyncio.to_thread(cluster.start_server)
    assert (await talk.say("Bonjour", "kept")).status == 202
    assert [event["text"] for event in await talk.events() if event["type"] == "message"] == ["Bonjour"]


async def test_S5_a_quick_exit_without_database_is_carried_out_when_it_is_back(fragile: Any) -> None:
    chat, cluster = fragile
    talk = await chat.open()
    async with chat.stream(talk) as stream:
        await stream.send_json({"token": talk.token})
        await stream.receive_json(timeout=5)
        await asyncio.to_thread(cluster.stop_server)
        assert (await talk.call("DELETE", "", headers={"X-Exit": "quick"})).problem == "away"
        await asyncio.to_thread(cluster.start_server)
        # The citizen's page is gone: nobody asks again.
        assert await until_dead(talk) == 401
        async for _ in stream:
            pass
        assert stream.close_code == 4401


async def test_a_stream_goes_on_when_the_database_is_back(fragile: Any) -> None:
    chat, cluster = fragile
    talk = await chat.open()
    async with chat.stream(talk) as stream:
        await stream.send_json({"token": talk.token})
        await stream.receive_json(timeout=5)
        await asyncio.to_thread(cluster.stop_server)
        await chat.channel.show(talk.id)
        await asyncio.sleep(0.3)
        await asyncio.to_thread(cluster.start_server)
        await talk.is_told("de retour")
        while (await stream.receive_json(timeout=10)).get("text") != "de retour":
            pass


async def test_an_upload_without_room_on_the_disk_can_be_sent_again(start_chat: Any) -> None:
    async with start_chat() as chat:
        talk = await chat.open()
        aside = chat.relay.media.with_name("aside")
        chat.relay.media.rename(aside)
        assert (await talk.send(b"%PDF-1.7\n%%EOF", client_id="kept")).problem == "away"
        aside.rename(chat.relay.media)
        assert (await talk.send(b"%PDF-1.7\n%%EOF", client_id="kept")).status == 202
