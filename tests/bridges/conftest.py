"""A web chat of its own on a real database and a real port. Its homeserver does not answer: the API must not care."""

import contextlib
import itertools
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from jsonschema import Draft202012Validator

from bridges.webchat import Channel, contract
from brigade.book import Page
from brigade.config import parse
from brigade.matrix import Account, Homeserver
from brigade.relay import Relay
from brigade.storage import Storage, upgrade_async
from brigade.vocabulary import Prompt

UNLIMITED = {"enabled": False}
_count = itertools.count(1)


@dataclass
class Given:
    """An answer of the API, checked against its description."""

    status: int
    body: Any
    headers: Any

    @property
    def problem(self) -> str:
        """The last part of a problem's type."""
        assert self.headers["Content-Type"].startswith("application/problem+json"), self.body
        assert self.body["status"] == self.status
        return str(self.body["type"]).removeprefix("urn:brigade:problem:")


class Contract:
    """Every answer that a test gets is compared with ``openapi.yaml``."""

    def __init__(self) -> None:
        self.document = contract.document()
        paths = {tuple(path.strip("/").split("/")): item for path, item in self.document["paths"].items()}
        self._paths = dict(sorted(paths.items(), key=lambda pair: sum(part[0] == "{" for part in pair[0])))

    def operation(self, method: str, path: str) -> Any:
        steps = path.partition("?")[0].removeprefix("/api/v1/").split("/")
        for pattern, item in self._paths.items():
            same = len(pattern) == len(steps) and all(
                a == b or a[0] == "{" for a, b in zip(pattern, steps, strict=True)
            )
            if same and method.lower() in item:
                return item[method.lower()]
        return None

    def schema(self, part: Any) -> Any:
        return {
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "components": self.document["components"],
        } | part

    def check(self, method: str, path: str, given: Given) -> None:
        operation = self.operation(method, path)
        if operation is None:
            return
        answers = operation["responses"]
        assert str(given.status) in answers, f"{method} {path}: {given.status} is not described: {given.body}"
        answer = answers[str(given.status)]
        if "$ref" in answer:
            answer = self.document["components"]["responses"][answer["$ref"].rpartition("/")[2]]
        kind = given.headers.get("Content-Type", "").partition(";")[0]
        media = answer.get("content", {})
        described = media.get(kind) or media.get(kind.partition("/")[0] + "/*", {})
        assert not media or kind in media or kind.partition("/")[0] + "/*" in media, f"{kind} is not described"
        if "schema" in described:
            Draft202012Validator(self.schema(described["schema"])).validate(given.body)

    def check_event(self, event: Any) -> None:
        Draft202012Validator(self.schema({"$ref": "#/components/schemas/Event"})).validate(event)


class Chat:
    """A running web chat and a client of it."""

    def __init__(self, base: str, relay: Relay, channel: Channel, http: aiohttp.ClientSession) -> None:
        self.base = base
        self.relay = relay
        self.channel = channel
        self.http = http
        self.contract = Contract()

    async def call(self, method: str, path: str, token: str | None = None, **options: Any) -> Given:
        headers = dict(options.pop("headers", {}))
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        async with self.http.request(method, f"{self.base}/api/v1{path}", headers=headers, **options) as response:
            is_json = "json" in response.content_type
            body = await response.json(content_type=None) if is_json else await response.read()
            given = Given(response.status, body, response.headers)
        self.contract.check(method, f"/api/v1{path}", given)
        for name in ("Cache-Control", "Content-Security-Policy", "Referrer-Policy", "X-Content-Type-Options"):
            assert name in given.headers, f"{method} {path} lacks {name}"
        return given

    async def open(self, **more: Any) -> "Talk":
        body = {"entry_point": "gendarmerie", "language": "fr", "consent": True} | more
        given = await self.call("POST", "/conversations", json=body)
        assert given.status == 201, given.body
        return Talk(self, **given.body)

    def stream(self, talk: "Talk", since: int = 0, **options: Any) -> Any:
        address = f"{self.base}/api/v1/conversations/{talk.id}/stream?since={since}"
        return self.http.ws_connect(address, **options)


