"""Whether a hit may be suggested: a small logistic model over how the query fits it.

Its weights were set by hand on the ``tune`` part of ``tests/faq_index/queries.yaml``: no answer beats a wrong one.
"""

import math

from faq_index.likeness import Likeness

SURE = 0.5


def confidence(like: Likeness, lead: float) -> float:
    """The chance, 0 to 1, that the entry answers. ``lead``: its score less the best other one's."""
    z = 8.0 * like.phrase + 4.0 * like.covered + 2.0 * lead - 6.4
    return 1 / (1 + math.exp(-z))
