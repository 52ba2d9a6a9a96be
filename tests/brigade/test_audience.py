"""Requirement S21: nothing reaches a citizen that is not clearly for them. The property test tries to leak."""

from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from brigade.audience import Exchange, Held, audience
from brigade.events import Event
from brigade.vocabulary import AUDIENCE, Conversation, Status

OPERATOR, OTHER, UNIT, BOT, BRIDGE, GHOST = (
    f"@{name}:hs" for name in ("op", "other", "unit", "bot", "bridge", "ghost")
)
SHOWN, HIDDEN = "$shown", "$hidden"


def exchange(status: Status = Status.ASSIGNED, **more: Any) -> Exchange:
    state = Conversation("2026-000001", "webchat", "gendarmerie", status=status, operator=OPERATOR)
    return Exchange(state, {BOT, BRIDGE}, {GHOST}, unit={UNIT}, shown={SHOWN}, **more)


def message(sender: str = OPERATOR, body: str = "Bonjour", kind: str = "m.room.message", **content: Any) -> Event:
    return Event("$e", kind, "!r", sender, {"msgtype": "m.text", "body": body} | content)


def relates(**relation: Any) -> dict[str, Any]:
    return {"m.relates_to": relation}


THREAD = relates(rel_type="m.thread", event_id="$sheet")
EDIT = {"m.new_content": {"msgtype": "m.text", "body": "Bonsoir"}}


@pytest.mark.parametrize(
    ("event", "status", "for_citizen", "held"),
    [
        (message(), Status.ASSIGNED, True, None),
        (message(OTHER), Status.ASSIGNED, False, Held.NOT_YOURS),
        (message(), Status.WAITING, False, Held.WAITING),
        (message(), Status.CLOSED, False, Held.CLOSED),
        (message(), Status.HANDED_OVER, False, Held.NOT_YOURS),
        (message(UNIT), Status.HANDED_OVER, True, None),
        (message(body="!clore"), Status.ASSIGNED, False, None),
        (message(body="  !note secret"), Status.ASSIGNED, False, None),
        (message(**THREAD), Status.ASSIGNED, False, None),
        (message(msgtype="m.notice"), Status.ASSIGNED, False, Held.NOTICE),
        (message(msgtype="m.emote"), Status.ASSIGNED, False, Held.KIND),
        (message(msgtype="m.image"), Status.ASSIGNED, True, None),
        (message(body=" \n"), Status.ASSIGNED, False, Held.EMPTY),
        (message(**relates(**{"m.in_reply_to": {"event_id": SHOWN}})), Status.ASSIGNED, True, None),
        (message(**relates(**{"m.in_reply_to": {"event_id": HIDDEN}})), Status.ASSIGNED, False, Held.REPLY_TO_TEAM),
        (message(**relates(rel_type="m.replace", event_id=SHOWN), **EDIT), Status.ASSIGNED, True, None),
        (
            message(**relates(rel_type="m.replace", event_id=HIDDEN), **EDIT),
            Status.ASSIGNED,
            False,
            Held.EDIT_OF_TEAM,
        ),
        (message(**relates(rel_type="org.example.future", event_id=SHOWN)), Status.ASSIGNED, False, Held.KIND),
        (message(kind="m.room.encrypted"), Status.ASSIGNED, False, Held.ENCRYPTED),
        (message(kind="m.sticker"), Status.ASSIGNED, False, None),
        (message(**{AUDIENCE: "team"}), Status.ASSIGNED, False, None),
        (message(BOT), Status.ASSIGNED, False, None),
        (message(BOT, **{AUDIENCE: "team"}), Status.ASSIGNED, False, None),
        (message(BOT, **{AUDIENCE: "citizen"}), Status.CLOSED, True, None),
        (message(BOT, **{AUDIENCE: "citizen"}, **THREAD), Status.ASSIGNED, False, None),
        (message(GHOST, **{AUDIENCE: "citizen"}), Status.ASSIGNED, False, None),
    ],
)
def test_each_rule_of_the_contract(event: Event, status: Status, for_citizen: bool, held: Held | None) -> None:
    verdict = audience(event, exchange(status))
    assert (verdict.for_citizen, verdict.held) == (for_citizen, held)


def test_S8_nothing_reaches_a_citizen_who_left() -> None:
    gone = exchange(gone=True)
    assert audience(message(), gone).held is Held.GONE
    assert not audience(message(BOT, **{AUDIENCE: "citizen"}), gone).for_citizen


