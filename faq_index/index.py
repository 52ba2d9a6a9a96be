"""Everything that the search of one language needs, as flat arrays: built once, written down, read back in no time."""

import math
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from faq_index.features import Model, empty, rarity, vector
from faq_index.postings import Floats, Ints, Postings, summed
from faq_index.texts import Text

LEARNS_UP_TO = 3000  # entries; a border an entry is not drawn between more: its time grows with their square


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
        np.savez(
            path,
            keys=np.array(self.keys, np.str_),
            words=np.array(" ".join(sorted(self.words)), np.str_),
            lengths=self.lengths,
            firsts=self.firsts,
            rare=self.rare,
            model_rare=self.model.rare,
            model_bias=self.model.bias,
            **self.engine.arrays("engine"),
            **self.phrases.arrays("phrases"),
            **self.held.arrays("held"),
            **self.model.weights.arrays("model"),
        )

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


def build(texts: Sequence[Text], engine: Postings, *, learn: bool = True) -> Index:
    """The index of these texts. Without ``learn`` (or with more than LEARNS_UP_TO texts) no classifier is trained."""
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
        _learned(texts) if learn and 1 < len(texts) <= LEARNS_UP_TO else empty(len(texts)),
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


def _learned(texts: Sequence[Text]) -> Model:
    """A classifier trained on every wording, in a process of its own."""
    seen = [each for text in texts for each in text.learned]
    rare = rarity(seen)
    sums = summed(rare)
    order = np.argsort(sums)
    columns = dict(zip(rare, np.argsort(order).tolist(), strict=True))
    labels = [row for row, text in enumerate(texts) for _ in text.learned]
    vectors = [vector(each, rare) for each in seen]
    trained = _trained(
        columns=np.array([columns[key] for each in vectors for key in each], np.int32),
        values=np.array([value for each in vectors for value in each.values()], np.float32),
        starts=np.concatenate([[0], np.cumsum([len(each) for each in vectors])]).astype(np.int32),
        labels=np.array(labels, np.int32),
        features=np.array(len(rare), np.int32),
    )
    starts = np.searchsorted(trained["columns"], np.arange(len(rare) + 1)).astype(np.int32)
    weights = Postings(sums[order], starts, trained["rows"], trained["weights"])
    return Model(weights, np.array(list(rare.values()), np.float32)[order], trained["bias"])


def _trained(**given: NDArray[np.generic]) -> dict[str, NDArray[np.generic]]:
    with tempfile.TemporaryDirectory() as folder:
        source, target = Path(folder) / "texts.npz", Path(folder) / "model.npz"
        np.savez(source, **given)
        command = [sys.executable, "-m", "faq_index.training", str(source), str(target)]
        subprocess.run(command, check=True, capture_output=True)  # noqa: S603  # our own module
        with np.load(target) as file:
            return {name: file[name] for name in file.files}
