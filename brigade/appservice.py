"""The application service's end of the Matrix Application Service API (spec 1.16): store, acknowledge, work."""

import hmac
import json
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from aiohttp import web

from brigade import metrics
from brigade.errors import Temporary
from brigade.events import Event
from brigade.inbox import Inbox

log = structlog.get_logger(__name__)

Ephemeral = Callable[[dict[str, Any]], Awaitable[None]]
MAX_TRANSACTION = 32 * 2**20  # bytes; 100 events of 65 kB and their ephemeral company


class Receiver:
    """``PUT /_matrix/app/v1/transactions/{txnId}`` and its neighbours, behind the homeserver's token.

    It never answers an error for what an event says: the homeserver would stop sending everything else too.
    """

    def __init__(
        self,
        hs_token: str,
        inbox: Inbox[Event],
        ephemeral: Ephemeral | None = None,
        doubt: Callable[[], None] | None = None,
    ) -> None:
        self._doubt = doubt
        self._token = hs_token
        self._inbox = inbox
        self._ephemeral = ephemeral

    def routes(self) -> list[web.RouteDef]:
        """To add to the process's internal listener."""
        base = "/_matrix/app/v1"
        return [
            web.put(base + "/transactions/{txn}", self._transaction),
            web.post(base + "/ping", self._ping),
            web.get(base + "/users/{id}", self._unknown),
            web.get(base + "/rooms/{alias}", self._unknown),
        ]

    def _refusal(self, request: web.Request) -> web.Response | None:
        given = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if hmac.compare_digest(given.encode(), self._token.encode()):
            return None
        metrics.REFUSED.labels(self._inbox.service, "wrong_token").inc()
        log.warning("transaction_refused", reason="wrong token", service=self._inbox.service)
        code, status = ("M_FORBIDDEN", 403) if given else ("M_UNAUTHORIZED", 401)
        sentence = "this is not the hs_token of the registration: render the registrations again and restart Synapse"
        return web.json_response({"errcode": code, "error": sentence}, status=status)

    async def _transaction(self, request: web.Request) -> web.Response:
        if refusal := self._refusal(request):
            return refusal
        try:
            body = json.loads(await request.read())
        except ValueError:
            metrics.REFUSED.labels(self._inbox.service, "not_json").inc()
            return web.json_response({"errcode": "M_NOT_JSON", "error": "the body is not JSON"}, status=400)
        events = body.get("events") if isinstance(body, dict) else None
        try:
            await self._inbox.store(events if isinstance(events, list) else [])
        except Temporary as away:
            # Not stored, so not acknowledged: the homeserver keeps it and is asked for it when we are well again.
            log.warning("transaction_postponed", reason=str(away))
            if self._doubt:
                self._doubt()
            return web.json_response({"errcode": "M_UNKNOWN", "error": str(away)}, status=503)
        await self._pass_on(body if isinstance(body, dict) else {})
        return web.json_response({})

    async def _pass_on(self, body: dict[str, Any]) -> None:
        """Typing and receipts: never stored, never replayed, so nothing may depend on them."""
        found = body.get("ephemeral", body.get("de.sorunome.msc2409.ephemeral"))
        for edu in found if isinstance(found, list) and self._ephemeral else []:
            try:
                assert self._ephemeral
                await self._ephemeral(edu)
            except Exception:  # a hint that cannot be used is not worth a transaction
                log.exception("ephemeral_dropped", service=self._inbox.service)

    async def _ping(self, request: web.Request) -> web.Response:
        return self._refusal(request) or web.json_response({})

    async def _unknown(self, request: web.Request) -> web.Response:
        """We make our users and rooms ourselves, before anybody can ask for them."""
        not_found = web.json_response({"errcode": "M_NOT_FOUND", "error": "no such user or room"}, status=404)
        return self._refusal(request) or not_found
