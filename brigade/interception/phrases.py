"""Patterns an expert can read: the small language of our data files, and a search bounded on any text.

    il est derrière la porte      these words, in this order (accents and case do not matter)
    (porte|portail|fenêtre)       one of these; several words are allowed: (devant chez moi|derrière la porte)
    [toujours]  [là|ici]          may be missing
    menac*                        any ending
    ~   ~5                        up to three (five) words whatever they are, but no negation
    ^   $                         the sentence begins, ends here; also as a choice: (vite|maintenant|$)
    {him}                         the alternatives of the group of that name, inside ( ) or [ ]
    A & B                         both patterns, in any order, within fifteen words of one another

A pattern is looked at only where its rarest word stands, one sentence at a time: no text makes the search explode.
"""

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Generic, TypeVar

from brigade.interception.spelling import plain, split_word

Tag = TypeVar("Tag")

MAX_TRIALS = 8_000  # patterns tried on one text: far above any message, and the bound for a hostile one

_ELEMENT = re.compile(r"\(([^()]*)\)|\[([^\[\]]*)\]|(~)(\d?)|([\^$])|([^\s()\[\]]+)")
_GROUP = re.compile(r"\{(\w+)\}")
_NEAR = 15
_SIGNS = frozenset("()[]{}~&^$")
_EDGES = {"^": r"(?<=\A )", "$": r"\Z"}


class PhraseError(ValueError):
    """A pattern of a data file that cannot be read; says which and why."""


@dataclass(frozen=True)
class Phrase:
    """One pattern: the expression it compiles to, and the words one of which must be there."""

    source: str
    expression: str
    anchors: tuple[str, ...]  # "menac*" stands for any ending
    words: frozenset[str] = field(repr=False)
    also: tuple["Phrase", ...] = ()

    @cached_property
    def regex(self) -> re.Pattern[str]:
        """Compiled at the first use: most patterns never meet a candidate sentence."""
        return re.compile(self.expression)

    def find(self, sentence: str) -> tuple[int, int] | None:
        """Where the phrase begins and ends in a sentence (``" word word "``); None when it is not there."""
        first = self.regex.search(sentence)
        if first is None:
            return None
        found = [first.span(), *(span for span in (other.find(sentence) for other in self.also) if span)]
        start, end = min(span[0] for span in found), max(span[1] for span in found)
        if len(found) <= len(self.also) or sentence.count(" ", start, end) > _NEAR:
            return None
        return start, end


@dataclass(frozen=True)
class Grammar:
    """What the patterns of one language share. Words are folded and respelled like the texts they will meet."""

    language: str
    groups: Mapping[str, str]
    negators: tuple[str, ...]
    spelling: Mapping[str, str]

    def phrase(self, source: str) -> Phrase:
        """Read one pattern. Raises PhraseError when it is empty, unbalanced or names an unknown group."""
        first, *others = (self._one(part) for part in source.split(" & "))
        words = first.words.union(*(other.words for other in others))
        return replace(first, source=source, words=words, also=tuple(others))

    def _one(self, source: str) -> Phrase:
        text = _expand(source, self.groups)
        if _ELEMENT.sub("", text).strip():
            raise PhraseError(f"pattern {source!r}: a bracket is not closed or stands inside another")
        expression: list[str] = []
        required: list[list[str]] = []
        words: set[str] = set()
        for group, optional, gap, width, edge, word in (found.groups() for found in _ELEMENT.finditer(text)):
            if gap:
                expression.append(rf"(?:{self._no_negator}\S+ ){{0,{width or 3}}}?")
            elif edge:
                expression.append(_EDGES[edge])
            else:
                choices = [
                    self.fold(choice) for choice in next(c for c in (group, optional, word) if c is not None).split("|")
                ]
                if any(_SIGNS & {*choice} - {choice} for choice in choices):
                    raise PhraseError(f"pattern {source!r}: only words may be choices, or ^ or $ alone")
                words.update(w.rstrip("*") for choice in choices for w in choice.split() if w not in _EDGES)
                expression.append(_one_of(choices) + ("?" if optional is not None else "") + "(?:, )?")
                if optional is None:
                    required.append(choices)
        if not required or any(not choice for choices in required for choice in choices):
            raise PhraseError(f"pattern {source!r}: it needs at least one word that must be there, and no empty choice")
        return Phrase(source, self._start(required[0]) + "".join(expression), _anchors(required), frozenset(words))

    def fold(self, choice: str) -> str:
        """``choice`` as a text's words arrive: without accents, cut at apostrophes, SMS spelling resolved."""
        if choice.strip() in _EDGES:
            return choice.strip()
        parts = (part for word in plain(choice).split() for part in split_word(word, self.language))
        return " ".join(self.spelling.get(part, part) for part in parts)

    @property
    def _no_negator(self) -> str:
        return "".join(f"(?!{negator} )" for negator in self.negators)

    def _start(self, first: list[str]) -> str:
        """A pattern that itself begins with a negation ("ne respire plus") may follow another."""
        negated = any(choice.split()[0] in self.negators for choice in first)
        return "(?<= )" + ("" if negated else "".join(f"(?<! {negator} )" for negator in self.negators))


