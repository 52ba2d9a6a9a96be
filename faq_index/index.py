"""Everything that the search of one language needs, as flat arrays: built once, written down, read back in no time."""

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from faq_index.features import Model
from faq_index.postings import Floats, Ints, Postings
from faq_index.texts import Text


@dataclass(frozen=True)
class Index:
    """``keys``: entry ids, in the order of every row. ``engine``: “field stem” to entry, with the engine's score.

    ``phrases``: stem to wording; ``lengths``: of each wording; ``firsts``: the first wording of each entry.
    ``held``: stem to entry, 1 when its wordings hold the stem, less when only its answer does. ``rare``: how much each
    stem of ``held`` tells. ``words``: every word, for spelling.
    """

    keys: tuple[str, ...]
    words: frozenset[str]
    engine: Postings
    phrases: Postings
    lengths: Floats
    firsts: Ints
    held: Postings
    rare: Floats
    model: Model

    def write(self, path: Path) -> None:
        """Put it down in one file."""
        parts: dict[str, Any] = {
            "keys": np.array(self.keys, np.str_),
            "words": np.array(" ".join(sorted(self.words)), np.str_),
            "lengths": self.lengths,
            "firsts": self.firsts,
            "rare": self.rare,
            "model_rare": self.model.rare,
            "model_bias": self.model.bias,
        }
        tables = {"engine": self.engine, "phrases": self.phrases, "held": self.held, "model": self.model.weights}
        for name, table in tables.items():
            parts |= table.arrays(name)
        np.savez(path, **parts)

    @classmethod
    def read(cls, path: Path) -> "Index":
        """What ``write`` put down. Raises OSError, ValueError or KeyError on anything else."""
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in file.files}
        return cls(
            tuple(arrays["keys"].tolist()),
            frozenset(str(arrays["words"]).split()),
            Postings.read(arrays, "engine"),
            Postings.read(arrays, "phrases"),
            arrays["lengths"],
            arrays["firsts"],
            Postings.read(arrays, "held"),
            arrays["rare"],
            Model(Postings.read(arrays, "model"), arrays["model_rare"], arrays["model_bias"]),
        )


def build(texts: Sequence[Text], engine: Postings, model: Model) -> Index:
    """The index of these texts, with what the engine and the classifier say of them."""
    wordings = [frozenset(wording) for text in texts for wording in text.wordings]
    sizes = [len(text.wordings) for text in texts]
    asked = [frozenset(stem for wording in text.wordings for stem in wording) for text in texts]
    told = _weights(asked)
    held = Postings.of(_table(texts, asked))
    return Index(
        tuple(text.key for text in texts),
        frozenset(word for text in texts for word in text.words),
        engine,
        Postings.of(_transposed(enumerate(wordings))),
        np.array([math.sqrt(sum(told[stem] ** 2 for stem in wording)) or 1.0 for wording in wordings], np.float32),
        np.concatenate([[0], np.cumsum(sizes)[:-1]]).astype(np.int32) if sizes else np.zeros(0, np.int32),
        held,
        _placed(told, held, math.log(1 + len(texts))),
        model,
    )


def _weights(asked: Sequence[frozenset[str]]) -> dict[str, float]:
    """How much a stem tells, by the number of entries whose wordings hold it."""
    counts = Counter(stem for stems in asked for stem in stems)
    return {stem: math.log(1 + (len(asked) - n + 0.5) / (n + 0.5)) for stem, n in counts.items()}


def _transposed(rows: Iterable[tuple[int, Iterable[str]]]) -> dict[str, dict[int, float]]:
    table: dict[str, dict[int, float]] = {}
    for row, stems in rows:
        for stem in stems:
            table.setdefault(stem, {})[row] = 1.0
    return table


def _table(texts: Sequence[Text], asked: Sequence[frozenset[str]]) -> dict[str, dict[int, float]]:
    table = _transposed(enumerate(asked))
    for row, text in enumerate(texts):
        for stem in {*text.short, *text.full} - asked[row]:
            table.setdefault(stem, {})[row] = 0.5
    return table


def _placed(values: Mapping[str, float], table: Postings, otherwise: float) -> Floats:
    """``values`` in the order of the table's keys."""
    placed = np.full(len(table.keys), otherwise, np.float32)
    for place, value in zip(table.find(values), values.values(), strict=True):
        if place >= 0:
            placed[place] = value
    return placed
