"""What strangers write, without what cannot be seen."""

import re
import unicodedata

_KEPT = {"\n", "\t"}
_BIDI = re.compile("[\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]")


def clean(text: str) -> str:
    """Line ends as ``\\n``, no control characters: they cannot be seen, and a database refuses some."""
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return "".join(c for c in text if c in _KEPT or unicodedata.category(c) not in ("Cc", "Cs")).strip()


def one_line(text: str) -> str:
    """As ``clean``, on one line and without what turns the direction of other people's text."""
    return " ".join(_BIDI.sub("", clean(text)).split())
