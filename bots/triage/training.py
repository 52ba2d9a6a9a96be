"""Training, reproducible: the same examples give the same models. The only module that needs scikit-learn."""

import random
import warnings
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier

from bots.triage import learned
from bots.triage.examples import Example, examples, fingerprint
from bots.triage.signs import findings
from brigade import interception
from brigade.interception import likeness
from brigade.interception.features import BUCKETS, Features, features, words
from brigade.interception.linear import Linear
from brigade.interception.model import Model, save
from brigade.interception.network import Network
from brigade.interception.table import COARSE, Table
from brigade.interception.vector import Floats, vector
from brigade.language import detect
from brigade.vocabulary import Urgency

SEED = 17
_LETTERS = "aeinorstul"
_SLIPS = 18  # one typing error every so many letters
STRENGTH = {learned.URGENT: 10.0, learned.INTENT: 8.0}
FORGOTTEN = 0.3  # of the features of a message, each time it is read: no word may decide alone
SEEN_OFTEN = 5  # examples that a feature must stand in to be learned


@dataclass(frozen=True, slots=True)
class Vote:
    """Networks that vote: how many, of how many units, how often they read the examples, how many at a time, how fast
    they learn. Chosen on examples of writers left out: voters help more than units or layers.
    """

    voters: int
    units: int
    rounds: int
    batch: int
    pace: float


DANGER = Vote(8, 8, 2, 256, 3e-3)
THEMES = Vote(3, 16, 4, 512, 8e-3)


@dataclass(frozen=True, slots=True)
class Prepared:
    """One example as the models see it: the danger model hears the patterns, too."""

    example: Example
    danger: Features
    rest: Features


def train(
    known: Sequence[Example] | None = None, step: Callable[[str], None] = lambda name: None
) -> tuple[Model, Model]:
    """The danger model of the bridges and triage's own; ``step`` is told what begins."""
    step("examples")
    prepared = prepare(known if known is not None else examples())
    return fit(prepared, step)


def write(step: Callable[[str], None] = lambda name: None) -> tuple[Path, Path]:
    """Train on everything and write both files."""
    danger, rest = train(step=step)
    save(likeness.FILE, danger)
    save(learned.FILE, rest)
    return likeness.FILE, learned.FILE


def prepare(known: Iterable[Example]) -> list[Prepared]:
    """Read as at run time; each example is followed by a copy with typing errors."""
    chance = random.Random(SEED)  # noqa: S311 - nothing secret
    every = [one for first in known for one in (first, replace(first, text=slip(first.text, chance)))]
    with ProcessPoolExecutor() as cores:
        return list(cores.map(_prepared, every, chunksize=500))


def _prepared(one: Example) -> Prepared:
    language = detect(one.text, default=one.language)
    said = words(one.text)
    heard = likeness.signs(one.text, language, [danger for danger, _ in interception.patterns(one.text, one.language)])
    seen = findings([one.text], language).signs()
    return Prepared(one, features(said, language, heard), features(said, language, seen))


