"""What strangers write, without what cannot be seen."""

import re
import unicodedata
from typing import Any

_KEPT = {"\n", "\t"}
_BIDI = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def clean(text: str) -> str:
    """Line ends as ``\\n``, no control characters: they cannot be seen, and a database refuses some."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in text if c in _KEPT or unicodedata.category(c) not in ("Cc", "Cs")).strip()


def one_line(text: str) -> str:
    """As ``clean``, on one line and without what turns the direction of other people's text."""
    return " ".join(_BIDI.sub("", clean(text)).split())


def cleaned(value: Any) -> Any:
    """JSON with every string and key of it ``clean``: what a database refuses is gone."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {str(clean(key)): cleaned(inner) for key, inner in value.items()}
    return [cleaned(inner) for inner in value] if isinstance(value, list) else value


def dicts(value: Any) -> list[dict[str, Any]]:
    """The objects of a list; nothing when it is none."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []
