"""Does a message read like those of people in danger? Asked of a small trained model, beside the patterns.

The model hears what the patterns found, so that it decides: it catches what no pattern says, and lets go what only
sounds like danger. Its weights (`danger.npz`,
docs/triage-model-card.md) are made by ``brigade triage train`` from `bots/triage/examples`.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from brigade.interception.features import features, windows, words
from brigade.interception.judgement import respelled, roles_of
from brigade.interception.lexicon import Danger, lexicon
from brigade.interception.model import Model, load
from brigade.interception.phrases import Trials
from brigade.interception.spelling import sentences
from brigade.texts import LANGUAGES

FILE = Path(__file__).with_name("danger.npz")
EMERGENCY = "emergency"
# Probabilities from which it is an emergency, chosen on tests/corpora/seen: as low as the 6 % of false alarms that are
# promised allow with some margin.
THRESHOLD = 0.15
# So many words are too little to go by unless a pattern was found: "Oui" and "Deux minutes" answer a question.
FEW = ((2, 0.97), (4, 0.7))
MANY, THRESHOLD_OF_MANY = 30, 0.08  # words: what matters is one clause among others
_MAX_SENTENCES = 20  # whose signs are read


def signs(text: str, language: str, dangers: Iterable[Danger]) -> list[str]:
    """What the patterns say, for the model: the dangers, and whether a sentence tells, supposes, invents, says that it
    is now or uses a figure of speech, in the text's own language (French when it is none of ours).
    """
    found = [f"danger {danger}" for danger in dangers]
    known = lexicon(language if language in LANGUAGES else LANGUAGES[0])
    trials = Trials()
    for sentence in respelled(sentences(text), known.speller)[:_MAX_SENTENCES]:
        found += (f"role {role}" for role in roles_of(sentence, known, trials, figures=True))
    return [*dict.fromkeys(found), *(["any danger"] if dangers else [])]


def probability(text: str, language: str, dangers: Sequence[Danger]) -> tuple[float, str]:
    """That it is an emergency (the worst window of a long text), and the words that say so, when it is likely."""
    known, heard = model(), signs(text, language, dangers)
    asked = known.questions[EMERGENCY]
    read = [(window, known.vector(features(window, language, heard))) for window in windows(words(text))]
    best, (said, seen) = max(((asked.probabilities(one[1])["yes"], one) for one in read), key=lambda one: one[0])
    return best, known.quote(EMERGENCY, "yes", said, seen) if best >= THRESHOLD_OF_MANY else ""


def threshold(text: str, patterns: bool) -> float:
    """From which probability ``text`` is an emergency; ``patterns``: one of danger was found in it."""
    length = len(text.split())
    if length > MANY:
        return THRESHOLD_OF_MANY
    return next((needed for most, needed in FEW if length <= most and not patterns), THRESHOLD)


@cache
def model() -> Model:
    """Read once."""
    return load(FILE)
