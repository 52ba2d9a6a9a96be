"""``/healthz`` (the process lives), ``/readyz`` (it can do its work, or why not) and ``/metrics``."""

from collections.abc import Awaitable, Callable

from aiohttp import web
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

Reason = Callable[[], Awaitable[str | None]]


class Health:
    """``checks``: name to a function that says what is missing, or None when nothing is."""

    def __init__(self, checks: dict[str, Reason]) -> None:
        self._checks = checks

    def routes(self) -> list[web.RouteDef]:
        """To add to the process's internal listener."""
        return [
            web.get("/healthz", self._healthz),
            web.get("/readyz", self._readyz),
            web.get("/metrics", self._metrics),
        ]

    async def _healthz(self, _request: web.Request) -> web.Response:
        return web.json_response({"alive": True})

    async def _readyz(self, _request: web.Request) -> web.Response:
        missing = {name: reason for name, check in self._checks.items() if (reason := await check())}
        return web.json_response({"ready": not missing, "missing": missing}, status=503 if missing else 200)

    async def _metrics(self, _request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(), headers={"Content-Type": CONTENT_TYPE_LATEST})
