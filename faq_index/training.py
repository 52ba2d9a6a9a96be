"""Trains the learned signal in a process of its own, so that scikit-learn stays out of those that only search.

    python -m faq_index.training TEXTS.npz MODEL.npz

TEXTS: ``columns``, ``values``, ``starts`` (texts as rows of a sparse matrix), ``labels`` (the entry of each text).
MODEL: ``columns``, ``rows``, ``weights`` (what is worth keeping of each entry's border), ``bias``.
"""

import sys
import warnings
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from sklearn.svm import LinearSVC

KEPT = 1200  # features an entry; more changes nothing on the queries, fewer does


def train(texts: csr_matrix, labels: NDArray[np.int32]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """(weights, an entry a row; bias). One border an entry, between its wordings and all the others."""
    machine = LinearSVC(C=1.0, dual=True, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a border not yet at its very best place is good enough
        machine.fit(texts, labels)
    weights, bias = machine.coef_.astype(np.float32), machine.intercept_.astype(np.float32)
    if len(machine.classes_) == 2:  # two entries share one border
        return np.vstack([-weights, weights]), np.concatenate([-bias, bias])
    return weights, bias


def main(source: Path, target: Path) -> None:
    """Train on the texts in ``source`` and write the model to ``target``."""
    with np.load(source) as held:
        shape = (len(held["starts"]) - 1, int(held["features"]))
        texts = csr_matrix((held["values"], held["columns"], held["starts"]), shape=shape)
        weights, bias = train(texts, held["labels"])
    if weights.shape[1] > KEPT:
        least = -np.partition(-np.abs(weights), KEPT - 1, axis=1)[:, KEPT - 1 : KEPT]
        weights[np.abs(weights) < least] = 0
    columns, rows = np.nonzero(weights.T)
    values = weights.T[columns, rows]
    np.savez(target, columns=columns.astype(np.int32), rows=rows.astype(np.int32), weights=values, bias=bias)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
