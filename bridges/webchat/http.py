"""What every call of the API shares: headers, bounded bodies, the citizen's token, errors as problem documents."""

import asyncio
import re
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

from bridges.webchat.bodies import Body, decode, parse
from bridges.webchat.limits import Act, Gate
from bridges.webchat.problems import Kind, Problem, accepted
from brigade.book import Page
from brigade.errors import Refused, Temporary
from brigade.relay import Relay
from brigade.texts import LANGUAGES

log = structlog.get_logger(__name__)

MAX_BODY = 64 * 1024  # bytes: 5,000 characters outside the first plane take 60 kB when they are escaped
BODY_SECONDS = 20.0
LANGUAGE = web.RequestKey("language", str)
HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
_ID = re.compile(r"[0-9a-f]{32}")
_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,200}")
_ANSWERS = ("no-such-prompt", "no-such-option", "out-of-range")
_CODES = {"closed": Kind.CLOSED} | dict.fromkeys(_ANSWERS, Kind.ANSWER)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def problems(request: web.Request, handler: Handler) -> web.StreamResponse:
    """The one place where an error becomes an answer."""
    try:
        return await handler(request)
    except Problem as problem:
        found = problem
    except web.HTTPException as error:
        found = _of_http(error)
    except Temporary as away:
        found = Problem(Kind.AWAY, retry_after=away.retry_after or 2)
    except Refused as refused:
        found = _of_refused(refused)
    except Exception:  # a bug must not reach the citizen as anything else than a sentence, nor the log with their words
        log.exception("request_failed", method=request.method)
        found = Problem(Kind.FAILED)
    return found.response(language_of(request))


async def protect(_request: web.Request, response: web.StreamResponse) -> None:
    """Security headers on every answer of the API (signal ``on_response_prepare``)."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.popall("Server", None)


def _of_http(error: web.HTTPException) -> Problem:
    kinds = {404: Kind.NOT_FOUND, 405: Kind.NO_METHOD, 413: Kind.TOO_LARGE}
    headers = {"Allow": error.headers["Allow"]} if "Allow" in error.headers else {}
    return Problem(kinds.get(error.status, Kind.FAILED if error.status >= 500 else Kind.BAD_REQUEST), headers=headers)


def _of_refused(refused: Refused) -> Problem:
    kind = _CODES.get(refused.code or "", Kind.REFUSED)
    return Problem(kind, more={"errors": [{"path": "answer", "message": str(refused)}]} if kind is Kind.ANSWER else {})


def language_of(request: web.Request) -> str:
    """The conversation's language once it is known, else the browser's."""
    return request.get(LANGUAGE) or accepted(request.headers.get("Accept-Language", ""))


def conversation_id(request: web.Request) -> str:
    """From the path. Raises Problem (401, as for a wrong token: nobody learns which conversations exist)."""
    found = request.match_info["id"]
    if not _ID.fullmatch(found):
        raise Problem(Kind.UNAUTHORIZED)
    return found


def token_of(request: web.Request) -> str:
    """The bearer token of the ``Authorization`` header, empty when there is none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else ""


async def authorised(relay: Relay, conversation: str, token: str, *, elsewhere: bool = False) -> Page:
    """The conversation that a token opens; ``elsewhere``: one that another channel has invited to go on here.

    Raises Problem (401), Temporary.
    """
    page = await relay.book.by_token(conversation, token) if _TOKEN.fullmatch(token) else None
    if page is None or not page.alive or (page.channel != relay.book.channel) is not elsewhere:
        raise Problem(Kind.UNAUTHORIZED)
    return page


async def page_of(request: web.Request, relay: Relay, gate: Gate, *, elsewhere: bool = False) -> Page:
    """The conversation of a request, by its ``Authorization`` header. Raises Problem (401; 429 for a guesser)."""
    try:
        page = await authorised(relay, conversation_id(request), token_of(request), elsewhere=elsewhere)
    except Problem:
        # Only failures are counted: neighbours of a guesser, behind the same address, keep their conversations.
        gate.check(request, Act.FAILURE)
        raise
    request[LANGUAGE] = page.language
    return page


async def body_of(request: web.Request, model: type[Body]) -> Body:
    """The request's JSON body as ``model``. Raises Problem."""
    value = decode(await _read(request))
    if request.content_type != "application/json":
        # Also keeps pages of other sites out: a form cannot send this type without asking us first.
        raise Problem(Kind.NOT_JSON_TYPE)
    if isinstance(value, dict) and LANGUAGE not in request and value.get("language") in LANGUAGES:
        request[LANGUAGE] = value["language"]
    return parse(model, value)


async def _read(request: web.Request) -> bytes:
    if (request.content_length or 0) > MAX_BODY:
        raise Problem(Kind.TOO_LARGE)
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.content.iter_any():
                body += chunk
                if len(body) > MAX_BODY:
                    raise Problem(Kind.TOO_LARGE)
    except TimeoutError as error:
        raise Problem(Kind.TOO_SLOW) from error
    except web.RequestPayloadError as error:
        raise Problem(Kind.BAD_REQUEST) from error
    return bytes(body)


def since_of(request: web.Request) -> int:
    """``?since=``, 0 when it is not given. Raises Problem."""
    given = request.query.get("since", "0")
    if not re.fullmatch(r"[0-9]{1,9}", given, re.ASCII):
        more = {"errors": [{"path": "since", "message": "must be a number from 0"}]}
        raise Problem(Kind.INVALID, more=more, mistakes="since: must be a number from 0")
    return int(given)


def text_within(text: str, most: int) -> str:
    """``text`` when it may be sent. Raises Problem (empty, too long)."""
    if not text:
        raise Problem(Kind.EMPTY)
    if len(text) > most:
        raise Problem(Kind.TEXT_TOO_LONG, max=most)
    return text
