"""A trained linear model, read from a file of plain numbers: nothing in it can be executed, unlike a pickle.

``*.npz``: ``idf`` (how rare each feature is) and, for each question ``q``, ``q.weights`` (classes by buckets),
``q.bias``, ``q.classes``; ``hash`` names what it was trained on. NumPy only: scikit-learn is needed for training alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from brigade.interception.features import Features, bucket, named

Floats = npt.NDArray[np.float32]
SIGN = 1.0  # what a sign of the patterns counts, where all the words of a text together count 1
CONCEPTS = 1.3  # and all its concepts this
RARE = 4.5  # rarity from which a word tells an operator something: in fewer than 3 % of all examples


@dataclass(frozen=True, slots=True)
class Vector:
    """A text as the model sees it: which buckets, how much of each."""

    where: npt.NDArray[np.int64]
    values: Floats


@dataclass(frozen=True)
class Question:
    """One thing the model was trained to tell; ``weights``: classes by buckets (one row when there are two classes)."""

    classes: tuple[str, ...]
    weights: Floats
    bias: Floats

    def probabilities(self, vector: Vector) -> dict[str, float]:
        """Of each class, summing to one."""
        scores = self.weights[:, vector.where] @ vector.values + self.bias
        if len(scores) == 1:
            yes = float(1 / (1 + np.exp(-scores[0])))
            return dict(zip(self.classes, (1 - yes, yes), strict=True))
        shares = np.exp(scores - scores.max())
        return dict(zip(self.classes, (float(share) for share in shares / shares.sum()), strict=True))


@dataclass(frozen=True)
class Model:
    """All questions of one file."""

    hash: str
    idf: Floats
    questions: Mapping[str, Question]

    def vector(self, found: Features) -> Vector:
        """Words and concepts weigh by their rarity."""
        return vector(found, self.idf)

    def quote(self, question: str, wanted: str, words: list[str], most: int = 4) -> str:
        """The words of the text that speak most for ``wanted``, in the text's order; "the" and "and" say nothing."""
        asked = self.questions[question]
        single = len(asked.weights) == 1
        row = 0 if single else asked.classes.index(wanted)
        sign = -1.0 if single and wanted == asked.classes[0] else 1.0
        worth = dict.fromkeys(words, 0.0)
        for feature, said in named(words):
            at = bucket(feature)
            parts = [part for part in said.split() if part in worth]
            for part in parts:
                worth[part] += sign * float(asked.weights[row, at] * self.idf[at]) / len(parts)
        speaking = [word for word in worth if worth[word] > 0 and word.isalnum()]
        telling = [word for word in speaking if self.idf[bucket("w " + word)] >= RARE]
        best = sorted(telling or speaking, key=lambda word: -worth[word])
        return " … ".join(word for word in worth if word in best[:most])


def vector(found: Features, idf: Floats) -> Vector:
    """What ``found`` is worth with the rarities ``idf``."""
    marks = np.full(len(found.signs), SIGN, dtype=np.float32)
    values = np.concatenate([_unit(idf, found.words), CONCEPTS * _unit(idf, found.concepts), marks])
    where = np.array([*found.words, *found.concepts, *found.signs], dtype=np.int64)
    return Vector(where, values)


def _unit(idf: Floats, where: tuple[int, ...]) -> Floats:
    values: Floats = idf[np.array(where, dtype=np.int64)]
    length = float(np.sqrt((values**2).sum()))
    return values / np.float32(length or 1.0)


def load(path: Path) -> Model:
    """Read a model. Raises OSError or ValueError when the file is missing or is not one."""
    with np.load(path, allow_pickle=False) as file:
        names = [key.removesuffix(".classes") for key in file.files if key.endswith(".classes")]
        questions = {
            name: Question(
                tuple(str(one) for one in file[f"{name}.classes"]),
                file[f"{name}.weights"].astype(np.float32),
                file[f"{name}.bias"].astype(np.float32),
            )
            for name in names
        }
        return Model(str(file["hash"]), file["idf"].astype(np.float32), questions)


def save(path: Path, model: Model) -> None:
    """Write a model: half precision, compressed."""
    arrays: dict[str, npt.NDArray[np.generic]] = {"hash": np.array(model.hash), "idf": model.idf.astype(np.float16)}
    for name, question in model.questions.items():
        arrays[f"{name}.weights"] = question.weights.astype(np.float16)
        arrays[f"{name}.bias"] = question.bias
        arrays[f"{name}.classes"] = np.array(question.classes)
    np.savez_compressed(path, **arrays)  # type: ignore[arg-type]