@dataclass
class Talk:
    """One conversation, from the citizen's side."""

    chat: Chat
    id: str
    token: str
    reference: str
    expires_at: str

    async def call(self, method: str, end: str, **options: Any) -> Given:
        return await self.chat.call(method, f"/conversations/{self.id}{end}", self.token, **options)

    async def say(self, text: str, client_id: str | None = None) -> Given:
        body = {"client_id": client_id or f"c{next(_count)}", "text": text}
        return await self.call("POST", "/messages", json=body)

    async def events(self, since: int = 0) -> list[Any]:
        given = await self.call("GET", f"/events?since={since}")
        assert given.status == 200, given.body
        return list(given.body["events"])

    async def send(self, data: bytes, name: str = "photo.jpg", client_id: str | None = None, **more: Any) -> Given:
        form = aiohttp.FormData(quote_fields=False)
        form.add_field("client_id", client_id or f"f{next(_count)}")
        for key, value in more.items():
            form.add_field(key, value)
        form.add_field("file", data, filename=name, content_type="application/octet-stream")
        return await self.call("POST", "/attachments", data=form)

    async def page(self) -> Page:
        page = await self.chat.relay.book.page(self.id)
        assert page
        return page

    async def is_told(self, text: str, prompt: Prompt | None = None) -> int:
        """As if the relay had let a message through to the citizen; its number."""
        payload = {"type": "message", "from": "gendarme", "alias": "Gendarme", "text": text, "lang": "fr"}
        payload |= {"prompt": prompt.content()} if prompt else {}
        event_id = f"$told{next(_count)}"
        async with self.chat.relay.storage.write() as tx:
            entry, _ = await self.chat.relay.transcript.append(tx, self.id, event_id, payload, event_id)
        await self.chat.channel.show(self.id)
        return entry.seq


def _unused_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@asynccontextmanager
async def running(database: str, media: Path, **settings: Any) -> AsyncIterator[Chat]:
    """A web chat with these settings."""
    await upgrade_async(database)
    config = parse({"var": str(media.parent), "bots": {}, "bridges": {"webchat": {"limits": UNLIMITED} | settings}})
    options: Any = config.bridges["webchat"]
    async with AsyncExitStack() as stack:
        storage = Storage(database)
        stack.push_async_callback(storage.close)
        homeserver = Homeserver(f"http://127.0.0.1:{_unused_port()}", config.server_name, "token")
        await homeserver.open()
        stack.push_async_callback(homeserver.close)
        account = Account(homeserver, config.services["webchat"].user_id)
        relay = Relay(storage, "webchat", account, config.services["bots"].user_id, media, options.terms)
        channel = Channel(options, config, relay)
        relay.listen(channel.show)
        runner = web.AppRunner(channel.public(), access_log=None)
        await runner.setup()
        stack.push_async_callback(runner.cleanup)
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        await channel.start()
        stack.push_async_callback(relay.stop)
        stack.push_async_callback(channel.stop)
        http = await stack.enter_async_context(aiohttp.ClientSession())
        yield Chat(f"http://127.0.0.1:{runner.addresses[0][1]}", relay, channel, http)


@pytest.fixture
def start_chat(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Any]:
    """``async with start_chat(text_characters=100) as chat``: one with settings of its own."""

    def start(**settings: Any) -> contextlib.AbstractAsyncContextManager[Chat]:
        media = tmp_path_factory.mktemp("webchat") / "media"
        media.mkdir()
        return running(new_database(), media, **settings)

    return start


@pytest.fixture(scope="session")
async def chat(new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Chat]:
    """The session's web chat: default settings, no limits for an address."""
    media = tmp_path_factory.mktemp("webchat") / "media"
    media.mkdir()
    async with running(new_database(), media) as found:
        yield found


@pytest.fixture
async def talk(chat: Chat) -> Talk:
    """A conversation just opened."""
    return await chat.open()
