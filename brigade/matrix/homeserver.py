"""One connection pool to a homeserver; errors are raised here, once."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import structlog
from nio.api import Api
from yarl import URL

from brigade.errors import BrigadeError, Forbidden, NotFound, Refused, Temporary, Unreachable

log = structlog.get_logger(__name__)

_IN_FLIGHT = 12  # past about 16 sends in flight only Synapse's own queue grows (measured)


class Homeserver:
    """One connection pool to a homeserver with one application service's token."""

    def __init__(self, url: str, server_name: str, token: str) -> None:
        self.url = url.rstrip("/")
        self.server_name = server_name
        self._token = token
        self._session: aiohttp.ClientSession | None = None
        self._slots = asyncio.Semaphore(_IN_FLIGHT)

    async def open(self) -> None:
        """Make the connection pool."""
        self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60, connect=5))

    async def close(self) -> None:
        """Close the connection pool."""
        if self._session:
            await self._session.close()

    async def call(
        self,
        method: str,
        path: str,
        body: str | bytes | None = None,
        *,
        query: Mapping[str, str] | None = None,
        content_type: str = "application/json",
    ) -> dict[str, Any]:
        """One request; raises a BrigadeError for whatever is not a 2xx JSON object."""
        async with self.request(method, path, body, query or {}, content_type) as response:
            try:
                found = await response.json(content_type=None)
            except ValueError as error:
                raise Unreachable(f"the homeserver answered {response.status} without JSON") from error
            if response.status >= 300 or not isinstance(found, dict):
                raise error_of(response.status, found if isinstance(found, dict) else {})
            return found

    async def versions(self) -> None:
        """Raises unless the homeserver answers."""
        await self.call("GET", "/_matrix/client/versions")

    async def ping(self, service: str) -> None:
        """Asks the homeserver to reach us; it also retries at once what it could not deliver (pitfall P4)."""
        path = Api._build_path(["appservice", service, "ping"], base_path="/_matrix/client/v1")
        try:
            await self.call("POST", path, "{}")
        except Refused as error:
            raise Temporary(f"the homeserver cannot reach this process: {error}") from error

    async def download(self, mxc: str, user_id: str, limit: int) -> tuple[bytes, str]:
        """(bytes, content type) of ``mxc://server/media``; Refused when it is larger than ``limit`` bytes."""
        server, _, media = mxc.removeprefix("mxc://").partition("/")
        path = Api._build_path(["download", server, media], base_path="/_matrix/client/v1/media")
        async with self.request("GET", path, None, {"user_id": user_id}, None) as response:
            if response.status >= 300:
                raise error_of(response.status, {})
            data = await response.content.read(limit + 1)
            if len(data) > limit or not response.content.at_eof():
                raise Refused(f"the file is larger than {limit} bytes")
            return data, response.headers.get("Content-Type", "application/octet-stream")

    @asynccontextmanager
    async def request(
        self, method: str, path: str, body: str | bytes | None, query: Mapping[str, str], content_type: str | None
    ) -> AsyncIterator[aiohttp.ClientResponse]:
        if self._session is None:
            raise Temporary("the connection to the homeserver is not open")
        url = URL(self.url + path, encoded=True)
        url = url.with_query({**{k: v for k, v in url.query.items() if k != "access_token"}, **query})
        headers = {"Authorization": f"Bearer {self._token}"}
        if content_type and body is not None:
            headers["Content-Type"] = content_type
        try:
            async with self._slots, self._session.request(method, url, data=body, headers=headers) as response:
                yield response
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unreachable(f"the homeserver does not answer: {type(error).__name__}") from error


def error_of(status: int, answer: Mapping[str, Any]) -> BrigadeError:
    code, message = answer.get("errcode"), answer.get("error", "no reason given")
    sentence = f"the homeserver answered {status} {code}: {message}"
    if status == 429:
        wait = answer.get("retry_after_ms")
        return Temporary(sentence, wait / 1000 if isinstance(wait, int) else 1.0)
    if status >= 500 or status == 401:
        return Unreachable(sentence)
    kind = {403: Forbidden, 404: NotFound}.get(status, Refused)
    return kind(sentence, code if isinstance(code, str) else None)
