"""Meta's Graph API, whatever the product: one call, its errors, and patience when the platform's limits are near."""

import hashlib
import hmac
import json
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import aiohttp
import structlog

from brigade.config.services import read_secret
from brigade.errors import BrigadeError, Misconfigured, Refused, Temporary, Unreachable
from brigade.post.parcels import File

log = structlog.get_logger(__name__)

_SECONDS = 20.0
_NEAR, _PAUSE = 95, 5.0  # percent of a limit from which on we wait so many seconds


class TokenRefused(Temporary):
    """Until there is a new one in its file."""


# What to raise for an answer that is not 200: of its status, its JSON, and the seconds that its headers ask us to wait.
Fault = Callable[[int, Any, float | None], BrigadeError]


class Graph:
    """``tokens``: file of the access token of each account of ours, read again after the platform has refused it."""

    def __init__(self, origin: str, version: str, secret: str, tokens: Mapping[str, Path], fault: Fault) -> None:
        self._base = f"{origin}/{version}"
        self._fault = fault
        self._secret = secret
        self._files = tokens
        self._tokens: dict[str, str] = {}
        self._paused: dict[str, float] = {}
        self._session: aiohttp.ClientSession | None = None
        self.refused: dict[str, str] = {}  # account to why its token is no good

    async def close(self) -> None:
        """Hang up."""
        if self._session:
            await self._session.close()

    async def get(
        self, account: str, path: str, query: Mapping[str, str] | None = None, seconds: float = _SECONDS
    ) -> dict[str, Any]:
        """As ``post``."""
        return await self._call(account, "GET", path, dict(query or {}), None, seconds)

    async def post(self, account: str, path: str, body: Mapping[str, Any]) -> dict[str, Any]:
        """Raises Temporary (not carried out), Unreachable (perhaps), Refused with a French clause and the code."""
        return await self._call(account, "POST", path, {}, dict(body), _SECONDS)

    async def upload(
        self, account: str, path: str, form: Mapping[str, str], field: str, file: Path, about: File
    ) -> dict[str, Any]:
        """Give a file to the platform: in the ``field`` of a form that has other fields, too."""
        data = aiohttp.FormData(dict(form))
        try:
            with file.open("rb") as content:
                data.add_field(field, content, filename=about.name, content_type=about.type)
                return await self._call(account, "POST", path, {}, data, 3 * _SECONDS)
        except FileNotFoundError as error:
            raise Refused("le fichier n’est plus là") from error

    def authorisation(self, account: str) -> dict[str, str]:
        """The header that says who we are. Raises Temporary."""
        return {"Authorization": f"Bearer {self._token(account)}"}

    async def _call(
        self, account: str, verb: str, path: str, query: dict[str, str], body: Any, seconds: float
    ) -> dict[str, Any]:
        """The token goes in a header: addresses end up in other people's logs."""
        self._wait(account)
        token = self._token(account)
        proof = hmac.new(self._secret.encode(), token.encode(), hashlib.sha256).hexdigest()
        sent: dict[str, Any] = {"json": body} if isinstance(body, dict) else {"data": body}
        try:
            async with self._open().request(
                verb, f"{self._base}/{path}", params=query | {"appsecret_proof": proof},
                headers=self.authorisation(account), timeout=aiohttp.ClientTimeout(total=seconds),
                allow_redirects=False, **sent,
            ) as answer:  # fmt: skip
                found = _parsed(await answer.read())
                again = self._heed(account, answer.headers)
                if answer.status == 200 and isinstance(found, dict):
                    self.refused.pop(account, None)
                    return found
                raise self._raised(account, answer.status, found, again)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unreachable(f"the platform did not answer: {type(error).__name__}") from error

    def _raised(self, account: str, status: int, body: Any, again: float | None) -> BrigadeError:
        error = self._fault(status, body, again)
        code = getattr(error, "code", None)
        log.warning("graph_refused", account=account, status=status, code=code, reason=None if code else str(error))
        if isinstance(error, TokenRefused):
            self._tokens.pop(account, None)
            self.refused[account] = str(error)
        elif isinstance(error, Temporary) and error.retry_after and not isinstance(error, Unreachable):
            self._paused[account] = time.monotonic() + error.retry_after
        return error

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        return self._session

    def _token(self, account: str) -> str:
        if account not in self._tokens:
            try:
                self._tokens[account] = read_secret(self._files[account])
            except Misconfigured as error:
                self.refused[account] = str(error)
                raise Temporary(str(error), 60.0) from error
        return self._tokens[account]

    def _wait(self, account: str) -> None:
        left = self._paused.get(account, 0.0) - time.monotonic()
        if left > 0:
            raise Temporary("the platform asked for patience", left)

    def _heed(self, account: str, headers: Mapping[str, str]) -> float | None:
        """Seconds that the usage headers ask us to wait; close to a limit we wait by ourselves."""
        again = float(headers["Retry-After"]) if headers.get("Retry-After", "").isdigit() else None
        business = _parsed(headers.get("X-Business-Use-Case-Usage", "{}").encode())
        rows = business.get(account, []) if isinstance(business, dict) else []
        for row in [each for each in rows if isinstance(each, dict)] if isinstance(rows, list) else []:
            minutes = row.get("estimated_time_to_regain_access")
            used = [row.get(key) for key in ("call_count", "total_cputime", "total_time")]
            if isinstance(minutes, int | float) and minutes > 0:
                again = max(again or 0.0, 60.0 * minutes)
            elif any(isinstance(each, int | float) and each >= _NEAR for each in used):
                again = max(again or 0.0, _PAUSE)
        if again:
            self._paused[account] = time.monotonic() + again
        return again


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return None