def slip(text: str, chance: random.Random) -> str:
    """``text`` with a few typing errors."""
    letters = list(text)
    for _ in range(max(1, len(letters) // _SLIPS)):
        at = chance.randrange(len(letters))
        if not letters[at].isalpha():
            continue
        match chance.randrange(4):
            case 0:
                letters[at] = ""
            case 1:
                letters[at] *= 2
            case 2 if at + 1 < len(letters):
                letters[at], letters[at + 1] = letters[at + 1], letters[at]
            case _:
                letters[at] = chance.choice(_LETTERS)
    return "".join(letters)


def fit(prepared: Sequence[Prepared], step: Callable[[str], None] = lambda name: None) -> tuple[Model, Model]:
    """Both models of what was prepared."""
    made_of = fingerprint()
    known = [one.example for one in prepared]
    rarity, danger = _matrix([one.danger for one in prepared])
    idf, rest = _matrix([one.rest for one in prepared])
    urgent = [one.urgencies[0] is not Urgency.NORMAL for one in known]
    step(likeness.EMERGENCY)
    # Each voter also learns what is urgent, which teaches its units, and is not asked for it.
    both = np.array([(Urgency.EMERGENCY in one.urgencies, soon) for one, soon in zip(known, urgent, strict=True)])
    first = {likeness.EMERGENCY: _network(danger, both.astype(int), DANGER, ("no", "yes"))}
    step(learned.URGENT)
    second: dict[str, Linear | Network] = {
        learned.URGENT: _sum(rest, urgent, learned.URGENT, solver="liblinear", dual=True)
    }
    step(learned.THEME)
    plain, themes = rest[::2], np.array([str(one.themes[0]) for one in known[::2]])
    second[learned.THEME] = _network(plain, themes, THEMES, tuple(sorted(set(themes.tolist()))))
    step(learned.INTENT)
    second[learned.INTENT] = _sum(plain, [str(one.intent) for one in known[::2]], learned.INTENT, max_iter=60)
    return Model(made_of, rarity, first), Model(made_of, idf, second)


def _matrix(found: Sequence[Features]) -> tuple[Floats, csr_matrix]:
    """How rare each feature is, and one row for each example."""
    seen = np.zeros(BUCKETS)
    for one in found:
        seen[list({*one.words, *one.concepts})] += 1
    idf: Floats = (np.log((1 + len(found)) / (1 + seen)) + 1).astype(np.float16).astype(np.float32)
    rows = [vector(one, idf) for one in found]
    ends = np.cumsum([0, *(len(row.where) for row in rows)])
    data = np.concatenate([row.values for row in rows])
    where = np.concatenate([row.where for row in rows])
    return idf, csr_matrix((data, where, ends), shape=(len(rows), BUCKETS), dtype=np.float32)


def _network(matrix: csr_matrix, answers: npt.NDArray[Any], vote: Vote, classes: tuple[str, ...]) -> Network:
    """The voters side by side; of ``answers`` in columns the first is what is asked."""
    often = np.flatnonzero(np.bincount(matrix.indices, minlength=BUCKETS) >= SEEN_OFTEN)
    read = matrix[:, often]
    with ProcessPoolExecutor() as cores:
        voters = list(cores.map(partial(_voter, read, answers, vote), range(SEED, SEED + vote.voters)))
    asked = slice(0, 1 if len(classes) == 2 else None)
    hidden = np.zeros((BUCKETS, vote.voters * vote.units), dtype=np.float32)
    hidden[often] = np.concatenate([one.coefs_[0] for one in voters], axis=1)
    return Network(
        classes,
        Table.of(hidden, COARSE),
        np.concatenate([one.intercepts_[0] for one in voters]).astype(np.float32),
        (np.concatenate([one.coefs_[1][:, asked] for one in voters]) / vote.voters).astype(np.float32),
        (sum(one.intercepts_[1][asked] for one in voters) / vote.voters).astype(np.float32),
    )


def _voter(matrix: csr_matrix, answers: npt.NDArray[Any], vote: Vote, seed: int) -> MLPClassifier:
    chance = np.random.default_rng(seed)
    voter = MLPClassifier((vote.units,), learning_rate_init=vote.pace, random_state=seed)
    classes = np.unique(answers) if answers.ndim == 1 else np.arange(answers.shape[1])
    for _ in range(vote.rounds):
        order = chance.permutation(len(answers))
        for batch in (order[start : start + vote.batch] for start in range(0, len(order), vote.batch)):
            some = matrix[batch]
            some.data *= (chance.random(len(some.data)) >= FORGOTTEN) / np.float32(1 - FORGOTTEN)
            voter.partial_fit(some, answers[batch], classes=classes)
    return voter


def _sum(matrix: csr_matrix, answers: Sequence[str] | Sequence[bool], question: str, **how: Any) -> Linear:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # stopped early: what follows changes nothing that counts
        fitted = LogisticRegression(
            C=STRENGTH[question], tol=1e-3, class_weight="balanced", random_state=SEED, **how
        ).fit(matrix, np.array(answers))
    classes = ("no", "yes") if len(fitted.classes_) == 2 else tuple(str(one) for one in fitted.classes_)
    return Linear(classes, Table.of(fitted.coef_.T.astype(np.float32)), fitted.intercept_.astype(np.float32))
