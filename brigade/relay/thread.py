"""A line of the bridge for the team, as an answer to a message or under the sheet."""

from typing import Any

from brigade.vocabulary import AUDIENCE


def line(sentence: str, sheet: str | None, about: str | None, extra: dict[str, Any] | None = None) -> dict[str, Any]:
    """The content of a notice in the team's thread, whose root is ``sheet`` once it exists; ``about``: an event id."""
    content = {"msgtype": "m.notice", "body": sentence, AUDIENCE: "team"} | (extra or {})
    if sheet:
        content["m.relates_to"] = {
            "rel_type": "m.thread", "event_id": sheet, "is_falling_back": about is None,
            "m.in_reply_to": {"event_id": about or sheet},
        }  # fmt: skip
    return content
