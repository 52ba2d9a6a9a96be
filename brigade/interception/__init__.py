"""Is life or safety in danger now? Said at once, without network: patterns an expert can read (``fr.yaml`` …), and a
small trained model that hears them and the rest of the message.

Used by the bridges themselves, so that the citizen has the numbers even when Synapse is down, and by the triage bot.
Every language is read whatever the message's language seems to be: people mix them, and detection errs on short cries.
"""

from dataclasses import dataclass

from brigade.interception import likeness
from brigade.interception.concepts import concepts
from brigade.interception.judgement import dangers
from brigade.interception.lexicon import Danger, lexicon, lexicons
from brigade.interception.numbers import Number, numbers, numbers_as_links
from brigade.interception.phrases import Trials
from brigade.interception.spelling import sentences
from brigade.language import detect
from brigade.texts import LANGUAGES

MAX_REASONS = 5

__all__ = ["Danger", "Interception", "Number", "assess", "numbers", "numbers_as_links", "patterns", "warm"]


@dataclass(frozen=True, slots=True)
class Interception:
    """What was found: ``reasons`` are for operators, in French, and quote the message; they never go into a log.

    ``probability`` (0 to 1) that it is an emergency, as the model puts it; ``language``: one of ours, to answer in.
    """

    emergency: bool
    reasons: tuple[str, ...] = ()
    dangers: tuple[Danger, ...] = ()
    probability: float = 0.0
    language: str = LANGUAGES[0]

    @property
    def can_speak(self) -> bool | None:
        """False when the citizen says that they cannot talk; None when nothing is known. For ``numbers``."""
        return False if Danger.SILENT in self.dangers else None


CALM = Interception(emergency=False)


def assess(text: str, language: str | None = None) -> Interception:
    """Judge one message. ``language``: spoken so far, or the page's. Never raises; linear in the text's length."""
    found = patterns(text, language)
    page = language if language in LANGUAGES else LANGUAGES[0]
    if not any(character.isalnum() for character in text):
        return _judged(found, 1.0, page) if found else CALM
    own = detect(text, default=page)
    probability, said = likeness.probability(text, own, [danger for danger, _ in found])
    if probability < likeness.threshold(text, bool(found)):
        return Interception(False, probability=probability)
    spoken = own if own in LANGUAGES else page
    return _judged(found or {(Danger.LIKENESS, said): None}, probability, spoken)


def _judged(found: dict[tuple[Danger, str], None], probability: float, language: str) -> Interception:
    reasons = [f"{danger.label} — dit : {words}" if words else danger.label for danger, words in found]
    dangers = tuple(dict.fromkeys(danger for danger, _ in found))
    return Interception(True, tuple(reasons[:MAX_REASONS]), dangers, probability, language)


def patterns(text: str, language: str | None = None) -> dict[tuple[Danger, str], None]:
    """Each danger that the patterns see, with the words that say it."""
    first = (language,) if language in LANGUAGES else ()
    order = (*first, *(other for other in LANGUAGES if other not in first))
    spoken = sentences(text)
    trials = Trials()
    found: dict[tuple[Danger, str], None] = {}
    for known in (lexicon(other) for other in order):
        found.update(dict.fromkeys(dangers(spoken, known, trials, correct=known.language == language or not first)))
        if len(found) >= MAX_REASONS:
            break
    return found


def warm() -> None:
    """Read the data files and compile every pattern now, so that the first citizen does not wait for it."""
    likeness.model()
    for known in lexicons():
        concepts(known.language)
        for _, phrase in known.phrases:
            _ = phrase.regex
    assess("bonjour")
