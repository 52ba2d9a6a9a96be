"""Both of X's envelopes, and the REST API's lists, parsed once into the same items."""

import hashlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bridges.x.words import Words, of_create, of_list
from brigade.clean import cleaned, dicts

_EPOCH = 1288834974657  # milliseconds since 1970, where the platform's ids begin
_LEGACY = {
    "direct_message_events": "message",
    "direct_message_indicate_typing_events": "typing",
    "direct_message_mark_read_events": "read",
}
_CHAT = {"chat.received": "chat", "chat.sent": "chat", "chat.conversation.join": "chat_join"}
_SIGNS = {"dm.read": "read", "dm.indicate_typing": "typing", "oauth.revoke": "revoke", "block.block": "block"}


@dataclass(frozen=True, slots=True)
class Item:
    """One event. ``id`` is the same however and how often it is told; ``account`` is ours and may be empty;
    ``person`` is empty for what concerns the account alone; ``at`` in seconds; ``kind``: message, sent, typing, read,
    chat, chat_sent, chat_join, revoke, block or unknown.
    """

    id: str
    account: str
    person: str
    kind: str
    at: float
    content: dict[str, Any]

    def stored(self) -> dict[str, Any]:
        """As an arrival's event."""
        return {"kind": self.kind, "content": self.content}


def snowflake_time(event_id: str) -> float:
    """When an id was given, in seconds since 1970; 0 for what is none."""
    number = int(event_id) if event_id.isdigit() else 0
    return ((number >> 22) + _EPOCH) / 1000 if 2**40 < number < 2**64 else 0.0


def snowflake(at: float) -> int:
    """The first id of that moment."""
    return max(0, int(at * 1000) - _EPOCH) << 22


def items(payload: dict[str, Any]) -> list[Item]:
    """Every event of a delivery; what has no known shape is of kind ``unknown``."""
    payload = cleaned(payload)
    data = payload.get("data")
    if isinstance(data, dict) and "event_type" in data:
        return list(_activity(data))
    if "for_user_id" in payload or "user_event" in payload:
        return list(_legacy(_id(payload.get("for_user_id")), payload))
    return [Item(f"odd:{_digest(payload)}", "", "", "unknown", time.time(), {"keys": sorted(payload)[:10]})]


def _activity(data: dict[str, Any]) -> Iterator[Item]:
    """The X Activity API: one event an envelope."""
    kind, inner = str(data["event_type"]), _dict(data.get("payload"))
    account = _id(_dict(data.get("filter")).get("user_id"))
    if found := list(_legacy(account, inner)) if any(key in inner for key in _LEGACY) else []:
        yield from found
    elif kind in _CHAT:
        yield _chat(account, kind, inner, str(data.get("event_uuid")))
    elif kind in _SIGNS:
        yield _sign(account, _SIGNS[kind], inner)
    else:
        content = {"event_type": kind[:60], "keys": sorted(inner)[:10]}
        yield Item(f"odd:{data.get('event_uuid')}", account, "", "unknown", time.time(), content)


def _legacy(account: str, payload: dict[str, Any]) -> Iterator[Item]:
    """The Account Activity API: lists of events, and who wrote them."""
    users = _dict(payload.get("users"))
    for key, kind in _LEGACY.items():
        for raw in dicts(payload.get(key)):
            yield _message(account, raw, users) if kind == "message" else _sign(account, kind, raw)
    if revoked := _dict(_dict(payload.get("user_event")).get("revoke")):
        user = _id(_dict(revoked.get("source")).get("user_id")) or account
        yield Item(f"revoke:{_digest(payload)}", user, "", "revoke", time.time(), {})
    elif account and not any(key in payload for key in _LEGACY):
        keys = sorted(set(payload) - {"for_user_id", "users", "apps"})[:10]
        yield Item(f"odd:{_digest(payload)}", account, "", "unknown", time.time(), {"keys": keys})


