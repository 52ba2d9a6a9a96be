"""The emulator in this process; every call of it is compared with X's own description."""

import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from openapi_schema_validator import OAS30Validator

from brigade.emulators.x import Options, application

HERE = Path(__file__).parent
ACCOUNT, OTHER_ACCOUNT, PERSON = "1000000000000000001", "1000000000000000002", "7000000000000000001"
APP = Options(
    "consumer_key_1", "consumer_secret_1", "bearer_1",
    {ACCOUNT: ("Gendarmerie", "token_1", "token_secret_1"), OTHER_ACCOUNT: ("Doubs", "token_2", "token_secret_2")},
    strict_urls=False,
)  # fmt: skip


class Description:
    """X's OpenAPI document, cut to the routes that we use. ``seen``: the routes that were called and checked."""

    def __init__(self) -> None:
        self._document = json.loads((HERE / "fixtures/openapi.json").read_text(encoding="utf-8"))
        self._paths = {tuple(path.split("/")): item for path, item in self._document["paths"].items()}
        self.seen: set[tuple[str, str]] = set()
        self.odd: list[str] = []

    def route(self, verb: str, path: str) -> tuple[str, Any] | None:
        steps = path.split("/")
        found = [
            pattern
            for pattern, item in self._paths.items()
            if len(pattern) == len(steps)
            and verb.lower() in item
            and all(a == b or a.startswith("{") for a, b in zip(pattern, steps, strict=True))
        ]
        best = min(found, key=lambda pattern: sum(step.startswith("{") for step in pattern), default=None)
        return ("/".join(best), self._paths[best][verb.lower()]) if best else None

    def check(self, schema: Any, value: Any) -> None:
        OAS30Validator(schema | {"components": self._document["components"]}).validate(value)

    def parameters(self, operation: Any) -> dict[str, Any]:
        rows = [
            self._document["components"]["parameters"][each["$ref"].rpartition("/")[2]] if "$ref" in each else each
            for each in operation.get("parameters", [])
        ]
        return {each["name"]: each for each in rows if each["in"] == "query"}

    @web.middleware
    async def compare(self, request: web.Request, handler: Any) -> web.StreamResponse:
        """Both sides: what the client asks, what the emulator answers."""
        found = self.route(request.method, request.path)
        if found is None:
            assert not request.path.startswith("/2/") or request.path in _NOT_DESCRIBED, request.path
            return await handler(request)
        path, operation = found
        wrong = await self._wrong_request(request, operation)
        answer = await handler(request)
        if answer.status < 300:
            assert not wrong, f"{request.method} {path}: answered, though {wrong}"
            self.seen.add((request.method, path))
            described = operation["responses"][str(answer.status)]["content"]
            if "application/json" in described:
                self.check(described["application/json"]["schema"], json.loads(answer.body))
        elif answer.status < 500:
            body = json.loads(answer.body)
            assert {"title", "type"} <= set(body) or isinstance(body["errors"][0]["code"], int)
        return answer

    async def _wrong_request(self, request: web.Request, operation: Any) -> str:
        known = self.parameters(operation)
        for name, value in request.query.items():
            if name not in known:
                return f"{name} is no parameter"
            schema = known[name]["schema"]
            given: Any = value.split(",") if schema.get("type") == "array" else value
            given = int(value) if schema.get("type") == "integer" and value.isdigit() else given
            if not OAS30Validator(schema | {"components": self._document["components"]}).is_valid(given):
                if name in ("dm_event.fields", "expansions"):  # an older client's names: taken all the same
                    self.odd.append(f"{name}={value}")
                    continue
                return f"{name}={value}"
        wanted = operation.get("requestBody", {}).get("content", {}).get("application/json")
        if wanted and request.content_type == "application/json" and request.can_read_body:
            schema = wanted["schema"] | {"components": self._document["components"]}
            if errors := list(OAS30Validator(schema).iter_errors(await request.json())):
                return errors[0].message[:200]
        return ""


_NOT_DESCRIBED = {"/2/oauth2/token"}


class Hook:
    """The app that the platform calls: proves itself with the secret, keeps what came."""

    def __init__(self) -> None:
        self.came: list[tuple[bytes, dict[str, str]]] = []
        self.answer: Callable[[str], web.Response] | None = None
        self.url = ""

    def app(self) -> web.Application:
        app = web.Application()
        app.add_routes([web.get("/webhook", self._shake), web.post("/webhook", self._take)])
        return app

    async def _shake(self, request: web.Request) -> web.Response:
        assert self.answer
        return self.answer(request.query["crc_token"])

    async def _take(self, request: web.Request) -> web.Response:
        self.came.append((await request.read(), dict(request.headers)))
        return web.Response()


class Platform:
    """The emulator."""

    def __init__(self, url: str, hook: Hook, description: Description) -> None:
        self.url, self.hook, self.description = url, hook, description

    async def control(self, path: str, **said: Any) -> Any:
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.url}/_emulator/{path}", json={"user": PERSON} | said) as answer,
        ):
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def get(self, path: str, **query: str) -> Any:
        async with aiohttp.ClientSession() as session, session.get(self.url + path, params=query) as answer:
            return await answer.json()


@pytest.fixture
async def new_platform() -> AsyncIterator[Callable[..., Any]]:
    servers: list[TestServer] = []

    async def make(**changes: Any) -> Platform:
        hook, description = Hook(), Description()
        servers.append(TestServer(hook.app()))
        await servers[-1].start_server()
        hook.url = str(servers[-1].make_url("/webhook"))
        app = application(replace(APP, **changes))
        app.middlewares.append(description.compare)
        servers.append(TestServer(app))
        await servers[-1].start_server()
        return Platform(str(servers[-1].make_url("")).rstrip("/"), hook, description)

    yield make
    for server in reversed(servers):
        await server.close()
