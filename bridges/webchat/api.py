"""The citizen's API: one method a call of ``openapi.yaml``."""

from datetime import UTC, datetime

from aiohttp import web

from bridges.webchat import contract
from bridges.webchat.attachments import Attachments
from bridges.webchat.bodies import MessageBody, OpeningBody, RatingBody, ReadBody, TypingBody
from bridges.webchat.campaigns import Campaigns
from bridges.webchat.departures import Departures
from bridges.webchat.entry_points import payload
from bridges.webchat.http import body_of, page_of, since_of, text_within
from bridges.webchat.limits import Act, Gate
from bridges.webchat.problems import Kind, Problem, accepted
from bridges.webchat.settings import Settings
from bridges.webchat.stream import Streams
from brigade.book import Opened, Opening, Page
from brigade.relay import Relay
from brigade.vocabulary import Answer, Rating, Urgency

_GONE = {"Clear-Site-Data": '"cache", "cookies", "storage"'}
_COMMENT = 2000  # characters


def _opened(opened: Opened, status: int) -> web.Response:
    answer = {
        "id": opened.id,
        "token": opened.token,
        "reference": opened.reference,
        "expires_at": datetime.fromtimestamp(opened.expires_at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
    }
    return web.json_response(answer, status=status)


class Api:
    """Handlers and their routes, relative to ``/api/v1``."""

    def __init__(
        self, settings: Settings, relay: Relay, gate: Gate, streams: Streams, attachments: Attachments,
        departures: Departures, campaigns: Campaigns,
    ) -> None:  # fmt: skip
        self._settings = settings
        self._relay = relay
        self._gate = gate
        self._streams = streams
        self._attachments = attachments
        self._departures = departures
        self._campaigns = campaigns

    def routes(self) -> list[web.RouteDef]:
        """Everything under ``/api/v1``."""
        one = "/conversations/{id}"
        return [
            web.post("/conversations", self._open),
            web.delete(one, self._leave),
            web.post(one + "/continue", self._continue),
            web.post(one + "/messages", self._say),
            web.post(one + "/attachments", self._attach),
            web.get(one + "/attachments/{attachment_id}", self._attachment, allow_head=False),
            web.get(one + "/events", self._events, allow_head=False),
            web.get(one + "/stream", self._streams.open, allow_head=False),
            web.put(one + "/typing", self._typing),
            web.put(one + "/read", self._read),
            web.put(one + "/rating", self._rate),
            web.get("/entry-points/{name}", self._entry_point, allow_head=False),
            web.get("/status", self._status, allow_head=False),
            web.get("/openapi.yaml", contract.as_yaml, allow_head=False),
            web.get("/openapi.json", contract.as_json, allow_head=False),
        ]

    async def _page(self, request: web.Request, act: Act | None = None) -> Page:
        page = await page_of(request, self._relay, self._gate)
        if act:
            self._gate.check(request, act)
        return page

    async def _open(self, request: web.Request) -> web.StreamResponse:
        self._gate.check(request, Act.OPENING)
        body = await body_of(request, OpeningBody)
        entry_point = self._settings.widget.entry_points.get(body.entry_point)
        if entry_point is None:
            raise Problem(Kind.ENTRY_POINT)
        text = text_within(body.text, self._settings.text_characters) if body.text else None
        opening = Opening(
            "webchat", body.entry_point, body.language, body.pseudonym, body.postcode, text, body.client_id,
            Urgency.PRIORITY if entry_point.sensitive else Urgency.NORMAL,
        )  # fmt: skip
        # What the citizen was reading: for the team, and for nobody else.
        declared = {"context": body.context} if body.context else None
        return _opened(await self._relay.open(opening, declared), 201)

    async def _continue(self, request: web.Request) -> web.StreamResponse:
        """A conversation that began on another channel goes on here."""
        page = await page_of(request, self._relay, self._gate, elsewhere=True)
        self._gate.check(request, Act.OPENING)
        return _opened(await self._relay.take_over(page), 200)

    async def _say(self, request: web.Request) -> web.StreamResponse:
        page = await self._page(request, Act.MESSAGE)
        body = await body_of(request, MessageBody)
        most = self._settings.text_characters
        if body.answer:
            given = body.answer
            if isinstance(given.value, str):
                text_within(given.value, most)
            answer = Answer(given.prompt, given.option, given.value)
            seq = await self._relay.answer(page, body.client_id, answer)
        else:
            seq = await self._relay.say(page, body.client_id, text_within(body.text or "", most))
        return web.json_response({"seq": seq}, status=202)

    async def _attach(self, request: web.Request) -> web.StreamResponse:
        page = await self._page(request, Act.ATTACHMENT)
        seq = await self._attachments.take(request, page)
        return web.json_response({"seq": seq}, status=202)

    async def _attachment(self, request: web.Request) -> web.StreamResponse:
        page = await self._page(request)
        return await self._attachments.give(page, request.match_info["attachment_id"])

    async def _events(self, request: web.Request) -> web.StreamResponse:
        page = await self._page(request)
        since = since_of(request)
        entries = await self._relay.transcript.since(page.id, since)
        following = entries[-1].seq if entries else since
        return web.json_response({"events": [entry.payload for entry in entries], "next": following})

    async def _typing(self, request: web.Request) -> web.StreamResponse:
        page = await self._page(request, Act.SIGNAL)
        await self._relay.typing(page, (await body_of(request, TypingBody)).typing)
        return web.Response(status=204)

    async def _read(self, request: web.Request) -> web.StreamResponse:
        page = await self._page(request, Act.SIGNAL)
        body = await body_of(request, ReadBody)
        if body.seq > page.last_seq:
            raise Problem(Kind.INVALID, mistakes=f"seq: there is none above {page.last_seq}")
        await self._relay.read(page, body.seq)
        return web.Response(status=204)

    async def _rate(self, request: web.Request) -> web.StreamResponse:
        page = await self._page(request, Act.MESSAGE)
        body = await body_of(request, RatingBody)
        if body.comment:
            text_within(body.comment, _COMMENT)
        await self._relay.rate(page, Rating(body.score, body.comment or None, body.resolved))
        return web.Response(status=204)

    async def _leave(self, request: web.Request) -> web.StreamResponse:
        quick = request.headers.get("X-Exit", "").lower() == "quick"
        await self._departures.leave(request, quick)
        return web.Response(status=204, headers=_GONE)

    async def _entry_point(self, request: web.Request) -> web.StreamResponse:
        language = request.query.get("lang") or accepted(request.headers.get("Accept-Language", ""))
        found = payload(
            self._settings.widget, request.match_info["name"], language,
            text_max=self._settings.text_characters, attachment_bytes=self._settings.attachment_bytes,
        )  # fmt: skip
        if found is None:
            raise Problem(Kind.NO_ENTRY_POINT)
        # Nothing that catches the eye where somebody may look over the shoulder.
        campaign = None if found["sensitive"] else self._campaigns.shown(found["name"], found["language"])
        return web.json_response(found | {"campaign": campaign})

    async def _status(self, _request: web.Request) -> web.StreamResponse:
        queue = self._relay.queue
        # The brigade answers day and night; what is written while the homeserver is away is kept.
        return web.json_response({"open": True, "waiting": queue.waiting, "wait_minutes": queue.minutes})