def _message(account: str, raw: dict[str, Any], users: dict[str, Any]) -> Item:
    create = _dict(raw.get("message_create"))
    sender, recipient = _id(create.get("sender_id")), _id(_dict(create.get("target")).get("recipient_id"))
    account = account or recipient
    event_id, at = _id(raw.get("id")), _milliseconds(raw.get("created_timestamp"))
    if not (event_id and sender and create):
        return Item(f"odd:{_digest(raw)}", account, "", "unknown", at, {"keys": sorted(raw)[:10]})
    words = of_create(create)
    return message(account, event_id, at, sender, recipient, words, _name(users.get(sender)))


def message(account: str, event_id: str, at: float, sender: str, recipient: str, words: Words, name: str = "") -> Item:
    """A direct message, by whatever way we learnt of it."""
    ours = sender == account
    content = {"dm": event_id, "name": "" if ours else name} | words.stored()
    return Item(f"dm:{event_id}", account, recipient if ours else sender, "sent" if ours else "message", at, content)


def listed(account: str, answer: dict[str, Any]) -> list[Item]:
    """What ``GET /2/dm_events`` and its kin answered, newest first; groups are left out."""
    includes = _dict(answer.get("includes"))
    users = {_id(user.get("id")): user for user in dicts(includes.get("users"))}
    media = {str(each.get("media_key")): each for each in dicts(includes.get("media"))}
    found = []
    for raw in dicts(cleaned(answer.get("data"))):
        members = str(raw.get("dm_conversation_id") or "").split("-")
        sender, event_id = _id(raw.get("sender_id")), _id(raw.get("id"))
        others = [each for each in members if each != account]
        if raw.get("event_type") != "MessageCreate" or len(members) != 2 or len(others) != 1 or not sender:
            continue
        recipient = others[0] if sender == account else account
        at = iso_time(raw.get("created_at")) or snowflake_time(event_id)
        found.append(message(account, event_id, at, sender, recipient, of_list(raw, media), _name(users.get(sender))))
    return found


def _sign(account: str, kind: str, raw: dict[str, Any]) -> Item:
    """Typing, read, revoked, blocked: the documentation does not show all of them, so that any shape is read."""
    target = _dict(raw.get("target"))
    sender = _id(raw.get("sender_id")) or _id(_dict(raw.get("source")).get("id"))
    account = account or _id(target.get("recipient_id")) or _id(raw.get("user_id"))
    by_us = bool(account) and sender == account
    person = (_id(target.get("id")) if kind == "block" else "") if by_us else sender
    at = _milliseconds(raw.get("created_timestamp"))
    content = {"last": _id(raw.get("last_read_event_id")), "by_us": by_us}
    return Item(f"{kind}:{_digest(raw)}", account, "" if kind == "revoke" else person, kind, at, content)


def _chat(account: str, kind: str, raw: dict[str, Any], event_uuid: str) -> Item:
    sender, conversation = _id(raw.get("sender_id")), str(raw.get("conversation_id") or "").replace("-", ":")
    others = [each for each in conversation.split(":") if each != account]
    person = others[0] if len(others) == 1 and others[0].isdigit() else ""
    sort = "chat_sent" if sender == account else _CHAT[kind]
    keys = ("id", "conversation_token", "encoded_event", "conversation_key_change_event")
    content = {key: raw[key] for key in keys if isinstance(raw.get(key), str)} | {"conversation": conversation}
    known = f"{conversation}:{raw['id']}" if raw.get("id") else event_uuid
    return Item(f"{sort}:{known}", account, person, sort, _milliseconds(raw.get("created_at_msec")), content)


def iso_time(value: Any) -> float:
    """0 for what is no moment."""
    try:
        return datetime.fromisoformat(str(value)).timestamp()
    except ValueError:
        return 0.0


def _name(user: Any) -> str:
    """``screen_name`` in the older form, ``username`` in the newer ones, where it lies under ``data``, or not."""
    known = _dict(user)
    known = _dict(known.get("data")) or known
    return str(known.get("name") or "")[:80]


def _id(value: Any) -> str:
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return text if text.isdigit() and len(text) <= 19 else ""


def _milliseconds(value: Any) -> float:
    text = str(value)
    return int(text) / 1000 if text.isdigit() and len(text) <= 14 else time.time()


def _dict(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _digest(raw: Any) -> str:
    return hashlib.sha256(json.dumps(raw, sort_keys=True).encode()).hexdigest()[:40]
