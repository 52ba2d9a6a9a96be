"""A question answered by a weighted sum (logistic regression): one column of weights a class, one for no or yes."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from brigade.interception.table import Table
from brigade.interception.vector import Buckets, Floats, Vector

Arrays = Mapping[str, npt.NDArray[Any]]  # of each name its own kind of number


@dataclass(frozen=True)
class Linear:
    """One thing a model was trained to tell."""

    classes: tuple[str, ...]
    weights: Table
    bias: Floats

    def probabilities(self, vector: Vector) -> dict[str, float]:
        """Of each class, summing to one."""
        return shares(self.classes, self.weights.times(vector) + self.bias)

    def worth(self, wanted: str, where: Buckets, _: Vector) -> Floats:
        """How much each of these buckets speaks for ``wanted``."""
        return self.weights.along(where, towards(self.classes, wanted))

    def arrays(self) -> Arrays:
        """To be written to a file; ``of`` reads them."""
        return {
            "weights": self.weights.values, "scale": self.weights.scale, "bias": self.bias,
            "classes": np.array(self.classes),
        }  # fmt: skip

    @classmethod
    def of(cls, arrays: Arrays) -> "Linear":
        """Raises KeyError when something is missing."""
        classes = tuple(str(one) for one in arrays["classes"])
        return cls(classes, Table(arrays["weights"], arrays["scale"]), arrays["bias"])


def shares(classes: tuple[str, ...], scores: Floats) -> dict[str, float]:
    """The probability of each class; one score alone is that of the second class ("yes")."""
    if len(scores) == 1:
        scores = np.array([0, scores[0]], dtype=np.float32)
    found = np.exp(scores - scores.max())
    return dict(zip(classes, (float(share) for share in found / found.sum()), strict=True))


def towards(classes: tuple[str, ...], wanted: str) -> Floats:
    """What a point of each score counts for ``wanted``."""
    if len(classes) == 2:
        return np.array([-1 if wanted == classes[0] else 1], dtype=np.float32)
    return np.array([one == wanted for one in classes], dtype=np.float32)
