"""The contact form as a page that needs no script, and as an API; what was sent is on disk before we say so."""

import asyncio
import json
import secrets
import time
from collections import OrderedDict
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Protocol

from aiohttp import BodyPartReader, web
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from pydantic import ValidationError

from bridges.form.given import Given
from bridges.form.outgoing import texts
from bridges.form.settings import Settings
from brigade import interception, metrics
from brigade.book import Page
from brigade.errors import BrigadeError
from brigade.files import sync
from brigade.texts import LANGUAGES, NAMES, supported

_HERE = Path(__file__).parent
_FIELD = 100_000  # bytes of a text field
_WAIT = 3.0  # seconds in which a reference should be there
PATH = "/formulaire"
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'self'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


AWAY = "The service is restarting; your text is still here, send it again in a moment."
UNREADABLE = "The form cannot be read; send it again."
MANY_FILES, LARGE_FILE = "Too many files.", "A file is too large."
TOO_LONG = "The message is too long; send it in several parts."
TOO_MANY = "Too many messages in a short time; wait a minute and send it again."
WRONG = {
    "text": "Write your message.",
    "email": "Write your e-mail address as name@example.org, or choose not to be written to.",
    "postcode": "Write the postcode with figures, or leave it empty.",
    "pseudonym": "The pseudonym is too long.",
}
MISTAKES = (AWAY, UNREADABLE, MANY_FILES, LARGE_FILE, TOO_LONG, TOO_MANY, *WRONG.values())


class Desk(Protocol):
    """What the pages need of the channel."""

    settings: Settings

    async def submit(self, given: Given, files: list[dict[str, str]]) -> tuple[Page | None, str | None]:
        """Store it; the conversation once it is there, and the link to the chat when nothing may be sent by mail."""
        ...

    @property
    def folder(self) -> Path:
        """The media folder."""
        ...


class Mistake(Exception):
    """``fields``: what to correct, a msgid by field."""

    def __init__(self, fields: Mapping[str, str], status: int = 422) -> None:
        super().__init__(", ".join(fields))
        self.fields = fields
        self.status = status


