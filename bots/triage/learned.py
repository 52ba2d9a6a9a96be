"""The trained model's answers for a conversation (`model.npz`, made by ``brigade triage train``)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from bots.triage.vocabulary import Intent, Theme
from brigade.interception.features import features, words
from brigade.interception.model import Model, load
from brigade.interception.vector import Vector

FILE = Path(__file__).with_name("model.npz")
URGENT, THEME, INTENT = "urgent", "theme", "intent"  # the questions it was trained on
MAX_WORDS = 300  # of what was said last


@dataclass(frozen=True, slots=True)
class Opinion:
    """``urgent``: that it is priority or more; ``themes``, ``intents``: probabilities; ``words``, ``seen``: as read."""

    urgent: float
    themes: dict[Theme, float]
    intents: dict[Intent, float]
    words: list[str]
    seen: Vector

    def quote(self, question: str, wanted: str) -> str:
        """The words that speak most for an answer."""
        return model().quote(question, wanted, self.words, self.seen)


def opinion(texts: Sequence[str], language: str, signs: Iterable[str]) -> Opinion:
    """Of what was said, oldest first; ``signs`` are what expressions found."""
    said = [word for text in texts for word in words(text)][-MAX_WORDS:]
    known = model()
    vector = known.vector(features(said, language, signs))
    answers = {name: question.probabilities(vector) for name, question in known.questions.items()}
    return Opinion(
        answers[URGENT]["yes"],
        {Theme(name): share for name, share in answers[THEME].items()},
        {Intent(name): share for name, share in answers[INTENT].items()},
        said,
        vector,
    )


@cache
def model() -> Model:
    """Read once."""
    return load(FILE)
