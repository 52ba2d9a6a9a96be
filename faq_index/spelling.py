"""Words that were probably meant: one letter wrong, missing, added or swapped, or written as they sound.

Deletion index: two words within one edit share a word with one letter removed, so a lookup is as long as the word.
"""

import re
from collections.abc import Iterable

_SOUNDS = [
    (r"ph", "f"), (r"(?<=[^aeiouyc])h|^h", ""), (r"eaux?|aux?", "o"), (r"(ai|ei)(?!n|m|l)", "e"),
    (r"(ain|ein|in|im|un|aim)(?![aeiouy])", "1"), (r"(an|am|en|em)(?![aeiouymn])", "2"), (r"oi", "w"), (r"ou", "u"),
    (r"qu|q|k|c(?![eiy])", "k"), (r"c(?=[eiy])|ss|sc", "s"), (r"ge(?=[ao])|g(?=[eiy])|j", "j"), (r"gu(?=[eiy])", "g"),
    (r"(er|ez|es|ent|e|s|t|d|x|z)+$", ""), (r"y", "i"), (r"(.)\1+", r"\1"), (r"z", "s"),
]  # fmt: skip
_RULES = [(re.compile(pattern), into) for pattern, into in _SOUNDS]
_SHORTEST = 5  # below, too many real words are one letter apart: “aime” is not “arme”


def sound(word: str) -> str:
    """How a folded French word sounds, roughly: ``plinte`` and ``plainte`` are the same."""
    for pattern, into in _RULES:
        word = pattern.sub(into, word)
    return word


def _shorter(word: str) -> set[str]:
    return {word[:at] + word[at + 1 :] for at in range(len(word))}


class Speller:
    """Suggests known words for an unknown one. ``known`` are folded words; with ``by_sound`` French sounds help."""

    def __init__(self, known: Iterable[str], *, by_sound: bool) -> None:
        self._known = frozenset(word for word in known if len(word) >= 3 and not word.isdigit())
        self._deletions: dict[str, list[str]] = {}
        self._sounds: dict[str, list[str]] = {}
        for word in sorted(self._known):
            for form in _shorter(word) | {word}:
                self._deletions.setdefault(form, []).append(word)
            if by_sound:
                self._sounds.setdefault(sound(word), []).append(word)

    def near(self, word: str) -> tuple[str, ...]:
        """Known words within about one edit of ``word``; none for short words and numbers."""
        if len(word) < _SHORTEST or word.isdigit():
            return ()
        found = {known for form in _shorter(word) | {word} for known in self._deletions.get(form, ())}
        return tuple(sorted(other for other in found if other[0] == word[0] or other[1:] == word[1:]))

    def alike(self, word: str) -> tuple[str, ...]:
        """Known words that sound the same."""
        heard = sound(word)
        return tuple(self._sounds.get(heard, ())) if len(word) >= 3 and len(heard) >= 2 else ()
