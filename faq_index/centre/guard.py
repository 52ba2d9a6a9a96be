"""Around every request: measured by kind of page, and whatever goes wrong is a page that helps."""

import time
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler, Middleware
from prometheus_client import Counter, Histogram

log = structlog.get_logger(__name__)

TOOK = Histogram(
    "brigade_help_centre_seconds", "From request to answer, by kind of page", ["page"],
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.03, 0.05, 0.1, 0.5, 2),
)  # fmt: skip
ANSWERED = Counter("brigade_help_centre_answers_total", "Answers, by kind of page and status", ["page", "status"])
_PAGES = (403, 404, 405, 413, 400, 429, 500, 503)


@web.middleware
async def measured(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Time and count; never what was asked for."""
    kind = request.match_info.route.name or "other"
    with TOOK.labels(kind).time():
        answer = await handler(request)
    ANSWERED.labels(kind, answer.status).inc()
    return answer


def readable(page: Callable[[web.Request, int], web.Response]) -> Middleware:
    """Errors as pages: ``page(request, status)`` makes them."""

    @web.middleware
    async def middleware(
        request: web.Request, handler: Callable[[web.Request], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        try:
            return await handler(request)
        except web.HTTPException as error:
            if error.status not in _PAGES:
                raise
            return page(request, error.status)
        except Exception:  # a visitor gets a page with the numbers to call, we get the trace
            log.exception("page_failed", page=request.match_info.route.name)
            return page(request, 503 if request.method == "POST" else 500)

    return middleware


def foreign(request: web.Request) -> bool:
    """Whether a form comes from another site. There is no cookie that it could abuse; it could only invent opinions.

    Browsers tell (Sec-Fetch-Site, Origin); under our no-referrer policy the Origin of our own forms is ``null``.
    """
    if site := request.headers.get("Sec-Fetch-Site"):
        return site not in ("same-origin", "none")
    origin = request.headers.get("Origin", "null")
    return origin != "null" and origin.partition("://")[2] != request.host


class Tap:
    """At most so many a minute, all visitors together: addresses are not looked at."""

    def __init__(self, per_minute: int) -> None:
        self._rate = per_minute / 60
        self._most = float(per_minute)
        self._left = self._most
        self._at = time.monotonic()

    def take(self) -> bool:
        """Whether one more is allowed."""
        now = time.monotonic()
        self._left = min(self._most, self._left + (now - self._at) * self._rate)
        self._at = now
        if self._left < 1:
            return False
        self._left -= 1
        return True
