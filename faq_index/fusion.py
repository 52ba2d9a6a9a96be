"""The signals made one score, and the score made a decision: two small linear models, learned by ``faq_index.tuning``.

Their weights are in ``weights.json``, learned on the ``tune`` queries and on nothing else.
"""

import math
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

import numpy as np
from pydantic import ConfigDict, TypeAdapter
from pydantic.dataclasses import dataclass

from faq_index.postings import Floats
from faq_index.signals import Signals

WEIGHTS = Path(__file__).parent / "weights.json"
SURE = 0.5

_COMPARED = 30  # entries among which the best one is weighed


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Weights:
    """``fusion``: signal to weight. ``confidence``: what ``clues`` names to weight, and ``1`` to the constant."""

    fusion: Mapping[str, float]
    confidence: Mapping[str, float]


@lru_cache
def weights(path: Path = WEIGHTS) -> Weights:
    """The weights that were learned."""
    return TypeAdapter(Weights).validate_json(path.read_bytes())


def columns(found: Signals) -> dict[str, Floats]:
    """What is added up, by name, a number an entry."""
    return {
        "engine": found.engine,
        "covered": found.covered,
        "learned": found.learned + 1.0,
        "phrase_covered": found.phrase * found.covered,
    }


def scores(found: Signals, given: Weights) -> Floats:
    """One score an entry, higher is better; a difference of 1 makes an entry e times likelier."""
    total = np.zeros_like(found.engine)
    for name, column in columns(found).items():
        total += np.float32(given.fusion.get(name, 0.0)) * column
    return total


def clues(found: Signals, score: Floats, row: int) -> dict[str, float]:
    """What speaks for or against suggesting the entry ``row``."""
    best = np.sort(score)[::-1][:_COMPARED]
    others = float(best[1]) if len(best) > 1 else 0.0
    share = float(np.exp(score[row] - best[0]) / np.exp(best - best[0]).sum())
    return {
        "1": 1.0,
        "score": float(score[row]),
        "share": share,
        "lead": min(float(score[row]) - (others if score[row] >= best[0] else float(best[0])), 4.0),
        "phrase": float(found.phrase[row]),
        "covered": float(found.covered[row]),
        "learned": float(found.learned[row]) + 1.0,
        "unknown": found.unknown,
        "alone": float(found.words == 1),
    }


def confidence(given: Weights, told: Mapping[str, float]) -> float:
    """The chance, 0 to 1, that the entry answers."""
    z = sum(weight * told[name] for name, weight in given.confidence.items())
    return 1 / (1 + math.exp(-max(min(z, 50.0), -50.0)))
