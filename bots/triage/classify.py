"""What a conversation is about and how soon somebody must look: a pure function of its texts and its page of origin.

Expressions that an expert can read (`fr.yaml` …) and a model trained on examples (`examples/`) decide together: the
model hears what the expressions found.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce

from bots.triage import learned
from bots.triage.learned import Opinion, opinion
from bots.triage.signs import Findings, findings
from bots.triage.vocabulary import EntryPoint, Intent, Theme, entry_points, vocabulary
from brigade import interception
from brigade.interception import Interception
from brigade.interception.lexicon import Danger
from brigade.language import detect
from brigade.texts import LANGUAGES
from brigade.vocabulary import Urgency

MAX_TEXTS = 100  # the last ones; urgency found earlier is kept by whoever calls (``worst``)
MAX_REASONS = 6
URGENT = 0.6  # probability from which it is a priority; chosen like the interception's
TOLD = 0.25  # when an expression names a sensitive matter or a reason for priority
SURE_ENOUGH = 0.5  # of a sensitive theme, before the citizen is asked about it
NEARLY_NOTHING = 0.1  # confidence when nothing was said
PAGE = 0.15  # what one point of the page's theme adds to its probability
SAID = 0.15  # and an expression to that of its intent

SENSITIVE = frozenset({
    Theme.COUPLE_VIOLENCE, Theme.SEXUAL_VIOLENCE, Theme.ONLINE_HARASSMENT, Theme.HATE, Theme.MINOR,
    Theme.RADICALISATION,
})  # fmt: skip
_VAGUE = frozenset({Theme.INFORMATION, Theme.OFF_TOPIC})  # a page that names a theme knows better than these
_DARK = "pensées suicidaires"  # the reason of that name in `fr.yaml` …


@dataclass(frozen=True, slots=True)
class Assessment:
    """``language`` is one of ours or ``other``; ``confidence`` (0 to 1) is the theme's; ``reasons`` quote the citizen,
    for operators' eyes only, in French; ``caught``: the danger in each text.
    """

    language: str
    urgency: Urgency
    theme: Theme
    sensitive: bool
    intent: Intent
    confidence: float
    reasons: tuple[str, ...]
    caught: tuple[Interception, ...] = ()


def worst(a: Urgency, b: Urgency) -> Urgency:
    """The more urgent of two: a machine never lowers an urgency."""
    return min(a, b, key=lambda urgency: urgency.rank)


def assess(
    texts: Sequence[str], entry_point: str, language_hint: str | None, known: Sequence[Interception] = ()
) -> Assessment:
    """Judge everything the citizen has written so far, oldest first. Never raises, whatever the texts; bounded.

    ``known``: what was caught in the first of ``texts`` when they were judged before.
    """
    texts, known = texts[-MAX_TEXTS:], known[max(0, len(texts) - MAX_TEXTS) :]
    language = detect("\n".join(reversed(texts)), default=language_hint or "other")
    page = entry_points().get(entry_point, EntryPoint())
    caught = (*known, *(interception.assess(text, language) for text in texts[len(known) :]))
    dangers = list(dict.fromkeys(danger for found in caught for danger in found.dangers))
    found = findings(texts, language)
    if not any(character.isalnum() for text in texts for character in text):
        return _silent(language, page, entry_point, caught)
    learnt = opinion(texts, language, found.signs())
    theme, confidence = _theme(learnt, page)
    urgency = reduce(worst, (page.urgency, _urgency(caught, learnt, found)))
    dark = Danger.SUICIDE in dangers or _DARK in found.priorities
    return Assessment(
        language, urgency, theme, _sensitive(learnt, found) or page.sensitive or dark, _intent(learnt, found),
        confidence, _reasons(caught, found, learnt, theme, urgency) + _of_page(page, entry_point), caught,
    )  # fmt: skip


def _sensitive(learnt: Opinion, found: Findings) -> bool:
    """Whether it is a sensitive matter, whatever else is asked ("he hits me, how do I file a complaint?"). The nearest
    theme of words that say little is no reason to think so.
    """
    likely = sum(share for theme, share in learnt.themes.items() if theme in SENSITIVE)
    return likely >= SURE_ENOUGH or found.names(SENSITIVE)


def _silent(language: str, page: EntryPoint, entry_point: str, caught: tuple[Interception, ...]) -> Assessment:
    """Nothing was said in words: only the page speaks (and a sign such as 🆘)."""
    theme = max(page.themes, key=lambda one: page.themes[one], default=Theme.INFORMATION)
    urgency = reduce(worst, (Urgency.EMERGENCY for one in caught if one.emergency), page.urgency)
    reasons = tuple(reason for one in caught for reason in one.reasons)[:MAX_REASONS]
    reasons += _of_page(page, entry_point)
    return Assessment(
        language, urgency, theme, theme in SENSITIVE or page.sensitive, Intent.QUESTION, NEARLY_NOTHING,
        reasons, caught,
    )  # fmt: skip


def warm() -> None:
    """Read every data file now, so that the first citizen does not wait for it."""
    interception.warm()
    learned.model()
    for language in LANGUAGES:
        vocabulary(language)
    assess(["bonjour"], "", None)


def _urgency(caught: Sequence[Interception], learnt: Opinion, found: Findings) -> Urgency:
    if any(each.emergency for each in caught):
        return Urgency.EMERGENCY
    told = found.priorities or found.names(SENSITIVE)
    return Urgency.PRIORITY if learnt.urgent >= (TOLD if told else URGENT) else Urgency.NORMAL


def _theme(learnt: Opinion, page: EntryPoint) -> tuple[Theme, float]:
    """The most probable; what the page says counts, and decides when the words say nothing in particular."""
    shares = {theme: share + PAGE * page.themes.get(theme, 0.0) for theme, share in learnt.themes.items()}
    theme = max(shares, key=lambda one: shares[one])
    if theme in _VAGUE and page.themes:
        theme = max(page.themes, key=lambda one: page.themes[one])
    return theme, round(min(1.0, shares[theme]), 2)


def _intent(learnt: Opinion, found: Findings) -> Intent:
    return max(learnt.intents, key=lambda one: learnt.intents[one] + SAID * (one in found.intents))


def _reasons(
    caught: Sequence[Interception], found: Findings, learnt: Opinion, theme: Theme, urgency: Urgency
) -> tuple[str, ...]:
    """Why, with the citizen's words: what patterns found, else what weighed most in the model."""
    reasons = [reason for one in caught for reason in one.reasons]
    reasons += [f"{reason} — dit : {words}" for reason, words in found.priorities.items() if learnt.urgent >= URGENT]
    if not reasons and urgency is not Urgency.NORMAL and learnt.urgent >= URGENT:
        reasons.append(f"ressemble à des messages prioritaires — dit : {learnt.quote(learned.URGENT, 'yes')}")
    told = found.told(theme) or learnt.quote(learned.THEME, theme)
    if told and theme not in _VAGUE:
        reasons.append(f"thème {theme} — dit : {told}")
    return tuple(dict.fromkeys(reasons))[:MAX_REASONS]


def _of_page(page: EntryPoint, entry_point: str) -> tuple[str, ...]:
    return (f"page d’origine : {entry_point}",) if page.urgency is not Urgency.NORMAL else ()
