"""A trained model, read from a file of plain numbers: nothing in it can be executed, unlike a pickle.

``*.npz``: ``idf`` (how rare each feature is) and, for each question ``q``, the arrays ``q.…`` of a ``Linear`` or a
``Network``; ``hash`` names what it was trained on. NumPy only: scikit-learn is needed for training alone.
"""

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from brigade.interception.features import Features, bucket, named
from brigade.interception.linear import Linear
from brigade.interception.network import Network
from brigade.interception.vector import Floats, Vector, vector

RARE = 4.5  # rarity from which a word tells an operator something: in fewer than 3 % of all examples


@dataclass(frozen=True)
class Model:
    """All questions of one file."""

    hash: str
    idf: Floats
    questions: Mapping[str, Linear | Network]

    def vector(self, found: Features) -> Vector:
        """Words and concepts weigh by their rarity."""
        return vector(found, self.idf)

    def quote(self, question: str, wanted: str, words: list[str], seen: Vector, most: int = 4) -> str:
        """The words that speak most for ``wanted`` in the text ``seen``, in its order; "the" and "and" say nothing."""
        features = [(bucket(feature), said) for feature, said in named(words)]
        where = np.array([at for at, _ in features], dtype=np.int64)
        worth = dict.fromkeys(words, 0.0)
        counts = self.questions[question].worth(wanted, where, seen) * self.idf[where]
        for (_, said), count in zip(features, counts, strict=True):
            parts = [part for part in said.split() if part in worth]
            for part in parts:
                worth[part] += float(count) / len(parts)
        speaking = [word for word in worth if worth[word] > 0 and word.isalnum()]
        telling = [word for word in speaking if self.idf[bucket("w " + word)] >= RARE]
        best = sorted(telling or speaking, key=lambda word: -worth[word])
        return " … ".join(word for word in worth if word in best[:most])


def load(path: Path) -> Model:
    """Read a model. Raises OSError, KeyError or ValueError when the file is missing or is not one."""
    found: defaultdict[str, dict[str, npt.NDArray[Any]]] = defaultdict(dict)
    with np.load(path, allow_pickle=False) as file:
        for question, name in (key.split(".") for key in file.files if "." in key):
            found[question][name] = file[f"{question}.{name}"]
        questions = {
            question: Network.of(arrays) if "hidden" in arrays else Linear.of(arrays)
            for question, arrays in found.items()
        }
        return Model(str(file["hash"]), file["idf"].astype(np.float32), questions)


def save(path: Path, model: Model) -> None:
    """Write a model, compressed."""
    arrays: dict[str, Any] = {"hash": np.array(model.hash), "idf": model.idf.astype(np.float16)}
    for question, answering in model.questions.items():
        arrays |= {f"{question}.{name}": array for name, array in answering.arrays().items()}
    np.savez_compressed(path, **arrays)
