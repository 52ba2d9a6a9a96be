"""Trained weights in little room: whole numbers of one byte and one scale a column."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from brigade.interception.vector import Buckets, Floats, Vector

FINE, COARSE = 127, 31  # the largest number; where many columns vote, COARSE loses nothing and is half the file


@dataclass(frozen=True)
class Table:
    """``values``: buckets by columns; ``scale``: what 1 is worth in each column."""

    values: npt.NDArray[np.int8]
    scale: Floats

    @classmethod
    def of(cls, weights: Floats, largest: int = FINE) -> "Table":
        """``weights`` (buckets by columns), rounded so that each column's largest is ``largest``."""
        most = np.abs(weights).max(axis=0)
        scale = np.where(most > 0, most / largest, 1).astype(np.float32)
        return cls(np.rint(weights / scale).astype(np.int8), scale)

    def times(self, vector: Vector) -> Floats:
        """What a text adds up to in each column."""
        found: Floats = (vector.values @ self.values[vector.where]) * self.scale
        return found

    def along(self, where: Buckets, direction: Floats) -> Floats:
        """What each of the buckets counts when a column counts ``direction``."""
        found: Floats = self.values[where] @ (self.scale * direction)
        return found