class Pages:
    """``chat``: address of the web chat."""

    def __init__(self, desk: Desk, chat: str) -> None:
        self._desk = desk
        self._chat = chat
        loader = FileSystemLoader(_HERE / "templates")
        self._templates = Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True)
        self._bucket: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def application(self) -> web.Application:
        """``/formulaire``, ``/formulaire/<language>`` and ``POST /api/v1/form``."""
        most = self._desk.settings.attachment_bytes * max(1, self._desk.settings.most_files) + 1_000_000
        app = web.Application(client_max_size=most)
        app.on_response_prepare.append(_protect)
        app.add_routes([
            web.get("/", self._home),
            web.get(PATH, self._form), web.post(PATH, self._sent),
            web.get(PATH + "/{language}", self._form), web.post(PATH + "/{language}", self._sent),
            web.post("/api/v1/form", self._api),
            web.static("/form", _HERE / "static"),
        ])  # fmt: skip
        return app

    async def _home(self, _request: web.Request) -> web.StreamResponse:
        raise web.HTTPFound(PATH)

    async def _form(self, request: web.Request) -> web.StreamResponse:
        return self._page(_language(request), {}, {})

    async def _sent(self, request: web.Request) -> web.StreamResponse:
        language = _language(request)
        fields: dict[str, str] = {}
        files: list[dict[str, str]] = []
        try:
            self._turn(request)
            await self._read(request, fields, files)
            given = _given(fields | {"language": language})
            page, link = await self._desk.submit(given, files)
        except (Mistake, BrigadeError) as error:
            self._drop(files)
            found = error if isinstance(error, Mistake) else Mistake({"form": AWAY}, 503)
            return self._page(language, fields, found.fields, found.status)
        reference = page.reference if page else None
        return self._render("sent.html.j2", language, reference=reference, link=link, given=given)

    async def _api(self, request: web.Request) -> web.StreamResponse:
        try:
            self._turn(request)
            raw = json.loads(await request.text())
            given = Given.model_validate(raw)
            page, link = await self._desk.submit(given, [])
        except (ValueError, ValidationError) as error:
            return _problem(422, _sentence(error))
        except Mistake as error:
            return _problem(error.status, "Too many messages in a short time.")
        except BrigadeError:
            return _problem(503, "Temporarily unavailable; send it again with the same client_id.")
        return web.json_response({"reference": page.reference if page else None, "link": link}, status=202)

    async def _read(self, request: web.Request, fields: dict[str, str], files: list[dict[str, str]]) -> None:
        """The fields; files go to the media folder as they come. Raises Mistake."""
        if not request.content_type.startswith("multipart/"):
            fields |= {key: str(value) for key, value in (await request.post()).items()}
            return
        try:
            async for part in await request.multipart():
                if not isinstance(part, BodyPartReader) or not part.name:
                    continue
                if part.name == "files":
                    if part.filename:
                        files.append(await self._receive(part, len(files)))
                else:
                    fields[part.name] = (await _limited(part)).decode("utf-8", "replace")
        except (ValueError, AssertionError) as error:
            raise Mistake({"form": UNREADABLE}) from error

    async def _receive(self, part: BodyPartReader, before: int) -> dict[str, str]:
        if before >= self._desk.settings.most_files:
            raise Mistake({"files": MANY_FILES})
        name = f"{secrets.token_hex(16)}.enclosed"
        path, size = self._desk.folder / name, 0
        with path.open("xb") as file:
            while chunk := await part.read_chunk(64 * 1024):
                size += len(chunk)
                if size > self._desk.settings.attachment_bytes:
                    path.unlink()
                    raise Mistake({"files": LARGE_FILE}, 413)
                file.write(chunk)
        await asyncio.to_thread(sync, path)
        return {"file": name, "name": (part.filename or "")[:120]}

    def _drop(self, files: list[dict[str, str]]) -> None:
        for each in files:
            (self._desk.folder / each["file"]).unlink(missing_ok=True)

    def _turn(self, request: web.Request) -> None:
        """A bucket an address: a household or a library may share one. Raises Mistake."""
        per_minute, now = self._desk.settings.per_minute, time.monotonic()
        who = request.remote or ""
        left, at = self._bucket.pop(who, (per_minute, now))
        left = min(per_minute, left + (now - at) * per_minute / 60)
        self._bucket[who] = (max(left - 1, 0.0), now)
        if len(self._bucket) > 10_000:
            self._bucket.popitem(last=False)
        if left < 1:
            metrics.REFUSED.labels("form", "too-many").inc()
            raise Mistake({"form": TOO_MANY}, 429)

    def _page(
        self, language: str, fields: Mapping[str, str], mistakes: Mapping[str, str], status: int = 200
    ) -> web.StreamResponse:
        told = {name: texts(language, message) for name, message in mistakes.items()}
        key = fields.get("client_id") or secrets.token_urlsafe(16)
        return self._render("form.html.j2", language, status, fields=fields, mistakes=told, client_id=key)

    def _render(self, template: str, language: str, status: int = 200, **more: Any) -> web.StreamResponse:
        html = self._templates.get_template(template).render(
            t=lambda msgid, **values: texts(language, msgid, **values), language=language, chat=self._chat,
            languages=[(code, NAMES[code], PATH if code == "fr" else f"{PATH}/{code}") for code in LANGUAGES],
            action=PATH if language == "fr" else f"{PATH}/{language}", settings=self._desk.settings,
            numbers=interception.numbers_as_links(language), **more,
        )  # fmt: skip
        return web.Response(text=html, status=status, content_type="text/html")


def _given(fields: Mapping[str, str]) -> Given:
    known = {key: value for key, value in fields.items() if key in Given.model_fields and value.strip()}
    try:
        return Given.model_validate({"text": "", "client_id": ""} | known | {"safe": fields.get("safe") == "yes"})
    except ValidationError as error:
        names = {str(mistake["loc"][0]) if mistake["loc"] else "email" for mistake in error.errors()}
        raise Mistake({name: WRONG.get(name, UNREADABLE) for name in names}) from error


def _sentence(error: ValueError) -> str:
    if isinstance(error, ValidationError):
        return "; ".join(f"{'.'.join(map(str, each['loc'])) or 'body'}: {each['msg']}" for each in error.errors())
    return "The body is not valid JSON."


def _problem(status: int, detail: str) -> web.Response:
    return web.json_response(
        {"status": status, "detail": detail}, status=status, content_type="application/problem+json"
    )


async def _limited(part: BodyPartReader) -> bytes:
    raw = b""
    while chunk := await part.read_chunk(_FIELD):
        raw += chunk
        if len(raw) > _FIELD:
            raise Mistake({"text": TOO_LONG}, 413)
    return raw


def _language(request: web.Request) -> str:
    given = request.match_info.get("language")
    if given is not None and given not in LANGUAGES:
        raise web.HTTPNotFound
    return supported(given)


async def _protect(_request: web.Request, response: web.StreamResponse) -> None:
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.popall("Server", None)
