"""Words that were probably meant: one letter wrong, missing, added or swapped, or written as they sound.

Deletion index: two words within one edit share a word with one letter removed, so a lookup is as long as the word.
"""

import re
from collections.abc import Iterable
from zlib import crc32

import numpy as np

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
        words = sorted(word for word in set(known) if len(word) >= 3 and not word.isdigit())
        self._words = words
        self._near = _Table((form, at) for at, word in enumerate(words) for form in _shorter(word) | {word})
        self._sounds = _Table((sound(word), at) for at, word in enumerate(words) if by_sound)

    def near(self, word: str) -> tuple[str, ...]:
        """Known words within about one edit of ``word``; none for short words and numbers."""
        if len(word) < _SHORTEST or word.isdigit():
            return ()
        found = {self._words[at] for at in self._near.at(_shorter(word) | {word})}
        alike = (other for other in found if other[0] == word[0] or other[1:] == word[1:])
        return tuple(sorted(alike, key=lambda other: (abs(len(other) - len(word)), other)))

    def alike(self, word: str) -> tuple[str, ...]:
        """Known words that sound the same."""
        heard = sound(word)
        if len(word) < 3 or len(heard) < 2:
            return ()
        return tuple(self._words[at] for at in self._sounds.at({heard}))


class _Table:
    """Text to numbers, as two sorted arrays: a twentieth of what a dict of lists takes."""

    def __init__(self, pairs: Iterable[tuple[str, int]]) -> None:
        rows = [(crc32(text.encode()), at) for text, at in pairs]
        keys = np.array([key for key, _ in rows], np.uint32)
        order = np.argsort(keys, kind="stable")
        self._keys = keys[order]
        self._values = np.array([at for _, at in rows], np.int32)[order]

    def at(self, texts: Iterable[str]) -> list[int]:
        """The numbers of the texts."""
        sums = np.array([crc32(text.encode()) for text in texts], np.uint32)
        starts, ends = np.searchsorted(self._keys, sums), np.searchsorted(self._keys, sums, "right")
        return [int(at) for start, end in zip(starts, ends, strict=True) for at in self._values[start:end]]
