"""The data files of triage (`fr.yaml` … and `entry_points.yaml`), read and checked."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from brigade.interception.lexicon import Lexicon, lexicon
from brigade.interception.phrases import Phrase, PhraseBook
from brigade.interception.spelling import Speller
from brigade.vocabulary import Urgency

HERE = Path(__file__).parent
STRONG, WEAK = 3.0, 1.0  # what one expression is worth for its theme


class Theme(StrEnum):
    """What the person needs help with."""

    COUPLE_VIOLENCE = "violences-conjugales"
    SEXUAL_VIOLENCE = "violences-sexuelles"
    ONLINE_HARASSMENT = "cyberharcelement"
    HATE = "discrimination-haine"
    MINOR = "mineur-en-danger"
    RADICALISATION = "radicalisation"
    ONLINE_FRAUD = "escroquerie-en-ligne"
    THEFT = "vol-cambriolage"
    MISSING = "disparition"
    DRUGS = "stupefiants"
    NEIGHBOURS = "voisinage-nuisances"
    ROAD = "circulation-routiere"
    PAPERS = "demarches-administratives"
    COMPLAINT = "plainte-et-suites"
    RECRUITMENT = "recrutement"
    INFORMATION = "information-generale"
    TIP = "signalement-renseignement"
    OFF_TOPIC = "hors-sujet"


class Intent(StrEnum):
    """Why the person writes; in this order when several fit."""

    VICTIM = "victim"
    WITNESS = "witness"
    REPORT = "report"
    QUESTION = "question"


@dataclass(frozen=True, slots=True)
class Sign:
    """What an expression says: a theme with a weight, a reason for priority, or an intent."""

    theme: Theme | None = None
    weight: float = 0.0
    priority: str | None = None
    intent: Intent | None = None


class _Weighted(BaseModel):
    model_config = ConfigDict(extra="forbid")

    strong: list[str] = []
    weak: list[str] = []


class _Source(BaseModel):
    model_config = ConfigDict(extra="forbid")

    language: str
    themes: dict[Theme, _Weighted]
    priorities: dict[str, list[str]]
    intents: dict[Intent, list[str]]

    def signs(self) -> Iterator[tuple[Sign, str]]:
        for theme, found in self.themes.items():
            yield from ((Sign(theme=theme, weight=STRONG), pattern) for pattern in found.strong)
            yield from ((Sign(theme=theme, weight=WEAK), pattern) for pattern in found.weak)
        for reason, patterns in self.priorities.items():
            yield from ((Sign(priority=reason), pattern) for pattern in patterns)
        for intent, patterns in self.intents.items():
            yield from ((Sign(intent=intent), pattern) for pattern in patterns)


class EntryPoint(BaseModel):
    """What the page already says: ``urgency`` is a floor, ``themes`` are added to what the words say."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    urgency: Urgency = Urgency.NORMAL
    sensitive: bool = False
    themes: dict[Theme, float] = {}


@dataclass(frozen=True)
class Vocabulary:
    """One language, ready to search."""

    lexicon: Lexicon
    book: PhraseBook[Sign]
    speller: Speller


@cache
def vocabulary(language: str) -> Vocabulary:
    """The vocabulary of one of ``brigade.texts.LANGUAGES``. Raises PhraseError or a pydantic error on a wrong file."""
    source = _Source.model_validate(_load(HERE / f"{language}.yaml"))
    known = lexicon(language)
    phrases = [(sign, known.grammar.phrase(pattern)) for sign, pattern in source.signs()]
    return Vocabulary(known, PhraseBook(phrases), known.speller_for(_only_phrases(phrases)))


@cache
def entry_points() -> dict[str, EntryPoint]:
    """By name; a page that is not listed says nothing."""
    return {name: EntryPoint.model_validate(found) for name, found in _load(HERE / "entry_points.yaml").items()}


def _only_phrases(tagged: Iterable[tuple[Sign, Phrase]]) -> Iterator[Phrase]:
    return (phrase for _, phrase in tagged)


def _load(path: Path) -> dict[str, object]:
    with path.open(encoding="utf-8") as file:
        found: dict[str, object] = yaml.load(file, Loader=yaml.CSafeLoader)
    return found
