"""What the help centre lets editors know: nothing that says who asked, from where, or at what time of the day."""

import re
from dataclasses import dataclass
from typing import Protocol

LONGEST_WHY = 500
LONGEST_WORDS = 120

_MAIL = re.compile(r"\S+@\S+")
_NUMBER = re.compile(r"\d(?:[\s.\-/]?\d){4,}")  # telephone, card, postcode: not 17, 112 or 3919
_BLANK = re.compile(r"\s+")


@dataclass(frozen=True)
class Feedback:
    """Whether an answer helped, in the language in which it was read."""

    entry: str
    language: str
    helpful: bool
    why: str = ""


@dataclass(frozen=True)
class Missed:
    """Words to which no answer was sure."""

    words: str
    language: str


class Journal(Protocol):
    """Where it is kept. Both may raise: the page then says that it could not be kept."""

    async def feedback(self, given: Feedback) -> None:
        """Keep an opinion."""
        ...

    async def missed(self, missed: Missed) -> None:
        """Count a query without a good answer."""
        ...


class NoJournal:
    """Keeps nothing."""

    async def feedback(self, given: Feedback) -> None:
        """Forget it."""

    async def missed(self, missed: Missed) -> None:
        """Forget it."""


def anonymous(text: str, longest: int) -> str:
    """``text`` on one line, without e-mail addresses and long numbers, which would say who wrote it."""
    plain = _NUMBER.sub("#", _MAIL.sub("@", _BLANK.sub(" ", text).strip()))
    return "".join(c for c in plain if c.isprintable())[:longest]
