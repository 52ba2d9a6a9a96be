"""``…/attachments``: a file comes in as a stream with a hard stop, and goes out to nobody but its conversation."""

import asyncio
import hashlib
import os
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiohttp import BodyPartReader, MultipartReader, web
from aiohttp.http import HttpProcessingError

from bridges.webchat.bodies import AttachmentForm, parse
from bridges.webchat.problems import Kind, Problem
from brigade.book import Page
from brigade.errors import Malformed, Temporary
from brigade.files import PART, Received, Shelf, neutral_name, sync
from brigade.files.passing import Passing
from brigade.relay import Relay

_FIELD = 8 * 1024  # bytes of a text field
_OVERHEAD = 64 * 1024  # of the form around the file
_SECONDS = 600.0  # that an upload may take
_KINDS = {"file-type": Kind.FILE_TYPE, "file-damaged": Kind.FILE_DAMAGED, "file-huge": Kind.FILE_HUGE}
_FIELDS = ("client_id", "description", "file")


@dataclass
class _Form:
    fields: dict[str, str] = field(default_factory=dict)
    file: Received | None = None


class Attachments:
    """Takes files in and gives them out."""

    def __init__(self, relay: Relay, shelf: Shelf, most: int) -> None:
        self._shelf = shelf
        self._most = most
        self._passing = Passing(relay, shelf)

    async def take(self, request: web.Request, page: Page) -> int:
        """Store the file of a form and pass it on; its number in the transcript. Raises Problem, BrigadeError."""
        if request.content_type != "multipart/form-data":
            raise Problem(Kind.NOT_FORM_TYPE)
        if (request.content_length or 0) > self._most + _OVERHEAD:
            raise self._too_large()
        try:
            async with self._temporary() as part:
                form = await self._form(request, part)
                given = parse(AttachmentForm, form.fields)
                if form.file is None:
                    raise _missing_file()
                return await self._pass_on(page, given, form.file)
        except OSError as error:
            # A full disk is nobody's mistake and may pass; nothing was acknowledged.
            raise Temporary(f"the media folder cannot be written: {error.strerror}", 30) from error

    @asynccontextmanager
    async def _temporary(self) -> AsyncIterator[Path]:
        part = self._shelf.folder / f"{secrets.token_hex(16)}{PART}"
        try:
            yield part
        finally:
            part.unlink(missing_ok=True)

    async def _form(self, request: web.Request, path: Path) -> _Form:
        try:
            async with asyncio.timeout(_SECONDS):
                return await self._read(await request.multipart(), path)
        except TimeoutError as error:
            raise Problem(Kind.TOO_SLOW) from error
        except (ValueError, AssertionError, HttpProcessingError, web.RequestPayloadError) as error:
            raise Problem(Kind.NOT_MULTIPART) from error

    async def _read(self, reader: MultipartReader, path: Path) -> _Form:
        form = _Form()
        while (part := await reader.next()) is not None:
            name = part.name if isinstance(part, BodyPartReader) else None
            if not isinstance(part, BodyPartReader) or name not in _FIELDS:
                raise _mistake(str(name)[:80], "unknown key")
            if name in form.fields or (name == "file" and form.file):
                raise _mistake(name, "is given twice")
            if name == "file":
                form.file = await self._receive(part, path)
            else:
                form.fields[name] = await _text(part)
        return form

    async def _receive(self, part: BodyPartReader, path: Path) -> Received:
        digest, size, head = hashlib.sha256(), 0, b""
        with open(path, "xb", opener=_private) as file:  # noqa: ASYNC230 - a page cache write, and its mode
            while chunk := await part.read_chunk(64 * 1024):
                size += len(chunk)
                if size > self._most:
                    raise self._too_large()
                head = head or bytes(chunk[:64])
                digest.update(chunk)
                file.write(chunk)
        await asyncio.to_thread(sync, path)
        return Received(path, head, size, digest.hexdigest(), part.filename or "")

    async def _pass_on(self, page: Page, given: AttachmentForm, received: Received) -> int:
        try:
            return await self._passing.on(page, given.client_id, received, given.description)
        except Malformed as error:
            raise Problem(_KINDS[error.code]) if error.code in _KINDS else error from error

    async def give(self, page: Page, file_id: str) -> web.StreamResponse:
        """The bytes of an attachment, to be saved, never to be shown inside a page."""
        found = await self._passing.find(page, file_id) if file_id.isalnum() and len(file_id) <= 40 else None
        if found is None or not (self._shelf.folder / found.id).is_file():
            raise Problem(Kind.NOT_FOUND)
        headers: dict[str, Any] = {
            "Content-Type": found.type if found.type in _SHOWN else "application/octet-stream",
            "Content-Disposition": f'attachment; filename="{neutral_name(found.type)}"',
        }
        return web.FileResponse(self._shelf.folder / found.id, headers=headers)

    def _too_large(self) -> Problem:
        return Problem(Kind.FILE_TOO_LARGE, max=self._most // 2**20)


_SHOWN = ("image/jpeg", "image/png", "image/gif", "image/webp", "application/pdf", "text/plain")


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _mistake(path: str, message: str) -> Problem:
    return Problem(Kind.INVALID, more={"errors": [{"path": path, "message": message}]}, mistakes=f"{path}: {message}")


def _missing_file() -> Problem:
    return _mistake("file", "field required")


async def _text(part: BodyPartReader) -> str:
    raw = b""
    while chunk := await part.read_chunk(_FIELD):
        raw += chunk
        if len(raw) > _FIELD:
            raise Problem(Kind.TOO_LARGE)
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Problem(Kind.NOT_UTF8) from error