def test_reply_quotes_are_stripped() -> None:
    quoted = message(
        body="> <@ghost:hs> secret\n> more\n\nRéponse", **relates(**{"m.in_reply_to": {"event_id": SHOWN}})
    )
    assert quoted.body == "Réponse"
    assert message(body="> citation voulue").body == "> citation voulue"


ids = st.sampled_from([SHOWN, HIDDEN, "$sheet", "", None, 7])
relation = st.fixed_dictionaries(
    {},
    optional={
        "rel_type": st.sampled_from(["m.thread", "m.replace", "m.annotation", "m.reference", "x", None, 3]),
        "event_id": ids,
        "m.in_reply_to": st.one_of(st.none(), st.fixed_dictionaries({"event_id": ids})),
        "is_falling_back": st.booleans(),
    },
)
inner = st.fixed_dictionaries(
    {},
    optional={
        "msgtype": st.sampled_from(["m.text", "m.notice", "m.image", "m.emote", "m.location", None, 1]),
        "body": st.sampled_from(["Bonjour", "!note secret", " !prendre", "", "> <@x:y> q\n\nr", None, 5]),
        AUDIENCE: st.sampled_from(["citizen", "team", "CITIZEN", "all", None, True]),
    },
)
contents = st.builds(
    lambda content, relates_to, new: content | relates_to | new,
    inner,
    st.one_of(st.just({}), relation.map(lambda r: {"m.relates_to": r}), st.just({"m.relates_to": "broken"})),
    st.one_of(st.just({}), inner.map(lambda new: {"m.new_content": new})),
)
events = st.builds(
    Event,
    st.just("$e"),
    st.sampled_from(["m.room.message", "m.room.encrypted", "m.reaction", "m.room.topic", "fr.brigade.conversation"]),
    st.just("!r"),
    st.sampled_from([OPERATOR, OTHER, UNIT, BOT, BRIDGE, GHOST, "@_webchat_x:evil", ""]),
    contents,
    st.sampled_from([None, None, None, "", "x"]),
)


def is_clearly_for_the_citizen(event: Event, given_exchange: Exchange) -> bool:
    """The contract again, written another way: only what it grants, from the raw content."""
    content, state = event.content, given_exchange.state
    new = content.get("m.new_content")
    found = content.get("m.relates_to", {})
    found = found if isinstance(found, dict) else {"rel_type": "unknown"}
    is_edit = found.get("rel_type") == "m.replace" and isinstance(found.get("event_id"), str)
    said = new if is_edit and isinstance(new, dict) else content
    if event.type != "m.room.message" or event.state_key is not None or given_exchange.gone:
        return False
    if event.sender == GHOST or found.get("rel_type") == "m.thread":
        return False
    if is_edit and found["event_id"] != SHOWN:
        return False
    if event.sender in (BOT, BRIDGE):
        if content.get("m.relates_to") == "broken":
            return False
        return said.get(AUDIENCE) == "citizen" and content.get(AUDIENCE, "citizen" if is_edit else None) == "citizen"
    speaks = {Status.ASSIGNED: OPERATOR, Status.HANDED_OVER: UNIT}.get(state.status)
    if event.sender != speaks or said.get("msgtype") not in ("m.text", "m.image"):
        return False
    replied = found.get("m.in_reply_to")
    target = replied.get("event_id") if isinstance(replied, dict) else None
    if isinstance(target, str) and not is_edit and target != SHOWN:
        return False
    return not str(said.get("body") or "").lstrip().startswith("!")


@given(events, st.sampled_from(list(Status)), st.booleans())
@example(
    message(BOT, **{AUDIENCE: "team", "m.new_content": {AUDIENCE: "citizen", "body": "x"}}), Status.ASSIGNED, False
)
@example(message(BOT, **{AUDIENCE: "citizen"}, **relates(rel_type="m.thread")), Status.ASSIGNED, False)
@example(message(BOT, **{AUDIENCE: "citizen", "m.relates_to": "broken"}), Status.ASSIGNED, False)
@settings(max_examples=3000, deadline=None)
def test_S21_nothing_leaks(event: Event, status: Status, gone: bool) -> None:
    given_exchange = exchange(status, gone=gone)
    verdict = audience(event, given_exchange)
    if verdict.for_citizen:
        assert is_clearly_for_the_citizen(event, given_exchange)
