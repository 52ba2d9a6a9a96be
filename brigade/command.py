"""What an operator writes after an exclamation mark."""

import unicodedata
from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Command:
    """``!faq vol de vélo`` is ``Command("faq", "vol de vélo")``; names are compared without case and accents."""

    name: str
    argument: str = ""

    @classmethod
    def parse(cls, body: str) -> Self | None:
        """None when ``body`` is not a command: it must begin with ``!`` and a letter."""
        text = body.strip()
        if not text.startswith("!") or not text[1:2].isalpha():
            return None
        name, _, argument = text[1:].replace("\n", " ", 1).partition(" ")
        return cls(plain(name), argument.strip())


@dataclass(frozen=True, slots=True)
class Usage:
    """How a command is written (``!faq mots``) and what it does, in French, for ``!aide`` and for corrections."""

    form: str
    help: str

    @property
    def line(self) -> str:
        """One line of help."""
        return f"`{self.form}` — {self.help}"


def plain(text: str) -> str:
    """Lower case, without accents."""
    letters = unicodedata.normalize("NFD", text.casefold())
    return "".join(letter for letter in letters if not unicodedata.combining(letter))
