"""The pages, the people and their threads, as the platform knows them."""

import hashlib
import hmac
import itertools
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from brigade.emulators.messenger.errors import GraphError

INBOX_APP = 263902037430900  # the app id that messages carry which people write in the page's own inbox


@dataclass(frozen=True, slots=True)
class Options:
    """What is set up in the app's dashboard. ``pages``: id to (name, page access token).

    ``hour``: seconds after which a webhook that fails all the time is disabled; ``human_agent``: whether the app has
    that permission; ``profiles``: whether names may be read; ``strict``: refuse what the documentation does not show.
    """

    app_id: str
    app_secret: str
    verify_token: str
    webhook: str
    pages: dict[str, tuple[str, str]]
    origin: str = ""
    hour: float = 3600.0
    human_agent: bool = True
    profiles: bool = True
    strict: bool = True


@dataclass(slots=True)
class Message:
    """One message of a thread; ``at`` in seconds; ``sent``: what the app asked for, None for the person's own."""

    mid: str
    at: float
    sender: str
    text: str
    attachments: list[dict[str, Any]] = field(default_factory=list)
    quick_replies: list[dict[str, Any]] = field(default_factory=list)
    sent: dict[str, Any] | None = None


@dataclass(slots=True)
class Thread:
    """Of one person with one page. ``acted_at``: when they last did something that opens the window."""

    page: str
    psid: str
    name: str | None
    acted_at: float = 0.0
    owner: str | None = None
    messages: list[Message] = field(default_factory=list)
    actions: list[str] = field(default_factory=list)
    blocked: bool = False


@dataclass(slots=True)
class Page:
    """``fields``: what our app is subscribed to, None when it is not."""

    id: str
    name: str
    token: str
    fields: list[str] | None = None
    profile: dict[str, Any] = field(default_factory=dict)
    personas: dict[str, dict[str, Any]] = field(default_factory=dict)


class World:
    """Everything; ``tell`` is called with (page id, field, item) for each event of the platform."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.pages = {page: Page(page, name, token) for page, (name, token) in options.pages.items()}
        self.threads: dict[tuple[str, str], Thread] = {}
        self.files: dict[str, tuple[bytes, str, str]] = {}
        self.attachments: dict[str, dict[str, Any]] = {}
        self.human_agent = options.human_agent
        self.profiles = options.profiles
        self.faults: list[tuple[str, str]] = []
        self.tell: Callable[[str, str, dict[str, Any]], None] = lambda page, name, item: None
        self._count = itertools.count(1)
        self._calls: dict[str, list[float]] = {}

    # Who asks.

    def page(self, path: str, token: str | None, proof: str | None) -> Page:
        """The page that ``path`` (its id or ``me``) means, for the owner of ``token``."""
        owner = next((page for page in self.pages.values() if token and hmac.compare_digest(page.token, token)), None)
        if owner is None:
            raise GraphError(190)
        wanted = hmac.new(self.options.app_secret.encode(), owner.token.encode(), hashlib.sha256).hexdigest()
        if proof is not None and not hmac.compare_digest(proof, wanted):
            raise GraphError(100, None, "Invalid appsecret_proof provided in the API argument")
        if path not in ("me", owner.id):
            raise GraphError(100, 33)
        return owner

    def limit(self, what: str, a_second: int) -> None:
        """Count a call. Raises the rate limit's error."""
        now = time.monotonic()
        calls = self._calls[what] = [at for at in self._calls.get(what, []) if at > now - 1] + [now]
        if len(calls) > a_second:
            raise GraphError(613)

    def fault(self, on: str) -> str | None:
        """The fault that is due there, used up by this."""
        found = next((each for each in self.faults if each[0] == on), None)
        if found:
            self.faults.remove(found)
        return found[1] if found else None

    # People.

    def thread(self, page: str, psid: str) -> Thread:
        """Raises the error of an unknown person."""
        if (found := self.threads.get((page, psid))) is None:
            raise GraphError(100, 2018001)
        return found

    def meet(self, page: str, psid: str, name: str | None = None) -> Thread:
        """The thread of a person, new or known."""
        found = self.threads.setdefault((page, psid), Thread(page, psid, name))
        found.name = name or found.name
        return found

    def mid(self) -> str:
        """The next message's id."""
        return f"m_{next(self._count):06d}{secrets.token_urlsafe(12)}"

    def keep_file(self, data: bytes, kind: str, name: str) -> str:
        """The CDN's address of a file."""
        key = secrets.token_urlsafe(12)
        self.files[key] = (data, kind, name)
        return f"{self.options.origin}/_cdn/{key}/{name}"

    def said(self, thread: Thread, message: dict[str, Any], at: float | None = None) -> str:
        """The person writes ``message`` (as in the event, without its id); the id."""
        mid = str(message.get("mid") or self.mid())
        moment = at or time.time()
        thread.acted_at = max(thread.acted_at, moment)
        kept = Message(mid, moment, thread.psid, str(message.get("text", "")), message.get("attachments", []))
        thread.messages.append(kept)
        self.happened(thread, "messages", {"message": {"mid": mid} | message}, moment)
        return mid

    def happened(self, thread: Thread, name: str, content: dict[str, Any], at: float | None = None) -> None:
        """An event that comes from the person."""
        item = {"sender": {"id": thread.psid}, "recipient": {"id": thread.page}, "timestamp": _ms(at)}
        self.tell(thread.page, name, item | content)

    def wrote(self, thread: Thread, message: Message, app_id: int | str, metadata: str | None = None) -> None:
        """The page writes: kept, and echoed."""
        thread.messages.append(message)
        echo: dict[str, Any] = {"is_echo": True, "app_id": app_id, "mid": message.mid}
        echo |= {"metadata": metadata} if metadata else {}
        echo |= {"text": message.text} if message.text else {}
        echo |= {"attachments": message.attachments} if message.attachments else {}
        item = {"sender": {"id": thread.page}, "recipient": {"id": thread.psid}, "timestamp": _ms(message.at)}
        self.tell(thread.page, "message_echoes", item | {"message": echo})


def _ms(at: float | None) -> int:
    return int((at or time.time()) * 1000)
