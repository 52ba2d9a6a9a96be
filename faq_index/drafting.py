"""A new question: its place in the theme's file, with everything an editor has to fill in."""

import re
from datetime import date, timedelta
from pathlib import Path

from faq_index.blocks import block, put
from faq_index.content import Library

_ID = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)+")
_A_YEAR = timedelta(days=365)


class NotNew(Exception):
    """The entry cannot be made; the sentence says why."""


def draft(library: Library, folder: Path, theme: str, key: str, question: str, today: date) -> Path:
    """Add the entry ``key`` to its theme as a draft; the file. ``lint`` says what is still missing. Raises NotNew."""
    if theme not in library.themes:
        raise NotNew(f"there is no theme “{theme}”; there are: {', '.join(library.themes)}")
    if key in library.by_id:
        raise NotNew(f"the id “{key}” is used already: {library.by_id[key].question}")
    if not _ID.fullmatch(key):
        raise NotNew(f"the id “{key}” must be lower-case words with hyphens, such as vol-de-velo")
    path = folder / f"{theme}.yaml"
    values = {
        "question": question, "short": "À écrire.", "full": "À écrire.\n", "asks": [], "sources": [], "related": [],
        "teleservices": [], "audience": ["tout public"], "reviewed": today, "valid_until": today + _A_YEAR,
        "status": "draft", "validated_by": None,
    }  # fmt: skip
    put(path, key, block(key, values))
    return path
