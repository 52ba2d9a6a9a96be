"""Trains the learned signal: a border an entry between its wordings and the others. The only place of scikit-learn.

Imported only by ``faq_index.building`` (a process of its own): scikit-learn weighs more than all that a search needs.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.svm import LinearSVC

from faq_index.features import Features, Model, empty, rarity, vector
from faq_index.postings import Floats, Ints, Postings, summed
from faq_index.texts import Text

LEARNS_UP_TO = 3000  # entries; the time of training grows with the square of their number

_KEPT = 1200  # features an entry; more changes nothing on the queries, fewer does
_AGAINST = 800  # texts of other entries, the nearest ones: those further off change no border, and cost time

_Border = tuple[Ints, Floats, float]  # (columns, their weights, bias)


def learned(texts: Sequence[Text]) -> Model:
    """A classifier trained on every wording and short answer; one that knows nothing for one entry or too many."""
    if not 1 < len(texts) <= LEARNS_UP_TO:
        return empty(len(texts))
    seen = [each for text in texts for each in text.learned]
    rare = rarity(seen)
    sums = summed(rare)
    order = np.argsort(sums)
    columns = dict(zip(rare, np.argsort(order).tolist(), strict=True))
    table = _matrix(seen, rare, columns)
    labels = np.array([row for row, text in enumerate(texts) for _ in text.learned], np.int32)
    borders = [_border(table, labels, row) for row in range(len(texts))]
    weights = _postings(borders, sums[order])
    bias = np.array([each for _, _, each in borders], np.float32)
    return Model(weights, np.array(list(rare.values()), np.float32)[order], bias)


def _matrix(seen: Sequence[Features], rare: dict[str, float], columns: dict[str, int]) -> Any:
    """The texts as rows of a sparse matrix, a feature a column."""
    vectors = [vector(each, rare) for each in seen]
    values = np.array([value for each in vectors for value in each.values()])
    places = np.array([columns[key] for each in vectors for key in each], np.int32)
    starts = np.concatenate([[0], np.cumsum([len(each) for each in vectors])])
    return csr_matrix((values, places, starts), shape=(len(vectors), len(rare)))


def _border(table: Any, labels: NDArray[np.int32], row: int) -> _Border:
    """The border of an entry: its _KEPT largest weights."""
    own = np.flatnonzero(labels == row)
    alike = np.asarray(table @ table[own].sum(axis=0).T).ravel()
    alike[own] = -1.0
    most = min(_AGAINST, len(labels) - len(own))
    against = np.sort(np.argpartition(-alike, most - 1)[:most])
    texts = table[np.concatenate([own, against])]
    used = np.zeros(table.shape[1], np.bool_)
    used[texts.indices] = True
    columns = np.flatnonzero(used)  # a sixth of all; the time goes by columns
    narrow = csr_matrix(
        (texts.data, (np.cumsum(used, dtype=np.int32) - 1)[texts.indices], texts.indptr),
        shape=(texts.shape[0], len(columns)),
    )
    machine = LinearSVC(C=1.0, dual=True, random_state=0, tol=0.1, max_iter=10_000)
    machine.fit(narrow, np.repeat([1, 0], [len(own), len(against)]))
    weights = machine.coef_[0]
    kept = np.argpartition(-np.abs(weights), min(_KEPT, len(weights) - 1))[:_KEPT]
    return columns[kept].astype(np.int32), weights[kept].astype(np.float32), float(machine.intercept_[0])


def _postings(borders: Sequence[_Border], keys: NDArray[np.uint32]) -> Postings:
    rows = np.repeat(np.arange(len(borders), dtype=np.int32), [len(columns) for columns, _, _ in borders])
    columns = np.concatenate([columns for columns, _, _ in borders])
    values = np.concatenate([weights for _, weights, _ in borders])
    order = np.argsort(columns, kind="stable")
    starts = np.searchsorted(columns[order], np.arange(len(keys) + 1)).astype(np.int32)
    return Postings.packed(keys, starts, rows[order], values[order])