def _expand(source: str, groups: Mapping[str, str]) -> str:
    def group(found: re.Match[str]) -> str:
        if found[1] not in groups:
            raise PhraseError(f"pattern {source!r}: there is no group {found[1]!r}; there are {sorted(groups)}")
        return _expand(groups[found[1]], groups)

    return _GROUP.sub(group, source)


def _one_of(choices: list[str]) -> str:
    return "(?:" + "|".join(_choice(choice) for choice in sorted(choices, key=len, reverse=True)) + ")"


def _choice(choice: str) -> str:
    if choice in _EDGES:
        return _EDGES[choice]
    return "".join(re.escape(w.rstrip("*")) + ("[a-z0-9]*" if w.endswith("*") else "") + " " for w in choice.split())


def _anchors(required: list[list[str]]) -> tuple[str, ...]:
    """The longest word of each choice of the element whose shortest such word is longest: the rarest, in practice."""

    def longest(choices: list[str]) -> list[str]:
        return [max(choice.split(), key=lambda word: len(word.rstrip("*"))) for choice in choices]

    best = max((longest(choices) for choices in required), key=lambda words: min(len(w.rstrip("*")) for w in words))
    return tuple(dict.fromkeys(best))


class PhraseBook(Generic[Tag]):
    """Many phrases, each with a tag, found in the sentences of one text."""

    def __init__(self, phrases: Iterable[tuple[Tag, Phrase]]) -> None:
        self._words: dict[str, list[tuple[Tag, Phrase]]] = defaultdict(list)
        self._beginnings: dict[str, list[tuple[Tag, Phrase]]] = defaultdict(list)
        for tag, phrase in phrases:
            entry = (tag, phrase)
            for anchor in phrase.anchors:
                index = self._beginnings if anchor.endswith("*") else self._words
                index[anchor.rstrip("*")].append(entry)
        self._lengths = sorted({len(beginning) for beginning in self._beginnings})

    def candidates(self, words: Iterable[str]) -> list[tuple[Tag, Phrase]]:
        """The phrases that could be in a sentence of these words."""
        found: dict[int, tuple[Tag, Phrase]] = {}
        for word in dict.fromkeys(words):
            for entry in self._words.get(word, ()):
                found[id(entry)] = entry
            for length in self._lengths:
                for entry in self._beginnings.get(word[:length], ()):
                    found[id(entry)] = entry
        return list(found.values())


class Trials:
    """How many more patterns may be tried on this text."""

    def __init__(self, left: int = MAX_TRIALS) -> None:
        self.left = left

    def search(self, phrase: Phrase, sentence: str) -> str:
        """The words of the sentence that are the phrase; empty when there are none or no allowance is left."""
        if self.left <= 0:
            return ""
        self.left -= 1
        found = phrase.find(sentence)
        return sentence[slice(*found)].strip(" ,") if found else ""
