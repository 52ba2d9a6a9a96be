"""How well a query fits one entry, beyond the search engine's score: the second signal, and confidence's ground."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from faq_index.query import Meant


@dataclass(frozen=True)
class Likeness:
    """``phrase``: cosine with the nearest wording of the entry; ``covered``: share of the query it speaks of."""

    phrase: float
    covered: float


class Wordings:
    """The wordings of every entry of one language: question and other ways to ask, as sets of stems."""

    def __init__(self, wordings: Mapping[str, Sequence[Iterable[str]]], texts: Mapping[str, Iterable[str]]) -> None:
        """``wordings``: entry id to its wordings; ``texts``: entry id to the stems of its answer."""
        self._phrases = {key: [frozenset(phrase) for phrase in each] for key, each in wordings.items()}
        self._asked = {key: frozenset().union(*phrases) for key, phrases in self._phrases.items()}
        self._texts = {key: frozenset(stems) for key, stems in texts.items()}
        counts = Counter(stem for stems in self._asked.values() for stem in stems)
        total = len(self._asked)
        self._unknown = math.log(1 + total)
        self._weights = {stem: math.log(1 + (total - n + 0.5) / (n + 0.5)) for stem, n in counts.items()}
        self._norms = {key: [self._norm(phrase) for phrase in phrases] for key, phrases in self._phrases.items()}

    def _weight(self, stem: str) -> float:
        return self._weights.get(stem, self._unknown)

    def _norm(self, stems: Iterable[str]) -> float:
        return math.sqrt(sum(self._weight(stem) ** 2 for stem in stems)) or 1.0

    def _importance(self, meant: Meant) -> float:
        if not meant.stems:
            return self._unknown * 0.8  # a word we have never seen may be a name, or another subject
        best = max(meant.stems, key=lambda stem: (meant.stems[stem], stem))
        return self._weight(best)

    def compare(self, query: Sequence[Meant], key: str) -> Likeness:
        """The likeness of ``query`` with the entry ``key``."""
        weights = [self._importance(meant) for meant in query]
        size = math.sqrt(sum(weight**2 for weight in weights)) or 1.0
        phrase = max(
            (self._cosine(query, phrase, size * norm) for phrase, norm in zip(
                self._phrases[key], self._norms[key], strict=True)),
            default=0.0,
        )  # fmt: skip
        asked, text = self._asked[key], self._texts[key]
        covered = sum(
            weight * max(_held(meant, asked), 0.5 * _held(meant, text))
            for meant, weight in zip(query, weights, strict=True)
        )
        return Likeness(min(phrase, 1.0), covered / (sum(weights) or 1.0))

    def _cosine(self, query: Sequence[Meant], phrase: frozenset[str], sizes: float) -> float:
        product = 0.0
        for meant in query:
            shared = [weight * self._weight(stem) ** 2 for stem, weight in meant.stems.items() if stem in phrase]
            product += max(shared, default=0.0)
        return product / sizes


def _held(meant: Meant, stems: frozenset[str]) -> float:
    return max((weight for stem, weight in meant.stems.items() if stem in stems), default=0.0)
