"""The REST API: one call, its errors by who must act, and patience when the platform's limits are reached."""

import asyncio
import json
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

import aiohttp
import structlog
from yarl import URL

from bridges.x.credentials import APP, Credentials
from bridges.x.faults import Spent, Unauthorised, fault, partial
from bridges.x.settings import Settings
from bridges.x.words import by_address, by_api, is_of_x
from brigade.errors import BrigadeError, Refused, Temporary, Unreachable

log = structlog.get_logger(__name__)

_SECONDS = 20.0
_MOST = {"image/gif": ("dm_gif", 15), "video/mp4": ("dm_video", 512)}
_IMAGES = ("image/jpeg", "image/png", "image/webp", "image/gif", "video/mp4")
_MOST_WORK = 60.0  # seconds that the platform may take for a video


class Api:
    """``wrong``: what an administrator has to put right, by account."""

    def __init__(self, origin: str, settings: Settings, secrets: Path) -> None:
        self.origin = origin
        self._emulated = settings.emulator is not None
        self._credentials = Credentials(settings, secrets, self._renew)
        self._paused: dict[tuple[str, str], float] = {}
        self._left: dict[tuple[str, str], int] = {}
        self._session: aiohttp.ClientSession | None = None
        self.wrong: dict[str, str] = {}

    async def close(self) -> None:
        """Hang up."""
        if self._session:
            await self._session.close()

    async def get(self, who: str, path: str, query: Mapping[str, str] | None = None) -> dict[str, Any]:
        """As ``call``."""
        return await self.call(who, "GET", path, query=query)

    async def post(self, who: str, path: str, body: Any) -> dict[str, Any]:
        """As ``call``."""
        return await self.call(who, "POST", path, body)

    def left(self, who: str, verb: str, path: str) -> int:
        """How many calls of that kind the platform said are left; many when it never said."""
        return self._left.get(_family(who, verb, path), 1000)

    def forget_left(self, who: str, verb: str, path: str) -> None:
        """Time has passed: let the next answer say it."""
        self._left.pop(_family(who, verb, path), None)

    async def authorisation(self, who: str, url: str) -> dict[str, str]:
        """Headers to fetch a file of that account's messages; none for what lies elsewhere than at X."""
        if not (is_of_x(url) or url.startswith(f"{self.origin}/")):
            return {}
        return await self._credentials.headers(who, "GET", url)

    def download(self, who: str, url: str) -> str:
        """Where a file that a message shows is fetched."""
        if self._credentials.is_granted(who):
            return by_api(self.origin, url)
        return by_address(self.origin, url) if self._emulated else url

    async def call(
        self, who: str, verb: str, path: str, body: Any = None, query: Mapping[str, str] | None = None
    ) -> dict[str, Any]:
        """``who``: an account's id or APP. Raises Temporary (not carried out), Unreachable (perhaps), Refused with a
        French clause and the code.
        """
        family = _family(who, verb, path)
        self._wait(family)
        url = f"{self.origin}{path}" + (f"?{urlencode(query, quote_via=quote)}" if query else "")
        headers = await self._credentials.headers(who, verb, url)
        sent: dict[str, Any] = {} if body is None else {"json" if isinstance(body, dict) else "data": body}
        try:
            async with self._open().request(
                verb, URL(url, encoded=True), headers=headers, allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=_SECONDS), **sent,
            ) as answer:  # fmt: skip
                found = _parsed(await answer.read())
                reset_in = self._heed(family, answer.headers)
                error = partial(found) if answer.status < 300 else fault(answer.status, found, reset_in)
                if error is None and isinstance(found, dict):
                    self.wrong.pop(who, None)
                    return found
                raise self._failed(family, answer.status, error or Unreachable("the platform's answer is no JSON"))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unreachable(f"the platform did not answer: {type(error).__name__}") from error

    async def upload(self, who: str, file: Path, kind: str) -> str:
        """Give a picture to the platform; its id there, good for a day and for this account.

        Raises Refused for what X does not take in messages (anything but pictures and videos, or too large).
        """
        category, most = _MOST.get(kind, ("dm_image", 5))
        if kind not in _IMAGES:
            raise Refused("X ne transmet que des images : proposez le chat web pour ce fichier", "file-type")
        data = await asyncio.to_thread(file.read_bytes)
        if len(data) > most * 2**20:
            raise Refused(f"l’image est trop grande pour X ({most} Mo au plus)", "file-too-large")
        form = aiohttp.FormData({"media_category": category}, default_to_multipart=True)
        form.add_field("media", data, filename="media", content_type=kind)
        found = (await self.call(who, "POST", "/2/media/upload", form)).get("data", {})
        until = time.monotonic() + _MOST_WORK
        while (work := found.get("processing_info") or {}).get("state") in ("pending", "in_progress"):
            if time.monotonic() > until:
                raise Temporary("the platform is still working on the file", 30.0)
            await asyncio.sleep(min(10.0, float(work.get("check_after_secs") or 1)))
            query = {"command": "STATUS", "media_id": str(found["id"])}
            found = (await self.get(who, "/2/media/upload", query)).get("data", {})
        if work.get("state") == "failed":
            raise Refused("X n’a pas pu prendre le fichier", "media")
        return str(found["id"])

    async def _renew(self, form: dict[str, str], secret: str | None) -> dict[str, Any]:
        """Exchange a refresh token. Raises Refused when it is used up."""
        login = aiohttp.BasicAuth(form["client_id"], secret) if secret else None
        try:
            async with self._open().post(
                f"{self.origin}/2/oauth2/token", data=form, auth=login, timeout=aiohttp.ClientTimeout(total=_SECONDS)
            ) as answer:
                found = _parsed(await answer.read())
                if answer.status == 200 and isinstance(found, dict) and found.get("access_token"):
                    return found
                if answer.status >= 500 or answer.status == 429:
                    raise Temporary("the platform could not renew our authorisation", 5.0)
                raise Refused("refresh token refused", "token")
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            # Whether the token was used up is not known; if it was, the next try says so.
            raise Temporary(f"the platform did not answer: {type(error).__name__}", 5.0) from error

    def _failed(self, family: tuple[str, str], status: int, error: BrigadeError) -> BrigadeError:
        who = family[0]
        code = getattr(error, "code", None)
        log.warning("x_refused", account=who, call=family[1], status=status, code=code, reason=str(error))
        if isinstance(error, Unauthorised):
            self._credentials.forget(who)
            self.wrong[who] = str(error)
        elif isinstance(error, Spent):
            self.wrong[who] = str(error)
        elif isinstance(error, Temporary) and error.retry_after and not isinstance(error, Unreachable):
            self._paused[family] = time.monotonic() + error.retry_after
        return error

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(cookie_jar=aiohttp.DummyCookieJar())
        return self._session

    def _wait(self, family: tuple[str, str]) -> None:
        left = self._paused.get(family, 0.0) - time.monotonic()
        if left > 0:
            raise Temporary("the platform asked for patience", left)

    def _heed(self, family: tuple[str, str], headers: Mapping[str, str]) -> float | None:
        """Seconds until the limit is set back; when no call is left, we wait by ourselves."""
        reset, left = headers.get("x-rate-limit-reset", ""), headers.get("x-rate-limit-remaining", "")
        again = headers.get("Retry-After", "")
        seconds = float(again) if again.isdigit() else None
        if reset.isdigit():
            seconds = min(86400.0, max(1.0, int(reset) - time.time() + 1.0))
        if left.isdigit():
            self._left[family] = int(left)
            if int(left) == 0 and seconds:
                self._paused[family] = time.monotonic() + seconds
        return seconds


def _family(who: str, verb: str, path: str) -> tuple[str, str]:
    """Calls that are counted together: all reading of messages, all sending, else by the beginning of the path."""
    if path.startswith("/2/dm_"):
        return who, "read" if verb == "GET" else "send"
    return who or APP, f"{verb} {'/'.join(path.split('/')[: 4 if path.startswith('/2/chat') else 3])}"


def _parsed(data: bytes) -> Any:
    try:
        return json.loads(data)
    except ValueError:
        return None
