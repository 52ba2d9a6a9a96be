"""A text as the trained models see it: which buckets, how much of each."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from brigade.interception.features import Features

Floats = npt.NDArray[np.float32]
Buckets = npt.NDArray[np.int64]
SIGN = 1.0  # what a sign of the patterns counts, where all the words of a text together count 1
CONCEPTS = 1.3  # and all its concepts this


@dataclass(frozen=True, slots=True)
class Vector:
    """``where``: buckets; ``values``: how much of each. A bucket may come twice."""

    where: Buckets
    values: Floats


def vector(found: Features, idf: Floats) -> Vector:
    """What ``found`` is worth with the rarities ``idf``."""
    marks = np.full(len(found.signs), SIGN, dtype=np.float32)
    values = np.concatenate([_unit(idf, found.words), CONCEPTS * _unit(idf, found.concepts), marks])
    where = np.array([*found.words, *found.concepts, *found.signs], dtype=np.int64)
    return Vector(where, values)


def _unit(idf: Floats, where: tuple[int, ...]) -> Floats:
    values: Floats = idf[np.array(where, dtype=np.int64)]
    length = float(np.sqrt((values**2).sum()))
    return values / np.float32(length or 1.0)
