"""Is life or safety in danger now? Said at once, without network, by patterns an expert can read (``fr.yaml`` …).

Used by the bridges themselves, so that the citizen has the numbers even when Synapse is down, and by the triage bot.
Every language is read whatever the message's language seems to be: people mix them, and detection errs on short cries.
"""

from dataclasses import dataclass

from brigade.interception.judgement import dangers
from brigade.interception.lexicon import Danger, lexicon, lexicons
from brigade.interception.numbers import Number, numbers, numbers_as_links
from brigade.interception.phrases import Trials
from brigade.interception.spelling import sentences
from brigade.texts import LANGUAGES

MAX_REASONS = 5

__all__ = ["Danger", "Interception", "Number", "assess", "numbers", "numbers_as_links", "warm"]


@dataclass(frozen=True, slots=True)
class Interception:
    """What was found: ``reasons`` are for operators, in French, and quote the message; they never go into a log."""

    emergency: bool
    reasons: tuple[str, ...] = ()
    dangers: tuple[Danger, ...] = ()

    @property
    def can_speak(self) -> bool | None:
        """False when the citizen says that they cannot talk; None when nothing is known. For ``numbers``."""
        return False if Danger.SILENT in self.dangers else None


CALM = Interception(emergency=False)


def assess(text: str, language: str | None = None) -> Interception:
    """Judge one message. ``language`` only says which to read first. Never raises; linear in the text's length."""
    first = (language,) if language in LANGUAGES else ()
    order = (*first, *(other for other in LANGUAGES if other not in first))
    spoken = sentences(text)
    trials = Trials()
    found: dict[tuple[Danger, str], None] = {}
    for known in (lexicon(other) for other in order):
        found.update(dict.fromkeys(dangers(spoken, known, trials, correct=known.language == language or not first)))
        if len(found) >= MAX_REASONS:
            break
    if not found:
        return CALM
    reasons = tuple(f"{danger.label} — dit : {words}" for danger, words in found)[:MAX_REASONS]
    return Interception(True, reasons, tuple(dict.fromkeys(danger for danger, _ in found)))


def warm() -> None:
    """Read the data files and compile every pattern now, so that the first citizen does not wait for it."""
    for known in lexicons():
        for _, phrase in known.phrases:
            _ = phrase.regex
