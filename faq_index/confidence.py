"""Whether a hit may be suggested: a small logistic model over how the query fits it.

Its weights were set by hand on the ``tune`` part of ``tests/faq_index/queries.yaml``: no answer beats a wrong one.
"""

import math

from faq_index.likeness import Likeness

SURE = 0.5

_ALONE = 0.3  # a single word (“vol”, “plainte”) must point at one entry well ahead of the others


def confidence(like: Likeness, lead: float, words: int) -> float:
    """The chance, 0 to 1, that the entry answers. ``lead``: its score less the best other's. ``words``: how many."""
    if words == 1 and lead < _ALONE:
        return 0.0
    z = 8.0 * like.phrase + 4.0 * like.covered + 2.0 * lead - 6.4
    return 1 / (1 + math.exp(-z))
