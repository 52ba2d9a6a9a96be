"""The accounts, the people and their messages, as the platform knows them."""

import itertools
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from brigade.emulators.x.problems import Problem

TON = "https://ton.twitter.com/1.1/ton/data/dm"
_EPOCH = 1288834974657  # milliseconds since 1970, where the platform's ids begin
# Calls of one user in 15 minutes, by family (documented, 2026).
LIMITS = {"read": 15, "send": 15, "media": 500, "app": 450, "chat": 450, "other": 300}
_QUARTER = 900.0


@dataclass(frozen=True, slots=True)
class Options:
    """What is set up in the developer console. ``accounts``: user id to (name, access token, its secret).

    ``origin``: where the API answers; ``limits``: other rate limits than the documented ones; ``strict_urls``: a
    webhook is https, public and without a port, as the platform demands; ``refresh``: OAuth 2 refresh tokens that were
    given already, to whose they are.
    """

    consumer_key: str
    consumer_secret: str
    bearer: str
    accounts: dict[str, tuple[str, str, str]]
    origin: str = ""
    limits: dict[str, int] | None = None
    strict_urls: bool = True
    crc_seconds: float = 1800.0
    refresh: dict[str, str] = field(default_factory=dict)


@dataclass(slots=True)
class Event:
    """One message; ``at`` in seconds; ``call``: what the app asked for, None when a person wrote."""

    id: str
    at: float
    sender: str
    recipient: str
    text: str
    media: dict[str, Any] | None = None
    payload: str | None = None
    call: dict[str, Any] | None = None

    @property
    def conversation(self) -> str:
        """Both ids, the smaller first."""
        return "-".join(sorted((self.sender, self.recipient), key=int))


@dataclass(slots=True)
class Person:
    """Anybody on the platform; ``closed``: takes no messages from us."""

    id: str
    name: str
    username: str
    closed: bool = False


@dataclass(slots=True)
class Hook:
    """A registered webhook."""

    id: str
    url: str
    created_at: str
    valid: bool = True
    failing_since: float | None = None


@dataclass(slots=True)
class Subscription:
    """Of the Activity API; ``legacy`` ones are the Account Activity API's."""

    id: str
    user: str
    event_type: str
    webhook: str | None
    tag: str = ""
    legacy: bool = False
    made: float = field(default_factory=time.time)


class World:
    """Everything. ``tell(user, event_type, payload)`` is called for each event of one of our accounts."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.people: dict[str, Person] = {}
        for user, (name, _, _) in options.accounts.items():
            self.people[user] = Person(user, name, f"compte_{user[-4:]}")
        self.events: list[Event] = []
        self.media: dict[str, dict[str, Any]] = {}  # uploaded, by id
        self.files: dict[str, tuple[bytes, str]] = {}  # "dm/media/resource" to content
        self.hooks: dict[str, Hook] = {}
        self.subscriptions: dict[str, Subscription] = {}
        self.public_keys: dict[str, list[dict[str, Any]]] = {}
        self.tokens: dict[str, tuple[str, float]] = {}  # OAuth 2 access token to (user, until)
        self.refresh = dict(options.refresh)
        self.faults: list[tuple[str, str]] = []
        self.deliver: Callable[[str, str, dict[str, Any]], None] = lambda user, kind, payload: None
        self._last = 0
        self._calls: dict[tuple[str, str], tuple[float, int]] = {}
        self._count = itertools.count(1)

    # Ids, limits and faults.

    def id(self, at: float | None = None) -> str:
        """A snowflake: later ones are larger."""
        found = (int((at or time.time()) * 1000) - _EPOCH) << 22
        if at is not None:
            return str(found + next(self._count) % 4096)
        self._last = max(self._last + 1, found)
        return str(self._last)

    def fault(self, on: str) -> str | None:
        """The fault that is due there, used up by this."""
        found = next((each for each in self.faults if each[0] == on), None)
        if found:
            self.faults.remove(found)
        return found[1] if found else None

    def count(self, who: str, family: str) -> dict[str, str]:
        """Count a call; the headers that say how many are left. Raises the limit's problem."""
        most = (self.options.limits or LIMITS).get(family, LIMITS[family])
        began, done = self._calls.get((who, family), (time.time(), 0))
        if time.time() - began > _QUARTER:
            began, done = time.time(), 0
        done += 1
        self._calls[who, family] = (began, done)
        reset = str(int(began + _QUARTER) + 1)
        left = str(max(0, most - done))
        headers = {"x-rate-limit-limit": str(most), "x-rate-limit-remaining": left, "x-rate-limit-reset": reset}
        if done > most:
            raise Problem(429, "Too Many Requests", "Too Many Requests", headers=headers)
        return headers

    # People.

    def person(self, user: str) -> Person:
        """Raises the problem of an unknown user."""
        if (found := self.people.get(user)) is None:
            detail = f"Could not find user with id: [{user}]."
            raise Problem(404, "Not Found Error", detail, "resource-not-found")
        return found

    def meet(self, user: str, name: str | None = None) -> Person:
        """A person, new or known."""
        found = self.people.setdefault(user, Person(user, name or f"Citoyen {user[-4:]}", f"citoyen{user[-6:]}"))
        found.name = name or found.name
        return found

    def account(self, wanted: str | None) -> str:
        """One of ours: that one, or the first."""
        user = wanted or next(iter(self.options.accounts))
        if user not in self.options.accounts:
            raise Problem(404, "Not Found Error", f"{user} is no account of ours", "resource-not-found")
        return user

    # Messages.

    def wrote(self, event: Event) -> Event:
        """Keep a message and tell each side that is ours."""
        self.events.append(event)
        for user in (event.recipient, event.sender):
            if user in self.options.accounts:
                kind = "dm.sent" if user == event.sender else "dm.received"
                self.deliver(user, kind, {"event": event})
        return event

    def keep_file(self, event_id: str, data: bytes, kind: str) -> dict[str, Any]:
        """A picture that a person sends, as it is shown in events."""
        media, resource = self.id(), f"{secrets.token_urlsafe(6)}.{kind.partition('/')[2] or 'bin'}"
        self.files[f"{event_id}/{media}/{resource}"] = (data, kind)
        return self.shown_media(event_id, media, resource, kind)

    def shown_media(self, event_id: str, media: str, resource: str, kind: str) -> dict[str, Any]:
        """The attachment of an event."""
        url = f"{TON}/{event_id}/{media}/{resource}"
        sort = "animated_gif" if kind == "image/gif" else "video" if kind.startswith("video/") else "photo"
        return {
            "id": int(media), "id_str": media, "media_url": url.replace("https", "http"), "media_url_https": url,
            "url": f"https://t.co/{resource[:8]}", "type": sort, "media_key": f"3_{media}",
        }  # fmt: skip
