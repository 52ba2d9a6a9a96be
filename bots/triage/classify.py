"""What a conversation is about and how soon somebody must look: a pure function of its texts and its page of origin.

A first honest version, by expressions that an expert can read (`fr.yaml` …). Whatever replaces it keeps `Assessment`.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import reduce

from bots.triage.vocabulary import EntryPoint, Intent, Sign, Theme, entry_points, vocabulary
from brigade import interception
from brigade.interception.judgement import is_invented, respelled, roles_of, without_figures
from brigade.interception.lexicon import Danger
from brigade.interception.phrases import Trials
from brigade.interception.spelling import sentences
from brigade.language import detect
from brigade.texts import LANGUAGES
from brigade.vocabulary import Urgency

MAX_TEXTS = 100  # the last ones; urgency found earlier is kept by whoever calls (``worst``)
MAX_REASONS = 6
NEARLY_NOTHING = 0.1  # confidence when no expression was recognised
FROM_DANGER = 2.0  # weight of the theme that a danger suggests, when words say nothing better

SENSITIVE = frozenset({
    Theme.COUPLE_VIOLENCE, Theme.SEXUAL_VIOLENCE, Theme.ONLINE_HARASSMENT, Theme.HATE, Theme.MINOR,
    Theme.RADICALISATION,
})  # fmt: skip
# How to complain is the theme only when nothing says about what; likewise a general question.
_GENERAL = {Theme.COMPLAINT: 0.5, Theme.INFORMATION: 0.5}
_THEME_OF = {
    Danger.CRIME: Theme.THEFT,
    Danger.ATTACKER: Theme.THEFT,
    Danger.VIOLENCE: Theme.TIP,
    Danger.CONFINED: Theme.COUPLE_VIOLENCE,
    Danger.CHILD: Theme.MINOR,
}


@dataclass(frozen=True, slots=True)
class Assessment:
    """``language`` is one of ours or ``other``; ``confidence`` (0 to 1) is the theme's; ``reasons`` quote the citizen,
    for operators' eyes only, in French.
    """

    language: str
    urgency: Urgency
    theme: Theme
    sensitive: bool
    intent: Intent
    confidence: float
    reasons: tuple[str, ...]


@dataclass
class _Findings:
    """What the texts have said so far."""

    themes: defaultdict[Theme, float] = field(default_factory=lambda: defaultdict(float))
    told: dict[Theme, str] = field(default_factory=dict)
    priorities: dict[str, str] = field(default_factory=dict)
    intents: set[Intent] = field(default_factory=set)

    def add(self, sign: Sign, words: str) -> None:
        if sign.theme is not None:
            self.themes[sign.theme] += sign.weight * _GENERAL.get(sign.theme, 1.0)
            self.told.setdefault(sign.theme, words)
        if sign.priority is not None:
            self.priorities.setdefault(sign.priority, words)
        if sign.intent is not None:
            self.intents.add(sign.intent)


def worst(a: Urgency, b: Urgency) -> Urgency:
    """The more urgent of two: a machine never lowers an urgency."""
    return min(a, b, key=lambda urgency: urgency.rank)


def assess(texts: Sequence[str], entry_point: str, language_hint: str | None) -> Assessment:
    """Judge everything the citizen has written so far, oldest first. Never raises, whatever the texts; bounded."""
    texts = texts[-MAX_TEXTS:]
    language = detect("\n".join(reversed(texts)), default=language_hint or "other")
    page = entry_points().get(entry_point, EntryPoint())
    caught = [interception.assess(text, language) for text in texts]
    dangers = [danger for found in caught for danger in found.dangers]
    found = _findings(texts, language)
    for theme, weight in page.themes.items():
        found.themes[theme] += weight
    for theme in {_THEME_OF.get(danger, Theme.TIP) for danger in dangers}:
        found.themes[theme] += FROM_DANGER
    theme, confidence = _choose(found)
    sensitive = (
        theme in SENSITIVE or page.sensitive or Danger.SUICIDE in dangers or "pensées suicidaires" in found.priorities
    )
    reasons = [reason for one in caught for reason in one.reasons] + _reasons(found, theme, entry_point, page)
    urgency = reduce(worst, (page.urgency, _urgency(bool(dangers), bool(found.priorities))))
    return Assessment(
        language, urgency, theme, sensitive, _intent(found), confidence, tuple(dict.fromkeys(reasons))[:MAX_REASONS]
    )


def warm() -> None:
    """Read every data file now, so that the first citizen does not wait for it."""
    interception.warm()
    for language in LANGUAGES:
        vocabulary(language)
    assess(["bonjour"], "", None)


def _urgency(danger: bool, priority: bool) -> Urgency:
    if danger:
        return Urgency.EMERGENCY
    return Urgency.PRIORITY if priority else Urgency.NORMAL


def _findings(texts: Sequence[str], language: str) -> _Findings:
    """In the citizen's language; in all of ours when it is none of them or not known."""
    found = _Findings()
    for one in (language,) if language in LANGUAGES else LANGUAGES:
        for text in texts:
            _read(text, one, found)
    return found


def _read(text: str, language: str, found: _Findings) -> None:
    known = vocabulary(language)
    trials = Trials()
    said = respelled(sentences(text), known.speller)
    invented = is_invented(roles_of(sentence, known.lexicon, trials) for sentence in said[:50])
    for sentence in said:
        words = without_figures(sentence, known.lexicon, trials)
        for sign, phrase in known.book.candidates(words.split()):
            quoted = trials.search(phrase, sentence if sign.priority is None else words)
            if quoted and not (invented and sign.priority):
                found.add(sign, quoted)


def _choose(found: _Findings) -> tuple[Theme, float]:
    """The heaviest theme; its share of all the weight, less while little was said."""
    if not found.themes:
        return Theme.INFORMATION, NEARLY_NOTHING
    theme = max(Theme, key=lambda one: found.themes.get(one, 0.0))
    weight, total = found.themes[theme], sum(found.themes.values())
    return theme, round(weight / (total + 1.0), 2)


def _intent(found: _Findings) -> Intent:
    return next((intent for intent in Intent if intent in found.intents), Intent.QUESTION)


def _reasons(found: _Findings, theme: Theme, entry_point: str, page: EntryPoint) -> list[str]:
    reasons = [f"{reason} — dit : {words}" for reason, words in found.priorities.items()]
    if page.urgency is not Urgency.NORMAL:
        reasons.append(f"page d’origine : {entry_point}")
    if theme in found.told:
        reasons.append(f"thème {theme} — dit : {found.told[theme]}")
    return reasons
