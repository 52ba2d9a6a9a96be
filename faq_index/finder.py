"""The search of one language: a query in, entries and their confidence out. Knows no search engine and no files."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from faq_index.fusion import SURE, Weights, clues, confidence, scores, weights
from faq_index.index import Index
from faq_index.query import Understanding
from faq_index.signals import signals
from faq_index.words import Language


@dataclass(frozen=True)
class Match:
    """An entry found. ``score`` orders the matches of one query; ``confidence`` is the chance that it answers."""

    key: str
    score: float
    confidence: float

    @property
    def sure(self) -> bool:
        """Whether it may be suggested."""
        return self.confidence >= SURE


class Finder:
    """Searches one language. Safe to share between threads: nothing that is seen changes after it is made."""

    def __init__(self, language: Language, index: Index, given: Weights | None = None) -> None:
        self.language = language
        self.index = index
        self.weights = given or weights()

    @cached_property
    def understanding(self) -> Understanding:
        """Made at the first query: most processes are asked in one or two of the languages."""
        return Understanding(self.language, self.index.words)

    def search(self, text: str, limit: int) -> list[Match]:
        """At most ``limit`` matches, best first; none when nothing in the index resembles any word."""
        query = self.understanding.read(text)
        if limit <= 0 or not any(meant.stems for meant in query.words):
            return []
        found = signals(self.index, query)
        score = scores(found, self.weights)
        order = _best(score, max(limit, 1))
        sure = confidence(self.weights, clues(found, score, order[0]))
        return [
            Match(
                self.index.keys[row],
                float(score[row]),
                sure if row == order[0] else min(sure, confidence(self.weights, clues(found, score, row))),
            )
            for row in order
        ]


def _best(score: np.ndarray, limit: int) -> list[int]:
    """Rows of the best scores, best first; equal ones in the order of the content."""
    if len(score) > limit:
        least = np.partition(score, len(score) - limit)[len(score) - limit]
        rows = np.flatnonzero(score >= least)
    else:
        rows = np.arange(len(score))
    found: list[int] = rows[np.argsort(-score[rows], kind="stable")][:limit].tolist()
    return found
