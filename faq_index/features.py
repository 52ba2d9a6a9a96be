"""What the learned signal sees of a text: stems, pairs of words, groups of synonyms, and pieces of words.

The pairs keep small words (“what is”, “without papers”), which no other signal reads. The pieces (2 to 4 letters) are
what survives a spelling mistake, an ending or a compound word.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from faq_index.postings import Floats, Postings
from faq_index.words import Language

_PIECES = (2, 3, 4)


@dataclass(frozen=True)
class Features:
    """How often each feature stands in a text, words and pieces apart, so that each kind weighs as much."""

    words: Mapping[str, float]
    pieces: Mapping[str, float]


def features(language: Language, stems: Sequence[Mapping[str, float]], spelled: Sequence[str]) -> Features:
    """``stems``: for each word that counts, the stems it may stand for; ``spelled``: every word as it is written."""
    words: Counter[str] = Counter()
    best = [max(each, key=lambda stem: (each[stem], stem)) for each in stems if each]
    for stem in best:
        words[stem] += 1
        words.update(f"~{group}" for group in language.groups.get(stem, ()))
    words.update(f"{one} {two}" for one, two in pairwise(best))
    words.update(f"+{one} {two}" for one, two in pairwise(spelled))
    return Features(words, Counter(piece for word in spelled for piece in _pieces(f" {word} ")))


def _pieces(word: str) -> Iterable[str]:
    for size in _PIECES:
        for at in range(max(len(word) - size, 0) + 1):
            yield f"/{word[at : at + size]}"


def rarity(texts: Sequence[Features]) -> dict[str, float]:
    """How much each feature tells: the fewer texts hold it, the more."""
    counts = Counter(key for text in texts for key in (*text.words, *text.pieces))
    return {key: math.log((1 + len(texts)) / (1 + count)) + 1 for key, count in counts.items()}


def vector(text: Features, rare: Mapping[str, float]) -> dict[str, float]:
    """The text as numbers: words of length one, pieces of length one, features that ``rare`` does not know left out."""
    return {**_unit(text.words, rare), **_unit(text.pieces, rare)}


def _unit(counts: Mapping[str, float], rare: Mapping[str, float]) -> dict[str, float]:
    raw = {key: (1 + math.log(count)) * rare[key] for key, count in counts.items() if key in rare}
    size = math.sqrt(sum(value**2 for value in raw.values())) or 1.0
    return {key: value / size for key, value in raw.items()}


@dataclass(frozen=True)
class Model:
    """A linear classifier over features, kept sparse. ``weights``: feature to entry; ``rare``: rarity by its place."""

    weights: Postings
    rare: Floats
    bias: Floats

    def scores(self, text: Features) -> Floats:
        """How far the text lies on each entry's side of its border; about -1 for what has nothing to do with it."""
        total = self.bias.copy()
        for counts in (text.words, text.pieces):
            places = self.weights.find(counts)
            known = [(place, count) for place, count in zip(places, counts.values(), strict=True) if place >= 0]
            raw = [(1 + math.log(count)) * float(self.rare[place]) for place, count in known]
            size = math.sqrt(sum(value**2 for value in raw)) or 1.0
            for (place, _), value in zip(known, raw, strict=True):
                self.weights.add(total, place, value / size)
        return total


def empty(entries: int) -> Model:
    """The model that knows nothing: every entry equally far."""
    return Model(Postings.of({}), np.zeros(0, np.float32), np.full(entries, -1.0, np.float32))
