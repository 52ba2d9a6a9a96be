"""Fetching a file that a stranger's message points to, without being led into our own network (SSRF)."""

import asyncio
import hashlib
import ipaddress
import os
import secrets
import socket
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from urllib.parse import urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from brigade.errors import Malformed, Refused, Unreachable
from brigade.files import PART, Received, sync

_SECONDS = 60.0
_REDIRECTS = 3


class _PublicOnly(AbstractResolver):
    """Names that lead to public addresses only; checked where the connection is made, so a name cannot change its mind
    in between.
    """

    def __init__(self) -> None:
        self._resolver = aiohttp.ThreadedResolver()

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        found = await self._resolver.resolve(host, port, family)
        public = [each for each in found if ipaddress.ip_address(each["host"]).is_global]
        if not public:
            raise OSError("leads into a private network")
        return public

    async def close(self) -> None:
        await self._resolver.close()


class Fetcher:
    """``private``: origins (``http://host:port``) that may be reached although they are in a private network: an
    emulator, or a platform's own proxy; ``most``: bytes of a file.
    """

    def __init__(self, folder: Path, most: int, private: frozenset[str] = frozenset()) -> None:
        self._folder = folder
        self._most = most
        self._private = private

    @asynccontextmanager
    async def fetch(
        self, url: str, name: str = "", headers: Mapping[str, str] | None = None
    ) -> AsyncIterator[Received]:
        """The file, in a temporary place that is emptied after the block.

        ``headers`` (authorisation) go to that origin alone. Raises Refused (address not allowed, gone), Malformed (too
        large), Unreachable.
        """
        part = self._folder / f"{secrets.token_hex(16)}{PART}"
        try:
            yield await self._download(url, part, name, dict(headers or {}))
        finally:
            part.unlink(missing_ok=True)

    async def _download(self, url: str, part: Path, name: str, headers: dict[str, str]) -> Received:
        origin = _origin(url)
        for _ in range(_REDIRECTS + 1):
            try:
                found = await self._once(url, part, name, headers if _origin(url) == origin else {})
            except (aiohttp.ClientError, OSError, TimeoutError) as error:
                if "private network" in str(error):
                    raise Refused("l’adresse du fichier mène dans un réseau privé", "file-address") from error
                raise Unreachable(f"the file's server did not answer: {type(error).__name__}") from error
            if isinstance(found, Received):
                return found
            url = found
        raise Refused("l’adresse du fichier renvoie sans fin ailleurs", "file-address")

    async def _once(self, url: str, part: Path, name: str, headers: dict[str, str]) -> Received | str:
        """The file, or where it is said to be instead."""
        async with aiohttp.ClientSession(
            connector=self._connector(url), cookie_jar=aiohttp.DummyCookieJar()
        ) as session:
            timeout = aiohttp.ClientTimeout(total=_SECONDS)
            async with session.get(url, headers=headers, allow_redirects=False, timeout=timeout) as answer:
                if answer.status in (301, 302, 303, 307, 308):
                    return str(answer.url.join(URL(answer.headers.get("Location", ""))))
                if answer.status in (408, 429) or answer.status >= 500:
                    raise Unreachable(f"the file's server answered {answer.status}")
                if answer.status != 200:
                    raise Refused(f"le fichier n’est plus disponible ({answer.status})", "file-gone")
                return await self._write(answer, part, name or Path(urlsplit(url).path).name)

    def _connector(self, url: str) -> aiohttp.TCPConnector:
        parts = urlsplit(url)
        if _origin(url) in self._private:
            return aiohttp.TCPConnector()
        if parts.scheme != "https" or not parts.hostname:
            raise Refused("l’adresse du fichier n’est pas en https", "file-address")
        try:
            public = ipaddress.ip_address(parts.hostname).is_global
        except ValueError:
            public = True  # a name: the resolver looks
        if not public:
            raise Refused("l’adresse du fichier mène dans un réseau privé", "file-address")
        return aiohttp.TCPConnector(resolver=_PublicOnly(), use_dns_cache=False)

    async def _write(self, answer: aiohttp.ClientResponse, part: Path, name: str) -> Received:
        digest, size, head = hashlib.sha256(), 0, b""
        with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            async for chunk in answer.content.iter_chunked(64 * 1024):
                size += len(chunk)
                if size > self._most:
                    raise Malformed(f"le fichier est trop grand ({self._most // 2**20} Mo au plus)", "file-too-large")
                head = head or chunk[:64]
                digest.update(chunk)
                file.write(chunk)
        await asyncio.to_thread(sync, part)
        return Received(part, head, size, digest.hexdigest(), name)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
