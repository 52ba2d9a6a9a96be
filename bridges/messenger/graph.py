"""The Graph API: one call, its errors by who must act, and patience when the platform's limits are near."""

import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import aiohttp
import structlog

from bridges.messenger.faults import fault
from brigade.config.services import read_secret
from brigade.errors import Misconfigured, Temporary, Unreachable

log = structlog.get_logger(__name__)

_SECONDS = 20.0
_NEAR, _PAUSE = 95, 5.0  # percent of a limit from which on we wait so many seconds


class Graph:
    """``tokens``: file of each page's access token, read again after the platform has refused it."""

    def __init__(self, origin: str, version: str, secret: str, tokens: Mapping[str, Path]) -> None:
        self._base = f"{origin}/{version}"
        self._secret = secret
        self._files = tokens
        self._tokens: dict[str, str] = {}
        self._paused: dict[str, float] = {}
        self._session: aiohttp.ClientSession | None = None
        self.refused: dict[str, str] = {}  # page to why its token is no good

    async def close(self) -> None:
        """Hang up."""
        if self._session:
            await self._session.close()

    async def get(
        self, page: str, path: str, query: Mapping[str, str] | None = None, seconds: float = _SECONDS
    ) -> dict[str, Any]:
        """As ``post``."""
        return await self._call(page, "GET", path, dict(query or {}), None, seconds)

    async def post(self, page: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Raises Temporary (not carried out), Unreachable (perhaps), Refused with a French clause and the code."""
        return await self._call(page, "POST", path, {}, dict(body), _SECONDS)

    async def upload(self, page: str, file: Path, name: str, kind: str) -> str:
        """Give a file to the platform; its id there, good for 90 days."""
        group = kind.partition("/")[0]
        sort = group if group in ("image", "audio", "video") else "file"
        message = {"attachment": {"type": sort, "payload": {"is_reusable": True}}}
        with file.open("rb") as data:
            form = aiohttp.FormData({"message": json.dumps(message)})
            form.add_field("filedata", data, filename=name, content_type=kind)
            answer = await self._call(page, "POST", f"{page}/message_attachments", {}, form, 3 * _SECONDS)
        return str(answer["attachment_id"])

    async def _call(
        self, page: str, verb: str, path: str, query: dict[str, str], body: Any, seconds: float
    ) -> dict[str, Any]:
        """The token goes in a header: addresses end up in other people's logs."""
        self._wait(page)
        token = self._token(page)
        proof = hmac.new(self._secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        sent: dict[str, Any] = {"json": body} if isinstance(body, dict) else {"data": body}
        try:
            async with self._open().request(
                verb, f"{self._base}/{path}", params=query | {"appsecret_proof": proof},
                headers={"Authorization": f"Bearer {token}"}, timeout=aiohttp.ClientTimeout(total=seconds),
                allow_redirects=False, **sent,
            ) as answer:  # fmt: skip
                found = _parsed(await answer.read())
                again = self._heed(page, answer.headers)
                if answer.status == 200 and isinstance(found, dict):
                    self.refused.pop(page, None)
                    return found
                raise self._fault(page, answer.status, found, again)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unreachable(f"the platform did not answer: {type(error).__name__}") from error

    def _fault(self, page: str, status: int, body: Any, again: float | None) -> Exception:
        error = fault(status, body, again)
        code = getattr(error, "code", None)
        log.warning("graph_refused", page=page, status=status, code=code, reason=None if code else str(error))
        if isinstance(error, Temporary) and "token" in str(error):
            self._tokens.pop(page, None)
            self.refused[page] = str(error)
        elif isinstance(error, Temporary) and error.retry_after and not isinstance(error, Unreachable):
            self._paused[page] = time.monotonic() + error.retry_after
        return error

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        return self._session

    def _token(self, page: str) -> str:
        if page not in self._tokens:
            try:
                self._tokens[page] = read_secret(self._files[page])
            except Misconfigured as error:
                self.refused[page] = str(error)
                raise Temporary(str(error), 60.0) from error
        return self._tokens[page]

    def _wait(self, page: str) -> None:
        left = self._paused.get(page, 0.0) - time.monotonic()
        if left > 0:
            raise Temporary("the platform asked for patience", left)

    def _heed(self, page: str, headers: Mapping[str, str]) -> float | None:
        """Seconds that the usage headers ask us to wait; close to a limit we wait by ourselves."""
        again = float(headers["Retry-After"]) if headers.get("Retry-After", "").isdigit() else None
        business = _parsed(headers.get("X-Business-Use-Case-Usage", "{}").encode())
        rows = business.get(page, []) if isinstance(business, dict) else []
        for row in [each for each in rows if isinstance(each, dict)] if isinstance(rows, list) else []:
            minutes = row.get("estimated_time_to_regain_access")
            used = [row.get(key) for key in ("call_count", "total_cputime", "total_time")]
            if isinstance(minutes, int | float) and minutes > 0:
                again = max(again or 0.0, 60.0 * minutes)
            elif any(isinstance(each, int | float) and each >= _NEAR for each in used):
                again = max(again or 0.0, _PAUSE)
        if again:
            self._paused[page] = time.monotonic() + again
        return again


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return None
