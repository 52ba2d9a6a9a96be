"""Training, reproducible: the same examples give the same models. The only module that needs scikit-learn."""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from scipy.sparse import csr_matrix
from sklearn.linear_model import LogisticRegression

from bots.triage import learned
from bots.triage.examples import Example, examples, fingerprint
from bots.triage.signs import findings
from brigade import interception
from brigade.interception import likeness
from brigade.interception.features import BUCKETS, Features, features, words
from brigade.interception.linear import Floats, Model, Question, save, vector
from brigade.language import detect
from brigade.vocabulary import Urgency

SEED = 17
COPIES = 1  # of each example with typing errors
STRENGTH = {likeness.EMERGENCY: 10.0, learned.URGENT: 10.0, learned.THEME: 10.0, learned.INTENT: 8.0}
_LETTERS = "aeinorstul"
_SLIPS = 18  # one typing error every so many letters


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
    """Read as at run time; each example is followed by its copies."""
    chance = random.Random(SEED)  # noqa: S311 - nothing secret
    copies = [
        one if copy == 0 else replace(one, text=slip(one.text, chance)) for one in known for copy in range(COPIES + 1)
    ]
    return [_prepared(one) for one in copies]


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
    firsts = [one.example for one in prepared]
    idf, danger = _matrix([one.danger for one in prepared])
    _, rest = _matrix([one.rest for one in prepared])
    emergency = [Urgency.EMERGENCY in one.urgencies for one in firsts]
    urgent = [one.urgencies[0] is not Urgency.NORMAL for one in firsts]
    step(likeness.EMERGENCY)
    first = {likeness.EMERGENCY: _binary(danger, emergency, likeness.EMERGENCY)}
    step(learned.URGENT)
    second = {learned.URGENT: _binary(rest, urgent, learned.URGENT)}
    step(learned.THEME)
    plain = rest[:: COPIES + 1]
    second[learned.THEME] = _many(plain, [str(one.themes[0]) for one in firsts[:: COPIES + 1]], learned.THEME)
    step(learned.INTENT)
    second[learned.INTENT] = _many(plain, [str(one.intent) for one in firsts[:: COPIES + 1]], learned.INTENT)
    return Model(made_of, idf, first), Model(made_of, idf, second)


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


def _binary(matrix: csr_matrix, answers: Sequence[bool], question: str) -> Question:
    fitted = LogisticRegression(
        C=STRENGTH[question], solver="liblinear", dual=True, tol=1e-3, class_weight="balanced", random_state=SEED,
        max_iter=1000,
    ).fit(matrix, np.array(answers))  # fmt: skip
    return Question(("no", "yes"), fitted.coef_.astype(np.float32), fitted.intercept_.astype(np.float32))


def _many(matrix: csr_matrix, answers: Sequence[str], question: str) -> Question:
    fitted = LogisticRegression(C=STRENGTH[question], tol=1e-3, class_weight="balanced", max_iter=60).fit(
        matrix, answers
    )
    classes = tuple(str(one) for one in fitted.classes_)
    return Question(classes, fitted.coef_.astype(np.float32), fitted.intercept_.astype(np.float32))
