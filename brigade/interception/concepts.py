"""`concepts.yaml`: words that mean the same in five languages."""

from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import yaml

from brigade.texts import LANGUAGES

_FILE = Path(__file__).with_name("concepts.yaml")
_LONGEST = 4  # words of one expression


class Concepts:
    """One language's words, found in a list of folded words; all languages together when it is not known."""

    def __init__(self, source: Mapping[str, str]) -> None:
        self._whole: defaultdict[str, list[str]] = defaultdict(list)
        self._beginnings: defaultdict[str, list[str]] = defaultdict(list)
        for name, forms in source.items():
            for form in forms.split():
                index = self._beginnings if form.endswith("*") else self._whole
                for spelt in dict.fromkeys((form, _short(form))):
                    index[spelt.rstrip("*").strip("_").replace("_", " ")].append(name.rstrip("0123456789"))
        self._lengths = sorted({len(beginning) for beginning in self._beginnings}, reverse=True)

    def of(self, words: list[str]) -> list[str]:
        """The concepts in the order of the words; a word that is none is left out."""
        return [name for at in range(len(words)) for name in dict.fromkeys(self._at(words, at))]

    def _at(self, words: list[str], at: int) -> list[str]:
        sizes = range(min(_LONGEST, len(words) - at), 0, -1)
        found = [name for size in sizes for name in self._whole.get(" ".join(words[at : at + size]), ())]
        if found:
            return found
        beginnings = (words[at][:length] for length in self._lengths if len(words[at]) >= length)
        return next((self._beginnings[one] for one in beginnings if one in self._beginnings), [])


@cache
def concepts(language: str) -> Concepts:
    """Of one of ``LANGUAGES``; of all of them for any other name."""
    wanted = (language,) if language in LANGUAGES else LANGUAGES
    return Concepts({name: " ".join(forms[one] for one in wanted) for name, forms in _source().items()})


@cache
def _source() -> dict[str, dict[str, str]]:
    with _FILE.open(encoding="utf-8") as file:
        found: dict[str, dict[str, str]] = yaml.load(file, Loader=yaml.CSafeLoader)
        return found


def _short(form: str) -> str:
    """German "ue" stands for "ü", which folding makes "u"."""
    return form.replace("ae", "a").replace("oe", "o").replace("ue", "u")
