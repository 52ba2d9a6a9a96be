"""The platform's envelope, parsed once: which page, which person, what kind of event, and an id that is the same for
the same event however often it is told.
"""

import hashlib
import json
import time
from dataclasses import dataclass
from typing import Any

from brigade.clean import cleaned, dicts

# The key that tells what an event is, in the order in which they are looked for: an echo is a message, too.
_KINDS = (
    "message", "message_edit", "postback", "reaction", "read", "delivery", "referral", "optin", "pass_thread_control",
    "take_thread_control", "request_thread_control", "app_roles", "policy_enforcement", "account_linking",
    "response_feedback", "messaging_feedback",
)  # fmt: skip
_SECONDS = 10**11  # smaller timestamps are seconds, larger ones milliseconds


@dataclass(frozen=True, slots=True)
class Item:
    """One event. ``person`` is empty for what concerns the page alone; ``at`` in seconds; ``standby``: another app
    holds the thread; ``content`` is the value under ``kind``; ``kind`` is ``unknown`` when we know none of the keys.
    """

    id: str
    page: str
    person: str
    kind: str
    at: float
    standby: bool
    content: Any

    def stored(self) -> dict[str, Any]:
        """As an arrival's event."""
        return {"kind": self.kind, "standby": self.standby, "content": self.content}


def items(payload: dict[str, Any]) -> list[Item]:
    """Every event of a delivery, over all entries and pages; what is not shaped as an event is of kind ``unknown``."""
    found = []
    for entry in dicts(payload.get("entry")):
        page, moment = str(entry.get("id", "")), entry.get("time")
        for key in ("messaging", "standby"):
            found += [_item(page, raw, moment, key == "standby") for raw in dicts(entry.get(key))]
        for raw in dicts(entry.get("changes")):
            name = str(raw.get("field"))[:60]
            found.append(Item(_digest(raw), page, "", "unknown", _seconds(moment), False, {"field": name}))
    return found


def _item(page: str, raw: dict[str, Any], moment: Any, standby: bool) -> Item:
    raw = cleaned(raw)
    kind = next((key for key in _KINDS if isinstance(raw.get(key), dict | list)), "unknown")
    content = raw.get(kind, {"keys": sorted(raw)[:20]})
    if kind == "message" and content.get("is_echo"):
        kind = "echo"
    at = _seconds(raw.get("timestamp", moment))
    return Item(f"{kind}:{_id(kind, raw, content)}", page, _person(page, raw), kind, at, standby, content)


def _id(kind: str, raw: dict[str, Any], content: Any) -> str:
    mid = content.get("mid") if isinstance(content, dict) else None
    if kind in ("message", "echo", "postback") and mid:
        return str(mid)
    if kind == "message_edit" and mid:
        return f"{mid}:{content.get('num_edit')}"
    return _digest(raw)


def _person(page: str, raw: dict[str, Any]) -> str:
    """Whoever is not the page: sender or, in an echo, recipient."""
    for side in ("sender", "recipient"):
        who = raw.get(side)
        if isinstance(who, dict):
            if isinstance(who.get("id"), str | int) and str(who["id"]) != page:
                return str(who["id"])[:200]
            if who.get("user_ref"):
                return f"ref:{who['user_ref']}"[:200]
    return ""


def _seconds(value: Any) -> float:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return time.time()
    if not 0 < number < 10**15:
        return time.time()
    return number if number < _SECONDS else number / 1000


def _digest(raw: Any) -> str:
    return hashlib.sha256(json.dumps(raw, sort_keys=True).encode()).hexdigest()[:40]
