"""How well a query fits each entry, seen in four ways at once: numbers for every entry, without a loop over them."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from faq_index.index import Index
from faq_index.postings import Floats
from faq_index.query import Meant, Query

FIELDS = {"question": 2.5, "asks": 2.5, "short": 1.0, "full": 0.5}
_ASKED = ("question", "asks")


@dataclass(frozen=True)
class Signals:
    """Four numbers an entry, and what is said of the query as a whole.

    ``engine``: the search engine's score, the best entry's is 1. ``phrase``: likeness (cosine) with the nearest
    wording, 0 to 1. ``covered``: share of the query that the entry speaks of, 0 to 1. ``learned``: the classifier's
    side of the border, about -1 for a stranger. ``words``: how many words of the query count; ``unknown``: the share
    of them that nothing resembles.
    """

    engine: Floats
    phrase: Floats
    covered: Floats
    learned: Floats
    words: int
    unknown: float


def signals(index: Index, query: Query) -> Signals:
    """The signals of a query."""
    weights = [_importance(index, meant) for meant in query.words]
    engine = _engine(index, query.words)
    top = float(engine.max(initial=0.0))
    missing = sum(weight for weight, meant in zip(weights, query.words, strict=True) if not meant.stems)
    return Signals(
        engine / top if top > 0 else engine,
        _phrase(index, query.words, weights),
        _covered(index, query.words, weights),
        index.model.scores(query.features),
        len(query.words),
        missing / (sum(weights) or 1.0),
    )


def _importance(index: Index, meant: Meant) -> float:
    unknown = math.log(1 + len(index.keys))
    if not meant.stems:
        return unknown * 0.8  # a word we have never seen may be a name, or another subject
    best = max(meant.stems, key=lambda stem: (meant.stems[stem], stem))
    (place,) = index.held.find([best])
    return float(index.rare[place]) if place >= 0 else unknown


def _engine(index: Index, words: Sequence[Meant]) -> Floats:
    """For each word the best of the stems that may stand for it, in the fields that hold it."""
    total = np.zeros(len(index.keys), np.float32)
    for meant in words:
        best = max(meant.stems.values(), default=0.0)
        word = np.zeros_like(total)
        for stem, weight in meant.stems.items():
            names = FIELDS if weight == best else _ASKED  # a synonym deep in an answer says nothing
            each = np.zeros_like(total)
            for name, place in zip(names, index.engine.find(f"{name} {stem}" for name in names), strict=True):
                if place >= 0:
                    index.engine.add(each, place, weight * FIELDS[name])
            np.maximum(word, each, out=word)
        total += word
    return total


def _phrase(index: Index, words: Sequence[Meant], weights: Sequence[float]) -> Floats:
    products = np.zeros(len(index.lengths), np.float32)
    scratch = np.zeros_like(products)
    for meant in words:
        stems = sorted(meant.stems, key=meant.stems.__getitem__)  # the surest last, over the others
        places = index.phrases.find(stems)
        rares = index.held.find(stems)
        for stem, place, rare in zip(stems, places, rares, strict=True):
            if place >= 0:
                rows, _ = index.phrases.at(place)
                scratch[rows] = meant.stems[stem] * float(index.rare[rare]) ** 2
        products += scratch
        scratch[:] = 0
    size = math.sqrt(sum(weight**2 for weight in weights)) or 1.0
    if not len(products):
        return products
    return np.minimum(np.maximum.reduceat(products / (index.lengths * np.float32(size)), index.firsts), 1.0)


def _covered(index: Index, words: Sequence[Meant], weights: Sequence[float]) -> Floats:
    total = np.zeros(len(index.keys), np.float32)
    for meant, weight in zip(words, weights, strict=True):
        best = np.zeros_like(total)
        for stem, place in zip(meant.stems, index.held.find(meant.stems), strict=True):
            if place >= 0:
                rows, held = index.held.at(place)
                best[rows] = np.maximum(best[rows], held * meant.stems[stem])
        total += best * weight
    return total / (sum(weights) or 1.0)
