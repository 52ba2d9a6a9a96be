"""A sparse table in flat arrays: for each key the rows that hold it and with what weight. What every signal is made of.

Keys are kept as 32-bit sums, not as text: small, quick to find, and a file of plain numbers.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
Ints = NDArray[np.int32]


def summed(keys: Iterable[str]) -> NDArray[np.uint32]:
    """The sums of some keys."""
    return np.fromiter((crc32(key.encode()) for key in keys), np.uint32)


@dataclass(frozen=True)
class Postings:
    """``keys`` sorted; the postings of key ``i`` are ``starts[i]:starts[i + 1]`` of ``rows`` and ``weights``.

    A row stands at most once under a key. Rows take two bytes as long as they fit, weights always do: three digits are
    more than a ranking needs, and the five languages weigh half as much.
    """

    keys: NDArray[np.uint32]
    starts: Ints
    rows: NDArray[np.uint16] | NDArray[np.uint32]
    weights: NDArray[np.float16]

    @classmethod
    def of(cls, table: Mapping[str, Mapping[int, float]]) -> "Postings":
        """``table``: key to row to weight."""
        sums = {crc32(key.encode()): rows for key, rows in table.items()}
        keys = sorted(sums)
        sizes = [len(sums[key]) for key in keys]
        rows = np.fromiter((row for key in keys for row in sums[key]), np.int32, sum(sizes))
        weights = np.fromiter((weight for key in keys for weight in sums[key].values()), np.float32, sum(sizes))
        starts = np.concatenate([[0], np.cumsum(sizes)]).astype(np.int32)
        return cls.packed(np.array(keys, np.uint32), starts, rows, weights)

    @classmethod
    def packed(cls, keys: NDArray[np.uint32], starts: Ints, rows: Ints, weights: Floats) -> "Postings":
        """The table in as few bytes as it needs."""
        small = rows.astype(np.uint16) if rows.max(initial=0) < 2**16 else rows.astype(np.uint32)
        return cls(keys, starts, small, weights.astype(np.float16))

    def find(self, keys: Iterable[str]) -> list[int]:
        """The places of the keys, -1 for an unknown one."""
        return self.places(summed(keys))

    def places(self, sums: NDArray[np.uint32]) -> list[int]:
        """The places of keys given as sums, -1 for an unknown one."""
        if not len(self.keys):
            return [-1] * len(sums)
        at = np.minimum(np.searchsorted(self.keys, sums), len(self.keys) - 1)
        found: list[int] = np.where(self.keys[at] == sums, at, -1).tolist()
        return found

    def at(self, place: int) -> tuple[NDArray[np.uint16] | NDArray[np.uint32], Floats]:
        """Rows and weights of the key at ``place``."""
        part = slice(self.starts[place], self.starts[place + 1])
        return self.rows[part], self.weights[part].astype(np.float32)

    def add(self, total: Floats, place: int, factor: float) -> None:
        """Add ``factor`` times the weights at ``place`` to the rows of ``total``."""
        rows, weights = self.at(place)
        total[rows] += factor * weights

    def arrays(self, name: str) -> dict[str, NDArray[np.generic]]:
        """Its arrays, to be written down under ``name``."""
        return {
            f"{name}.keys": self.keys,
            f"{name}.starts": self.starts,
            f"{name}.rows": self.rows,
            f"{name}.weights": self.weights,
        }

    @classmethod
    def read(cls, arrays: Mapping[str, NDArray[np.generic]], name: str) -> "Postings":
        """What ``arrays`` wrote down."""
        rows = arrays[f"{name}.rows"]
        return cls(
            arrays[f"{name}.keys"].astype(np.uint32, copy=False),
            arrays[f"{name}.starts"].astype(np.int32, copy=False),
            rows.astype(np.uint16, copy=False) if rows.dtype == np.uint16 else rows.astype(np.uint32, copy=False),
            arrays[f"{name}.weights"].astype(np.float16, copy=False),
        )
