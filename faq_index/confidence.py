"""Whether a hit may be suggested: a small logistic model over how the query fits it."""

import math

from faq_index.likeness import Likeness


def confidence(like: Likeness, lead: float, words: int) -> float:
    """The chance, 0 to 1, that the entry answers."""
    z = 8.0 * like.phrase + 4.0 * like.covered + 2.0 * lead - 6.4
    return 1 / (1 + math.exp(-z))
