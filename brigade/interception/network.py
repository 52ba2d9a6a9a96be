"""A question answered by small neural networks that vote: one hidden layer of units.

Where a weighted sum only adds, a unit can tell that "knife" with "kitchen drawer" is not "knife" with "landing". It is
heard when it is positive; for one text the units heard are fixed, so that each word's part in the answer can still be
named exactly (``worth``).
"""

from dataclasses import dataclass

import numpy as np

from brigade.interception.linear import Arrays, shares, towards
from brigade.interception.table import Table
from brigade.interception.vector import Buckets, Floats, Vector


@dataclass(frozen=True)
class Network:
    """``hidden``: buckets by units of all the voters; ``out``: units by scores, in the mean of the votes; ``bias``: of
    each score. One score a class, one alone for no or yes.
    """

    classes: tuple[str, ...]
    hidden: Table
    hidden_bias: Floats
    out: Floats
    bias: Floats

    def probabilities(self, vector: Vector) -> dict[str, float]:
        """Of each class, summing to one."""
        return shares(self.classes, np.maximum(self._units(vector), 0) @ self.out + self.bias)

    def worth(self, wanted: str, where: Buckets, vector: Vector) -> Floats:
        """How much each of these buckets of the text ``vector`` speaks for ``wanted``."""
        counts = self.out @ towards(self.classes, wanted)
        return self.hidden.along(where, np.where(self._units(vector) > 0, counts, 0))

    def _units(self, vector: Vector) -> Floats:
        return self.hidden.times(vector) + self.hidden_bias

    def arrays(self) -> Arrays:
        """To be written to a file; ``of`` reads them."""
        return {
            "hidden": self.hidden.values, "scale": self.hidden.scale, "hidden_bias": self.hidden_bias, "out": self.out,
            "bias": self.bias, "classes": np.array(self.classes),
        }  # fmt: skip

    @classmethod
    def of(cls, arrays: Arrays) -> "Network":
        """Raises KeyError when something is missing."""
        classes = tuple(str(one) for one in arrays["classes"])
        hidden = Table(arrays["hidden"], arrays["scale"])
        return cls(classes, hidden, arrays["hidden_bias"], arrays["out"], arrays["bias"])
