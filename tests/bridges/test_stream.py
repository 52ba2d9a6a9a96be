"""The citizen's stream: resumed without gaps, closed for a reason, bounded whatever the reader does."""

import asyncio
import socket
import time
from typing import Any

import aiohttp
import psutil
import pytest

TOKEN = {"token": "x" * 43}


async def frames(stream: Any, count: int) -> list[Any]:
    return [await stream.receive_json(timeout=10) for _ in range(count)]


async def closing(stream: Any) -> int | None:
    async for _ in stream:
        pass
    return stream.close_code


async def test_a_stream_gives_what_was_said_and_what_is_said_next(talk: Any) -> None:
    await talk.say("avant")
    async with talk.chat.stream(talk) as stream:
        await stream.send_json({"token": talk.token})
        before = await frames(stream, 2)
        sent = await talk.say("pendant")
        seen = [event for event in before + await frames(stream, 2) if "seq" in event]
        await talk.is_told("réponse")
        seen += await frames(stream, 1)
    assert [event["seq"] for event in seen] == [1, 2, 3, 4]
    assert sent.body["seq"] == 3
    for event in seen:
        talk.chat.contract.check_event(event)


async def test_a_stream_resumes_where_the_client_is(talk: Any) -> None:
    for n in range(60):
        await talk.is_told(f"réponse {n}")
    async with talk.chat.stream(talk, since=41) as stream:
        await stream.send_json({"token": talk.token})
        seqs = [event["seq"] for event in await frames(stream, 21) if "seq" in event]
    assert seqs[:20] == list(range(42, 62))


async def test_two_tabs_see_the_same(talk: Any) -> None:
    async with talk.chat.stream(talk) as one, talk.chat.stream(talk) as other:
        for stream in (one, other):
            await stream.send_json({"token": talk.token})
            await frames(stream, 1)
        await talk.is_told("aux deux")
        for stream in (one, other):
            while (await stream.receive_json(timeout=5)).get("text") != "aux deux":
                pass


async def test_nobody_else_s_words_come_through(chat: Any) -> None:
    one, other = await chat.open(), await chat.open()
    async with chat.stream(one) as stream:
        await stream.send_json({"token": one.token})
        await frames(stream, 1)
        await other.is_told("pour l’autre")
        await chat.channel.hint(other.id, {"type": "typing", "typing": True})
        await one.is_told("pour lui")
        seen = []
        while not seen or seen[-1].get("text") != "pour lui":
            seen.append(await stream.receive_json(timeout=5))
    assert "pour l’autre" not in [event.get("text") for event in seen]
    assert "typing" not in [event["type"] for event in seen]


async def test_what_is_of_the_moment_comes_without_a_number(talk: Any) -> None:
    async with talk.chat.stream(talk) as stream:
        await stream.send_json({"token": talk.token})
        await frames(stream, 1)
        await talk.chat.channel.hint(talk.id, {"type": "typing", "typing": True})
        while (event := await stream.receive_json(timeout=5))["type"] != "typing":
            pass
        assert event == {"type": "typing", "typing": True}
        talk.chat.contract.check_event(event)


async def test_the_place_in_the_queue_is_told_at_the_beginning(talk: Any) -> None:
    async with talk.chat.stream(talk) as stream:
        await stream.send_json({"token": talk.token})
        seen = await frames(stream, 2)
    assert [event["state"] for event in seen] == ["received", "waiting"]
    assert seen[1]["position"] >= 1


async def test_a_place_in_the_queue_never_hides_that_somebody_answers(talk: Any) -> None:
    async with talk.chat.relay.storage.write() as tx:
        taken = {"type": "status", "state": "in_progress"}
        await talk.chat.relay.transcript.append(tx, talk.id, "$taken", taken)
    async with talk.chat.stream(talk) as stream:
        await stream.send_json({"token": talk.token})
        await frames(stream, 2)
        await talk.is_told("Bonjour")
        assert (await frames(stream, 1))[0].get("text") == "Bonjour"


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ('{"token": "' + "x" * 43 + '"}', 4401),
        ('{"token": ""}', 4401),
        ("{}", 4400),
        ('{"token": 3}', 4400),
        ('{"token": "x", "more": 1}', 4400),
        ("not json", 4400),
        ("[" * 4000, 4400),
        (b"\xff\xfe", 4400),
    ],
)
async def test_a_bad_first_frame_is_told_by_its_code(talk: Any, frame: str | bytes, code: int) -> None:
    async with talk.chat.stream(talk) as stream:
        await (stream.send_bytes(frame) if isinstance(frame, bytes) else stream.send_str(frame))
        assert await closing(stream) == code


async def test_an_unknown_conversation_closes_as_a_wrong_token_does(chat: Any, talk: Any) -> None:
    talk.id = "0" * 32
    async with chat.stream(talk) as stream:
        await stream.send_json({"token": talk.token})
        assert await closing(stream) == 4401


async def test_a_stream_without_token_ends(start_chat: Any) -> None:
    async with start_chat(first_frame_seconds=0.2) as chat:
        talk = await chat.open()
        async with chat.stream(talk) as stream:
            assert await closing(stream) == 4408


