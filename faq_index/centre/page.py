"""A page in memory, ready to be sent; rendered once for each edition of the content."""

import gzip
import hashlib
from collections import OrderedDict
from collections.abc import Callable, Hashable, Mapping
from dataclasses import dataclass, field

from aiohttp import web

COMMON = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
}
SHARED = "public, no-cache"  # a browser asks each time, and mostly gets a 304
PRIVATE = "no-store"


@dataclass(frozen=True)
class Page:
    """Kept compressed only: 4,000 pages then take 40 MB. The few clients that cannot unpack are served unpacked."""

    packed: bytes
    tag: str
    kind: str
    headers: Mapping[str, str] = field(default_factory=dict)
    status: int = 200
    cache: str = SHARED

    @classmethod
    def of(
        cls, text: str, kind: str = "text/html", headers: Mapping[str, str] | None = None, status: int = 200,
        cache: str = SHARED,
    ) -> "Page":  # fmt: skip
        """From its text."""
        body = text.encode()
        level = 6 if cache == SHARED else 1
        tag = hashlib.sha256(body).hexdigest()[:16]
        return cls(gzip.compress(body, level, mtime=0), tag, kind, headers or {}, status, cache)

    def answer(self, request: web.Request) -> web.Response:
        """The response; 304 when the browser has it already."""
        headers = COMMON | {"Cache-Control": self.cache, "Vary": "Accept-Encoding"} | dict(self.headers)
        if self.cache == SHARED and self.status == 200:
            headers["ETag"] = f'"{self.tag}"'
            if any(each.value == self.tag for each in request.if_none_match or ()):
                return web.Response(status=304, headers=headers)
        body = self.packed
        if "gzip" in request.headers.get("Accept-Encoding", ""):
            headers["Content-Encoding"] = "gzip"
        else:
            body = gzip.decompress(body)
        return web.Response(body=body, status=self.status, content_type=self.kind, charset="utf-8", headers=headers)


class Shelved:
    """The pages rendered so far, the least used forgotten first."""

    def __init__(self, most: int = 6000) -> None:
        self._most = most
        self._pages: OrderedDict[Hashable, Page] = OrderedDict()

    def get(self, key: Hashable, make: Callable[[], Page]) -> Page:
        """The page of that key, made now when it is not there."""
        page = self._pages.get(key)
        if page is None:
            page = self._pages[key] = make()
            if len(self._pages) > self._most:
                self._pages.popitem(last=False)
        else:
            self._pages.move_to_end(key)
        return page

    def clear(self) -> None:
        """The content has changed."""
        self._pages.clear()
