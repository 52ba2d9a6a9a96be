"""Every error of the API: an RFC 9457 problem document in the citizen's language, counted, without a word of theirs."""

import json
import math
from collections.abc import Mapping
from enum import Enum
from typing import Any

from aiohttp import web

from brigade import metrics
from brigade.texts import LANGUAGES, Texts

TEXTS = Texts("api")
TYPE = "application/problem+json"


class Kind(Enum):
    """status, title for developers, detail for people (a msgid of the domain ``api``)."""

    BAD_REQUEST = 400, "Bad request", "The request cannot be read."
    NOT_UTF8 = 400, "Invalid UTF-8", "The request is not UTF-8 text."
    NOT_JSON = 400, "Invalid JSON", "The request is not valid JSON."
    NOT_MULTIPART = 400, "Invalid form", "The form with the file cannot be read; send it again."
    UNAUTHORIZED = 401, "Not authorised", "This conversation is over or does not exist. You can start a new one."
    FORBIDDEN = 403, "Not allowed", "This page may not open this conversation."
    NOT_FOUND = 404, "Not found", "There is nothing at this address."
    NO_METHOD = 405, "Method not allowed", "This address does not accept this method."
    TOO_SLOW = 408, "Request timeout", "Sending took too long; check your connection and try again."
    CLOSED = 409, "Conversation closed", "This conversation is closed. You can start a new one."
    TOO_LARGE = 413, "Request too large", "The message is too long; send it in several parts."
    TEXT_TOO_LONG = 413, "Text too long", "The message is too long: {max} characters at most. Send it in several parts."
    FILE_TOO_LARGE = 413, "File too large", "The file is too large: {max} MB at most."
    NOT_JSON_TYPE = 415, "Unsupported media type", "Send the request as application/json."
    NOT_FORM_TYPE = 415, "Unsupported media type", "Send the file as multipart/form-data."
    FILE_TYPE = 415, "Unsupported file", "Only JPEG, PNG, GIF and WebP images and PDF documents can be sent."
    FILE_DAMAGED = 422, "Unreadable file", "The file is damaged or incomplete; try another copy."
    FILE_HUGE = 422, "Image too big", "The image has too many pixels; send a smaller one."
    INVALID = 422, "Invalid request", "The request has mistakes: {mistakes}"
    CONSENT = 422, "Consent missing", "Accept how your data are used before you start."
    LANGUAGE = 422, "Unknown language", "The language must be one of: {languages}."
    ENTRY_POINT = 422, "Unknown entry point", "This page is not known to the service."
    NO_ENTRY_POINT = 404, "Unknown entry point", "This page is not known to the service."
    EMPTY = 422, "Nothing to send", "The message is empty."
    ANSWER = 422, "Answer not possible", "This answer does not belong to a question of this conversation."
    TOO_MANY = 429, "Too many requests", "Too many messages in a short time; wait {seconds} s and try again."
    REFUSED = 422, "Refused", "This cannot be done in this conversation."
    FAILED = 500, "Internal error", "Something went wrong on our side; try again."
    AWAY = 503, "Temporarily unavailable", "The service is restarting; try again in a moment."

    @property
    def status(self) -> int:
        """HTTP status."""
        return int(self.value[0])

    @property
    def slug(self) -> str:
        """Last part of the problem's type, and its name in the metrics."""
        return self.name.lower().replace("_", "-")


class Problem(Exception):
    """Raised anywhere in the API; ``values`` fill the detail, ``more`` are further members of the document."""

    def __init__(
        self,
        kind: Kind,
        *,
        retry_after: float | None = None,
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
        **values: object,
    ) -> None:
        super().__init__(kind.slug)
        self.kind = kind
        self.retry_after = None if retry_after is None else max(1, math.ceil(retry_after))
        self.headers = dict(headers or {})
        self.more = dict(more or {})
        self.values = values if self.retry_after is None else values | {"seconds": self.retry_after}

    def response(self, language: str) -> web.Response:
        """The document, counted."""
        metrics.REFUSED.labels("webchat", self.kind.slug).inc()
        status, title, detail = self.kind.value
        body = {
            "type": f"urn:brigade:problem:{self.kind.slug}",
            "title": title,
            "status": status,
            "detail": TEXTS(language, detail, **self.values),
        } | self.more
        headers = self.headers | {"Content-Language": language}
        if self.retry_after is not None:
            headers["Retry-After"] = str(self.retry_after)
        if status == 401:
            headers["WWW-Authenticate"] = "Bearer"
        text = json.dumps(body, ensure_ascii=False)
        return web.Response(text=text, status=status, content_type=TYPE, headers=headers)


def accepted(header: str) -> str:
    """The language that an ``Accept-Language`` header likes best among ours; French when it names none."""
    wishes: list[tuple[float, str]] = []
    for part in header[:500].split(","):
        tag, _, weight = part.strip().partition(";q=")
        try:
            quality = float(weight or 1)
        except ValueError:
            continue
        short = tag.strip().lower().split("-")[0]
        if short in LANGUAGES and quality > 0:
            wishes.append((-quality, short))
    return min(wishes, key=lambda wish: wish[0], default=(0.0, "fr"))[1]
