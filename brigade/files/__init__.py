"""Files of citizens: recognised by what they are, the original sealed, the operator's copy made anew."""

import asyncio
import contextlib
import hashlib
import os
import re
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Self

from brigade.clean import one_line
from brigade.errors import Malformed

IMAGES = {"image/jpeg": ".jpg", "image/png": ".png", "image/gif": ".gif", "image/webp": ".webp"}
PDF = "application/pdf"
EXTENSIONS = IMAGES | {PDF: ".pdf"}
TYPES = tuple(EXTENSIONS)
PART = ".part"
ORIGINAL = ".original"
_PICTURE = Path(__file__).with_name("picture.py")
_SECONDS = 40.0  # that one picture may take
_DAMAGED = 3  # picture.py's exit code; whatever else it dies of, the picture was too much for it
_OLD = 3600.0  # seconds after which a file that never became an attachment is swept


def recognise(head: bytes) -> str | None:
    """The media type that the first bytes of a file say, None when it is not one that we take."""
    if head.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if head.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if head.startswith((b"GIF87a", b"GIF89a")):
        return "image/gif"
    if head.startswith(b"RIFF") and head[8:12] == b"WEBP":
        return "image/webp"
    return PDF if re.match(rb"%PDF-[12]\.\d", head) else None


def safe_name(given: str, kind: str) -> str:
    """A file name that is only a name, and says what the file is."""
    last = PureWindowsPath(PurePosixPath(one_line(given)).name).name
    stem = re.sub(r"[^\w .()’'-]", "_", last.rpartition(".")[0] or last).strip(" .")[:80]
    return (stem or ("document" if kind == PDF else "image")) + EXTENSIONS[kind]


def neutral_name(kind: str) -> str:
    """What a file is called on the citizen's own device, where others may look (S9)."""
    return ("image" if kind.startswith("image/") else "document") + EXTENSIONS.get(kind, "")


@dataclass(frozen=True, slots=True)
class Received:
    """A file as it came: ``path`` is a temporary file, on disk; ``size`` in bytes."""

    path: Path
    head: bytes
    size: int
    sha256: str
    name: str

    @classmethod
    def of(cls, path: Path, name: str) -> Self:
        """A file that lies there already. Blocking."""
        with path.open("rb") as file:
            head = file.read(64)
            file.seek(0)
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        return cls(path, head, path.stat().st_size, digest, name)


class Shelf:
    """The media folder: ``id`` is the operator's copy, ``id.original`` the sealed original."""

    def __init__(self, folder: Path, max_pixels: int) -> None:
        self.folder = folder
        self._max_pixels = max_pixels
        self._one_picture = asyncio.Semaphore(2)

    def sweep(self) -> None:
        """Drop what an upload left behind when the process died in it."""
        for path in self.folder.glob(f"*{PART}"):
            with contextlib.suppress(OSError):
                if time.time() - path.stat().st_mtime > _OLD:
                    path.unlink()

    async def copy(self, received: Received, kind: str) -> Path:
        """The operator's copy, as a temporary file on disk. Raises Malformed (damaged, too big)."""
        target = received.path.with_name(f"{received.path.name.removesuffix(PART)}.copy{PART}")
        if kind == PDF:
            await asyncio.to_thread(_copy_pdf, received.path, target)
        else:
            async with self._one_picture:
                await self._draw(received.path, target)
        await asyncio.to_thread(sync, target)
        return target

    async def _draw(self, source: Path, target: Path) -> None:
        arguments = [str(_PICTURE), str(source), str(target), str(self._max_pixels)]
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-I", *arguments,
            stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.DEVNULL,
            env={},
        )  # fmt: skip
        code: int | None = None
        try:
            async with asyncio.timeout(_SECONDS):
                code = await process.wait()
        except TimeoutError:
            pass
        finally:
            if process.returncode is None:
                process.kill()
        if code != 0:
            await asyncio.to_thread(target.unlink, missing_ok=True)
            if code == _DAMAGED:
                raise damaged()
            raise Malformed("the picture has too many pixels", "file-huge")

    def keep(self, file_id: str, received: Received, copy: Path) -> int:
        """Give both files their final names; the size of the copy. Blocking."""
        received.path.chmod(0o400)
        received.path.rename(self.folder / f"{file_id}{ORIGINAL}")
        copy.rename(self.folder / file_id)
        sync(self.folder)
        return (self.folder / file_id).stat().st_size

    def drop(self, file_id: str) -> None:
        """Forget both files of an attachment that was refused."""
        for name in (file_id, f"{file_id}{ORIGINAL}"):
            (self.folder / name).unlink(missing_ok=True)


def damaged() -> Malformed:
    """A file that cannot be what it says it is."""
    return Malformed("the file is damaged or incomplete", "file-damaged")


def sync(path: Path) -> None:
    """What was written at ``path`` is on disk when this returns."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _copy_pdf(source: Path, target: Path) -> None:
    with source.open("rb") as file:
        file.seek(max(0, source.stat().st_size - 2048))
        if b"%%EOF" not in file.read():
            raise damaged()
    shutil.copyfile(source, target)
    target.chmod(0o600)
