"""Does a message read like those of people in danger? Asked of a small trained model, beside the patterns.

The model also hears what the patterns found, so that it decides: it catches what no pattern says, and lets go what only
sounds like danger. Its weights (`danger.npz`, docs/triage-model-card.md) are made by ``brigade triage train`` from
`bots/triage/examples`.
"""

from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from brigade.interception.features import features, windows, words
from brigade.interception.judgement import respelled
from brigade.interception.lexicon import Danger, Role, Signal, lexicon
from brigade.interception.linear import Model, load
from brigade.interception.phrases import Trials
from brigade.interception.spelling import sentences
from brigade.texts import LANGUAGES

FILE = Path(__file__).with_name("danger.npz")
EMERGENCY = "emergency"
# Probabilities from which it is an emergency, chosen by cross-validation and on the tuning sets.
THRESHOLD = 0.42
SEEN = 0.25  # when a pattern of danger was found: the model lets go only what it is sure of
_MAX_SENTENCES = 20  # whose signs are read


def signs(text: str, language: str, dangers: Iterable[Danger]) -> list[str]:
    """What the patterns of the text's own language (French when it is none of ours) say, for the model."""
    found = dict.fromkeys(f"danger {danger}" for danger in dangers)
    if found:
        found["any danger"] = None
    known = lexicon(language if language in LANGUAGES else LANGUAGES[0])
    trials = Trials()
    for sentence in respelled(sentences(text), known.speller)[:_MAX_SENTENCES]:
        for tag, phrase in known.book.candidates(sentence.split()):
            if isinstance(tag, Role | Signal | Danger) and trials.search(phrase, sentence):
                found[f"signal {tag.weight}" if isinstance(tag, Signal) else f"seen {tag}"] = None
    return list(found)


def probability(text: str, language: str, dangers: Sequence[Danger]) -> tuple[float, str]:
    """That it is an emergency (the worst window of a long text), and, when no pattern says it, the words that do."""
    known, heard = model(), signs(text, language, dangers)
    asked = known.questions[EMERGENCY]
    best, said = 0.0, [""]
    for window in windows(words(text)):
        found = asked.probabilities(known.vector(features(window, language, heard)))["yes"]
        if found > best:
            best, said = found, window
    return best, known.quote(EMERGENCY, "yes", said) if best >= THRESHOLD and not dangers else ""


@cache
def model() -> Model:
    """Read once."""
    return load(FILE)
