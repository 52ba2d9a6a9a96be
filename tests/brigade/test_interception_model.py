"""How the trained models count: what they quote as a reason is what they added up."""

import numpy as np
import pytest

from brigade.interception import likeness
from brigade.interception.features import BUCKETS, features, words
from brigade.interception.linear import Linear
from brigade.interception.network import Network
from brigade.interception.table import Table
from brigade.interception.vector import Vector

CHANCE = np.random.default_rng(3)


def some(*shape: int) -> np.ndarray:
    return CHANCE.normal(size=shape).astype(np.float32)


SEEN = Vector(np.array([3, 8, 11]), some(3))


def test_a_table_rounds_by_less_than_a_hundredth_of_its_largest_weight() -> None:
    weights = some(20, 4)
    table = Table.of(weights)
    assert table.values.dtype == np.int8
    wanted = SEEN.values @ weights[SEEN.where]
    assert np.allclose(table.times(SEEN), wanted, atol=0.01 * np.abs(weights).max() * np.abs(SEEN.values).sum())


def test_a_column_that_nothing_taught_counts_nothing() -> None:
    assert Table.of(np.zeros((20, 2), dtype=np.float32)).times(SEEN).tolist() == [0, 0]


def score(answered: dict[str, float]) -> float:
    return float(np.log(answered["yes"] / answered["no"]))


def test_what_a_network_quotes_adds_up_to_its_answer() -> None:
    asked = Network(("no", "yes"), Table.of(some(20, 6)), some(6), some(6, 1), some(1))
    yes = asked.worth("yes", SEEN.where, SEEN) @ SEEN.values
    heard = np.maximum(asked.hidden.times(SEEN) + asked.hidden_bias, 0) > 0
    rest = float(asked.hidden_bias @ np.where(heard, asked.out[:, 0], 0) + asked.bias[0])
    assert score(asked.probabilities(SEEN)) == pytest.approx(float(yes) + rest, abs=1e-4)
    assert np.allclose(asked.worth("no", SEEN.where, SEEN), -asked.worth("yes", SEEN.where, SEEN))


def test_what_a_sum_quotes_adds_up_to_its_answer() -> None:
    asked = Linear(("no", "yes"), Table.of(some(20, 1)), some(1))
    yes = float(asked.worth("yes", SEEN.where, SEEN) @ SEEN.values) + float(asked.bias[0])
    assert score(asked.probabilities(SEEN)) == pytest.approx(yes, abs=1e-4)


def test_a_model_is_written_and_read_as_it_is() -> None:
    for asked in (
        Network(("no", "yes"), Table.of(some(20, 6)), some(6), some(6, 1), some(1)),
        Linear(("a", "b", "c"), Table.of(some(20, 3)), some(3)),
    ):
        again = type(asked).of(asked.arrays())
        assert again.probabilities(SEEN) == asked.probabilities(SEEN)


def test_the_danger_model_quotes_words_of_the_message() -> None:
    known = likeness.model()
    said = words("bonsoir, il force la porte de la cave avec un pied de biche")
    seen = known.vector(features(said, "fr"))
    assert max(seen.where) < BUCKETS
    quoted = known.quote(likeness.EMERGENCY, "yes", said, seen).split(" … ")
    assert quoted and set(quoted) <= set(said)
