"""A sentence as searchable stems: accents folded, elisions cut, small words dropped, endings removed, SMS spelled out.

Both the answers and the queries go through here, so that they meet.
"""

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import snowballstemmer
from pydantic import BaseModel, ConfigDict, ValidationError

from faq_index.lines import Problem, Unreadable, read

VOCABULARY = Path(__file__).parent / "vocabulary"

_NAMES = {"fr": "french", "en": "english", "es": "spanish", "de": "german", "it": "italian"}
_TOKEN = re.compile(r"[^\W_]+")
_ELISION = re.compile(r"\b(l|d|j|m|t|s|n|c|qu|jusqu|lorsqu|puisqu|quelqu|dell|nell|sull|all|un)['’ʼ´`](?=\w)", re.I)
_LONGEST = 30  # no real word is longer; what is longer is noise
_ACCENTS_KEPT = str.maketrans({"ß": "ss", "œ": "oe", "æ": "ae"})


@lru_cache(maxsize=50_000)
def fold(word: str) -> str:
    """Lower case without accents: ``Démarches`` becomes ``demarches``."""
    flat = unicodedata.normalize("NFKD", word.lower().translate(_ACCENTS_KEPT))
    return "".join(letter for letter in flat if not unicodedata.combining(letter))


def tokens(text: str) -> list[str]:
    """Folded words in their order; punctuation, operators, emoji and endless words are left out."""
    plain = _ELISION.sub(lambda found: f"{found[1]} ", text)
    return [fold(word) for word in _TOKEN.findall(plain) if len(word) <= _LONGEST]


@dataclass(frozen=True)
class Language:
    """The words of one language. ``synonyms``: stem to the stems that may stand for it; ``groups``: stem to the names
    of the groups of synonyms it is in.
    """

    code: str
    stop: frozenset[str]
    shorthand: Mapping[str, tuple[str, ...]]
    synonyms: Mapping[str, frozenset[str]]
    groups: Mapping[str, tuple[str, ...]]

    def stem(self, word: str) -> str:
        """The stem of a folded word."""
        return _stem(self.code, word)

    def spelled(self, text: str) -> list[str]:
        """Every folded word, SMS shorthand spelled out."""
        return [part for word in tokens(text) for part in self.shorthand.get(word, (word,))]

    def words(self, text: str) -> list[str]:
        """Folded words that carry meaning, before stemming."""
        return [word for word in self.spelled(text) if self.means(word)]

    def means(self, word: str) -> bool:
        """Whether a folded word carries meaning."""
        return word not in self.stop and (len(word) > 1 or word.isdigit())

    def stems(self, text: str) -> list[str]:
        """The stems of the words that carry meaning."""
        return [self.stem(word) for word in self.words(text)]


@lru_cache(maxsize=100_000)
def _stem(code: str, word: str) -> str:
    if code == "fr":  # folding made “volée” into “volee”, which the stemmer no longer knows
        word = re.sub(r"ee(s?)$", r"e\1", word)
    return str(_stemmer(code).stemWord(word))


@lru_cache
def _stemmer(code: str) -> snowballstemmer.stemmer:
    return snowballstemmer.stemmer(_NAMES[code])


class _Vocabulary(BaseModel):
    """A file of everyday words, as editors write it."""

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True)
    stop: str = ""
    shorthand: dict[str, str] = {}
    synonyms: list[list[str]] = []


def _checked(path: Path) -> _Vocabulary:
    document = read(path)
    try:
        return _Vocabulary.model_validate(document.data)
    except ValidationError as error:
        mistake = error.errors()[0]
        where = ".".join(map(str, mistake["loc"]))
        raise Unreadable(Problem(path, document.line(mistake["loc"]), f"{where}: {mistake['msg']}")) from error


def _vocabulary(code: str) -> _Vocabulary:
    """The file of ``code``, or no words at all when it is broken: the search goes on, and ``problems`` tells."""
    try:
        return _checked(VOCABULARY / f"{code}.yaml")
    except Unreadable:
        return _Vocabulary()


def problems(folder: Path = VOCABULARY) -> list[Problem]:
    """What must be corrected in the files of everyday words."""
    found = []
    for path in sorted(folder.glob("*.yaml")):
        try:
            _checked(path)
        except Unreadable as error:
            found.append(error.problem)
    return found


@lru_cache
def language(code: str) -> Language:
    """The vocabulary of ``code``, one of fr, en, es, de, it; French for any other code."""
    code = code if code in _NAMES else "fr"
    data = _vocabulary(code)
    synonyms: dict[str, set[str]] = {}
    groups: dict[str, list[str]] = {}
    for group in data.synonyms:
        stems = {_stem(code, fold(word)) for each in group for word in tokens(str(each))}
        for stem in stems:
            synonyms.setdefault(stem, set()).update(stems - {stem})
            groups.setdefault(stem, []).append(fold(str(group[0])))
    return Language(
        code,
        frozenset(fold(word) for word in data.stop.split()),
        {fold(short): tuple(tokens(long)) for short, long in data.shorthand.items()},
        {stem: frozenset(others) for stem, others in synonyms.items()},
        {stem: tuple(dict.fromkeys(names)) for stem, names in groups.items()},
    )