async def test_a_frame_after_the_token_ends_the_stream(talk: Any) -> None:
    async with talk.chat.stream(talk) as stream:
        await stream.send_json({"token": talk.token})
        await stream.send_str("hello")
        assert await closing(stream) == 4400


async def test_a_token_that_expires_ends_the_stream(chat: Any) -> None:
    talk = await chat.open()
    async with chat.relay.storage.write() as tx:
        await chat.relay.book.change(tx, talk.id, expires_at=time.time() + 0.5)
    async with chat.stream(talk) as stream:
        await stream.send_json({"token": talk.token})
        begin = time.monotonic()
        assert await closing(stream) == 4401
    assert 0.3 < time.monotonic() - begin < 3


async def test_S5_leaving_ends_every_open_stream(chat: Any) -> None:
    talk = await chat.open()
    async with chat.stream(talk) as one, chat.stream(talk) as other:
        for stream in (one, other):
            await stream.send_json({"token": talk.token})
            await frames(stream, 1)
        begin = time.monotonic()
        await talk.call("DELETE", "")
        assert [await closing(one), await closing(other)] == [4401, 4401]
    assert time.monotonic() - begin < 2


@pytest.mark.parametrize(
    ("origin", "status"),
    [(None, 101), ("https://evil.example", 403), ("null", 403), ("http://same", 101), ("https://partner.example", 101)],
)
async def test_pages_of_other_sites_cannot_open_a_stream(start_chat: Any, origin: str | None, status: int) -> None:
    async with start_chat(allowed_origins=["https://partner.example"]) as chat:
        talk = await chat.open()
        headers = {"Origin": chat.base if origin == "http://same" else origin} if origin else {}
        if status == 101:
            async with chat.stream(talk, headers=headers) as stream:
                await stream.send_json({"token": talk.token})
                assert (await frames(stream, 1))[0]["type"] == "status"
            return
        with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
            await chat.http.ws_connect(f"{chat.base}/api/v1/conversations/{talk.id}/stream", headers=headers)
        assert refused.value.status == status


async def test_a_plain_request_for_a_stream_is_a_problem(talk: Any) -> None:
    assert (await talk.call("GET", "/stream")).problem == "bad-request"
    assert (await talk.call("GET", "/stream?since=x")).problem == "invalid"


def deaf(base: str, talk: Any) -> socket.socket:
    """A client that opens a stream and then reads nothing more."""
    host, port = base.removeprefix("http://").split(":")
    connection = socket.socket()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    connection.connect((host, int(port)))
    connection.sendall(
        f"GET /api/v1/conversations/{talk.id}/stream?since=0 HTTP/1.1\r\nHost: {host}:{port}\r\n"
        "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: MDEyMzQ1Njc4OWFiY2RlZg==\r\n\r\n".encode()
    )
    payload = f'{{"token": "{talk.token}"}}'.encode()
    connection.sendall(bytes([0x81, 0x80 | len(payload), 0, 0, 0, 0]) + payload)
    return connection


async def test_a_slow_reader_is_cut_and_resumes_where_it_was(start_chat: Any) -> None:
    async with start_chat(send_seconds=0.5, heartbeat_seconds=60) as chat:
        talk = await chat.open()
        for n in range(1500):
            payload = {"type": "message", "from": "gendarme", "alias": "Gendarme", "text": "x" * 5000, "lang": "fr"}
            async with chat.relay.storage.write() as tx:
                await chat.relay.transcript.append(tx, talk.id, f"${n}", payload)
        before = psutil.Process().memory_info().rss
        connection = await asyncio.to_thread(deaf, chat.base, talk)
        connection.settimeout(10)
        await asyncio.sleep(2.5)
        assert psutil.Process().memory_info().rss - before < 30 * 2**20
        received = 0
        with pytest.raises(ConnectionResetError):
            while chunk := await asyncio.to_thread(connection.recv, 65536):
                received += len(chunk)
            raise ConnectionResetError
        connection.close()
        assert received < 7_000_000
        async with chat.stream(talk, since=1400, max_msg_size=0) as stream:
            await stream.send_json({"token": talk.token})
            assert (await frames(stream, 1))[0]["seq"] == 1401


async def test_idle_streams_cost_little(chat: Any) -> None:
    """2,000 on one process must stay under 400 MB: here 300, client's half included."""
    talk = await chat.open()
    connector = aiohttp.TCPConnector(limit=0)
    async with aiohttp.ClientSession(connector=connector) as http:
        address = f"{chat.base}/api/v1/conversations/{talk.id}/stream"
        before = psutil.Process().memory_info().rss
        streams = []
        for _ in range(300):
            streams.append(await http.ws_connect(address))
            await streams[-1].send_json({"token": talk.token})
            await streams[-1].receive(timeout=10)
        grown = psutil.Process().memory_info().rss - before
        for stream in streams:
            await stream.close()
    assert grown / 300 < 100_000


async def test_streams_of_a_stopping_process_are_told_to_come_back(start_chat: Any) -> None:
    async with start_chat() as chat:
        talk = await chat.open()
        async with chat.stream(talk) as stream:
            await stream.send_json({"token": talk.token})
            await frames(stream, 1)
            await asyncio.gather(chat.channel.stop(), closing(stream))
            assert stream.close_code == 1012
