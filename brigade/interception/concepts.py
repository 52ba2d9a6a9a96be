"""`concepts*.yaml`: words that mean the same in five languages."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

import yaml

from brigade.texts import LANGUAGES

_HERE = Path(__file__).parent
_LONGEST = 4  # words of one expression


class Concepts:
    """One language's words, found in a list of folded words; ``source``: names and the forms that mean them."""

    def __init__(self, source: Iterable[tuple[str, str]]) -> None:
        self._whole: defaultdict[str, list[str]] = defaultdict(list)
        self._beginnings: defaultdict[str, list[str]] = defaultdict(list)
        for name, form in source:
            index = self._beginnings if form.endswith("*") else self._whole
            index[form.rstrip("*").strip("_").replace("_", " ")].append(name.rstrip("0123456789"))
        self._lengths = sorted({len(beginning) for beginning in self._beginnings}, reverse=True)

    def of(self, words: list[str]) -> list[str]:
        """The concepts in the order of the words; a word that is none is left out."""
        return [name for at in range(len(words)) for name in dict.fromkeys(self._at(words, at))]

    def _at(self, words: list[str], at: int) -> Iterator[str]:
        """Longer expressions first, then the longest beginning: a word in detail hides none of what is more general."""
        for size in range(min(_LONGEST, len(words) - at), 0, -1):
            yield from self._whole.get(" ".join(words[at : at + size]), ())
        beginnings = (words[at][:length] for length in self._lengths if len(words[at]) >= length)
        yield from next((self._beginnings[one] for one in beginnings if one in self._beginnings), ())


def files() -> list[Path]:
    """Where the concepts are written down."""
    return sorted(_HERE.glob("concepts*.yaml"))


@cache
def concepts(language: str) -> Concepts:
    """Of one of ``LANGUAGES``; of all of them for any other name."""
    wanted = (language,) if language in LANGUAGES else LANGUAGES
    said = ((name, form, one) for one in wanted for name, forms in _source() for form in forms[one].split())
    return Concepts((name, spelt) for name, form, one in said for spelt in dict.fromkeys((form, _short(form, one))))


@cache
def _source() -> list[tuple[str, dict[str, str]]]:
    loaded = [yaml.load(path.read_text(encoding="utf-8"), Loader=yaml.CSafeLoader) for path in files()]
    return [item for one in loaded for item in one.items()]


def _short(form: str, language: str) -> str:
    """German "ue" stands for "ü", which folding makes "u"."""
    return form.replace("ae", "a").replace("oe", "o").replace("ue", "u") if language == "de" else form
