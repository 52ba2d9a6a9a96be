"""What the citizen sees: one pure function, closed by default (requirement S21).

Every bridge asks it for every event; what it does not clearly give to the citizen stays with the team.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from enum import StrEnum

from brigade.events import ENCRYPTED, MEDIA, MESSAGE, Event
from brigade.vocabulary import AUDIENCE, Audience, Conversation, Status


class Held(StrEnum):
    """Why a message that a person may have meant for the citizen did not go; the value names the sentence to show."""

    NOT_YOURS = "not_yours"
    CLOSED = "closed"
    WAITING = "waiting"
    NOTICE = "notice"
    REPLY_TO_TEAM = "reply_to_team"
    EDIT_OF_TEAM = "edit_of_team"
    KIND = "kind"
    ENCRYPTED = "encrypted"
    EMPTY = "empty"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class Exchange:
    """What ``audience`` must know of a conversation beside the event.

    ``services``: Matrix ids of the bots and bridges; ``ghosts``: of the citizen; ``unit``: of the unit it was handed
    to; ``shown``: ids of the events that the citizen sent or was shown, anything else is the team's; ``gone``: the
    citizen has left, so nothing whatever is for them (S8).
    """

    state: Conversation
    services: Collection[str]
    ghosts: Collection[str]
    unit: Collection[str] = ()
    shown: Collection[str] = field(default_factory=frozenset)
    gone: bool = False


@dataclass(frozen=True, slots=True)
class Verdict:
    """For whom, and for a person's message held back, why."""

    audience: Audience
    held: Held | None = None

    @property
    def for_citizen(self) -> bool:
        """Whether the citizen gets it."""
        return self.audience is Audience.CITIZEN


_TEAM = Verdict(Audience.TEAM)
_CITIZEN = Verdict(Audience.CITIZEN)


def audience(event: Event, exchange: Exchange) -> Verdict:
    """Whom ``event`` is for (design contract, section 6)."""
    if event.sender in exchange.ghosts or event.state_key is not None:
        return _TEAM
    if event.sender in exchange.services:
        return _from_service(event, exchange)
    if event.type == ENCRYPTED:
        return Verdict(Audience.TEAM, Held.ENCRYPTED)
    return _from_person(event, exchange) if event.type == MESSAGE else _TEAM


def _from_service(event: Event, exchange: Exchange) -> Verdict:
    clear = event.type == MESSAGE and event.own(AUDIENCE) == Audience.CITIZEN and not exchange.gone
    # An edit must say so in both places: a client that drops m.new_content would show the outer body.
    clear = clear and (not event.replaces or (event.replaces in exchange.shown and _outer_clear(event)))
    clear = clear and (not event.related or _related_clearly(event))
    return _CITIZEN if clear and (event.body.strip() or event.msgtype in MEDIA) else _TEAM


def _related_clearly(event: Event) -> bool:
    """An edit or a reply, and nothing else: what a relation that we do not know may mean, we do not guess."""
    return not event.threaded and (event.replaces is not None or event.replies_to is not None)


def _outer_clear(event: Event) -> bool:
    return event.content.get(AUDIENCE) == Audience.CITIZEN


def _from_person(event: Event, exchange: Exchange) -> Verdict:
    if event.threaded or event.body.lstrip().startswith("!") or _is_marked_team(event):
        return _TEAM
    held = _not_speaking(event.sender, exchange) or _not_a_message(event) or _of_the_team(event, exchange)
    return Verdict(Audience.TEAM, held) if held else _CITIZEN


def _is_marked_team(event: Event) -> bool:
    """Our own key in a person's message can only hold it back, never let it through."""
    marks = (event.own(AUDIENCE), event.content.get(AUDIENCE))
    return any(mark is not None and mark != Audience.CITIZEN for mark in marks)


def _not_speaking(sender: str, exchange: Exchange) -> Held | None:
    state = exchange.state
    if exchange.gone:
        return Held.GONE
    if state.status is Status.CLOSED:
        return Held.CLOSED
    if state.status is Status.ASSIGNED:
        return None if sender == state.operator else Held.NOT_YOURS
    if state.status is Status.HANDED_OVER:
        return None if sender in exchange.unit else Held.NOT_YOURS
    return Held.WAITING


def _not_a_message(event: Event) -> Held | None:
    if event.msgtype == "m.notice":
        return Held.NOTICE
    if event.msgtype != "m.text" and event.msgtype not in MEDIA:
        return Held.KIND
    return None if event.body.strip() or event.msgtype in MEDIA else Held.EMPTY


def _of_the_team(event: Event, exchange: Exchange) -> Held | None:
    if event.replaces is not None:
        return None if event.replaces in exchange.shown else Held.EDIT_OF_TEAM
    if event.replies_to is not None:
        return None if event.replies_to in exchange.shown else Held.REPLY_TO_TEAM
    # A relation that we do not know may be a thread of tomorrow.
    return Held.KIND if event.related else None
