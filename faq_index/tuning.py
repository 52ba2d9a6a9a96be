"""Learns ``weights.json`` from queries with known answers; for whoever changes the search, not for editors.

    python -m faq_index.tuning tests/faq_index/queries

reads ``tune-<language>.txt`` in that folder, prints what the weights give on queries left out of learning (five folds),
and writes the weights learned on all of them.
"""

import json
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from scipy.optimize import minimize
from sklearn.linear_model import LogisticRegression

from faq_index.content import LANGUAGES
from faq_index.evaluation import Asked, read
from faq_index.finder import Finder
from faq_index.fusion import WEIGHTS, Weights, clues, columns, confidence, scores, weights
from faq_index.search import Faq
from faq_index.signals import Signals, signals

_FOLDS = 5
_CANDIDATES = 40
_STEADY = 0.02  # how much large weights cost
_PRECISION = 0.98  # of what is suggested, on the queries learned from: a little above what is promised
_FOOLED = 0.07  # of the unanswerable queries


@dataclass(frozen=True)
class _Case:
    """A query's signals, and the rows of the entries that answer it."""

    found: Signals
    right: NDArray[np.int32]


def _cases(finder: Finder, queries: Sequence[Asked]) -> list[_Case]:
    rows = {key: row for row, key in enumerate(finder.index.keys)}
    cases = []
    for asked in queries:
        right = np.array([rows[key] for key in asked.expected if key in rows], np.int32)
        if len(right) or not asked.expected:
            cases.append(_Case(signals(finder.index, finder.understanding.read(asked.text)), right))
    return cases


def _fuse(cases: Sequence[_Case], before: Weights) -> dict[str, float]:
    """Weights under which the right entry is likeliest among the best candidates."""
    names = list(columns(cases[0].found))
    tables = []
    for case in cases:
        if len(case.right):
            best = np.argsort(-scores(case.found, before))[:_CANDIDATES]
            rows = np.union1d(best, case.right)
            table = np.stack([column[rows] for column in columns(case.found).values()], axis=1).astype(float)
            tables.append((table, np.isin(rows, case.right)))

    def loss(w: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        total, slope = _STEADY * float(w @ w) * len(tables) / 100, _STEADY * 2 * w * len(tables) / 100
        for table, right in tables:
            z = table @ w
            share = np.exp(z - z.max())
            share /= share.sum()
            good = share * right
            chance = good.sum()
            total -= float(np.log(chance))
            slope = slope + table.T @ (share - good / chance)
        return total, slope

    start = np.array([before.fusion.get(name, 0.0) for name in names])
    found = minimize(loss, start, jac=True, method="L-BFGS-B", bounds=[(0, None)] * len(names))
    return {name: round(float(weight), 4) for name, weight in zip(names, found.x, strict=True)}


def _decide(cases: Sequence[_Case], given: Weights) -> dict[str, float]:
    """Weights of the decision, with a constant that keeps the promises on these cases."""
    told, good = [], []
    for case in cases:
        score = scores(case.found, given)
        row = int(np.argmax(score))
        told.append(clues(case.found, score, row))
        good.append(row in case.right)
    names = [name for name in told[0] if name != "1"]
    table = np.array([[each[name] for name in names] for each in told])
    machine = LogisticRegression(C=1.0, class_weight="balanced", max_iter=5000).fit(table, good)
    slopes, constant = machine.coef_[0], float(machine.intercept_[0])
    z = table @ slopes + constant
    answerable = np.array([bool(len(case.right)) for case in cases])
    least = _threshold(z, np.array(good), answerable)
    found = {name: round(float(slope), 4) for name, slope in zip(names, slopes, strict=True)}
    return {"1": round(constant - least, 4), **found}


def _threshold(z: NDArray[np.float64], good: NDArray[np.bool_], answerable: NDArray[np.bool_]) -> float:
    """The lowest value above which both promises hold."""
    for least in np.sort(z):
        sure = z >= least
        if good[sure].mean() >= _PRECISION and sure[~answerable].mean() <= _FOOLED:
            return float(least)
    return float(z.max())


def learn(cases: Sequence[_Case], before: Weights) -> Weights:
    """Both models, from these cases."""
    fused = Weights(_fuse(cases, before), before.confidence)
    return Weights(fused.fusion, _decide(cases, fused))


def _judge(cases: Sequence[_Case], given: Weights) -> list[tuple[bool, bool, bool]]:
    """For each case: answerable, right first, confident."""
    found = []
    for case in cases:
        score = scores(case.found, given)
        row = int(np.argmax(score))
        sure = confidence(given, clues(case.found, score, row)) >= 0.5
        found.append((bool(len(case.right)), row in case.right, sure))
    return found


def _told(rows: Sequence[tuple[bool, bool, bool]]) -> str:
    answerable = [row for row in rows if row[0]]
    sure = [row for row in rows if row[2]]
    strange = [row for row in rows if not row[0]]
    return (
        f"right first {sum(row[1] for row in answerable) / len(answerable):.1%}, "
        f"confident {sum(row[2] for row in answerable) / len(answerable):.1%}, "
        f"of which right {sum(row[1] for row in sure) / max(len(sure), 1):.1%}, "
        f"fooled {sum(row[2] for row in strange) / max(len(strange), 1):.1%}"
    )


def main(folder: Path, console: Console) -> None:
    """Learn from the queries in ``folder`` and write the weights."""
    faq = Faq.load()
    cases = {code: _cases(faq.finders[code], read(folder / f"tune-{code}.txt", code)) for code in LANGUAGES}
    every = [case for each in cases.values() for case in each]
    order = np.random.default_rng(0).permutation(len(every))
    judged: list[tuple[bool, bool, bool]] = []
    for fold in range(_FOLDS):
        apart = set(order[fold::_FOLDS].tolist())
        given = learn([case for at, case in enumerate(every) if at not in apart], weights())
        judged += _judge([every[at] for at in sorted(apart)], given)
    console.print(f"left out, {len(judged)} queries: {_told(judged)}")
    found = learn(every, weights())
    for code in LANGUAGES:
        console.print(f"{code}, {len(cases[code])} queries: {_told(_judge(cases[code], found))}")
    WEIGHTS.write_text(json.dumps({"fusion": found.fusion, "confidence": found.confidence}, indent=1) + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]), Console())
