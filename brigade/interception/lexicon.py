"""The data files (`fr.yaml` …), read and checked: what means danger in each language, and what only looks like it."""

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict

from brigade.interception.phrases import Grammar, Phrase, PhraseBook
from brigade.interception.spelling import Speller, plain
from brigade.texts import LANGUAGES

DATA = Path(__file__).parent


class Danger(StrEnum):
    """Why a message is an emergency; the names of the lists under ``dangers`` in the data files."""

    HELP = "help"
    SILENT = "silent"
    ATTACKER = "attacker"
    VIOLENCE = "violence"
    WEAPON = "weapon"
    KILL = "kill"
    CRIME = "crime"
    CONFINED = "confined"
    CHILD = "child"
    SUICIDE = "suicide"
    LIFE = "life"
    EXPLOSIVE = "explosive"
    SIGNS = "signs"  # no list of its own: several signals in one sentence
    LIKENESS = "likeness"  # no list of its own: the trained model's alone

    @property
    def label(self) -> str:
        """For operators, in French."""
        return _LABELS[self]


_LABELS = {
    Danger.HELP: "appel à l’aide",
    Danger.SILENT: "ne peut pas parler",
    Danger.ATTACKER: "agresseur sur place",
    Danger.VIOLENCE: "violences en cours",
    Danger.WEAPON: "arme",
    Danger.KILL: "menace de mort immédiate",
    Danger.CRIME: "infraction en cours",
    Danger.CONFINED: "personne retenue",
    Danger.CHILD: "enfant en danger",
    Danger.SUICIDE: "suicide annoncé ou en cours",
    Danger.LIFE: "vie en danger",
    Danger.EXPLOSIVE: "engin explosif",
    Danger.SIGNS: "plusieurs signes de danger",
    Danger.LIKENESS: "ressemble à un appel au secours",
}


class Role(StrEnum):
    """What a phrase does to the judgement when it is not itself a danger."""

    FIGURE = "figure"
    SENTENCE = "sentence"
    MESSAGE = "message"
    NOW = "now"


@dataclass(frozen=True, slots=True)
class Signal:
    """A phrase that is no danger alone; ``MIN_SIGNALS`` of weight together in a sentence are one."""

    weight: int


Tag = Danger | Role | Signal


class _Source(BaseModel):
    """One data file, as written."""

    model_config = ConfigDict(extra="forbid")

    language: str
    negators: list[str]
    spelling: dict[str, str] = {}
    keep: list[str] = []
    groups: dict[str, str] = {}
    dangers: dict[Danger, list[str]]
    figures: list[str]
    sentence: list[str]
    message: list[str]
    now: list[str]
    signals: dict[int, list[str]] = {}


@dataclass(frozen=True)
class Lexicon:
    """One language, ready to search."""

    language: str
    grammar: Grammar
    keep: frozenset[str]
    phrases: tuple[tuple[Tag, Phrase], ...]
    book: PhraseBook[Tag]
    speller: Speller

    def speller_for(self, phrases: Iterable[Phrase]) -> Speller:
        """A speller that also corrects towards the words of ``phrases`` (another book in this language)."""
        vocabulary = {word for phrase in phrases for word in phrase.words}
        vocabulary |= {word for _, phrase in self.phrases for word in phrase.words}
        return Speller(self.language, self.grammar.spelling, vocabulary, self.keep)


@cache
def lexicon(language: str) -> Lexicon:
    """The lexicon of one of ``LANGUAGES``. Raises PhraseError or a pydantic error when a data file is wrong."""
    with (DATA / f"{language}.yaml").open(encoding="utf-8") as file:
        source = _Source.model_validate(yaml.load(file, Loader=yaml.CSafeLoader))
    spelling = {plain(word): plain(meaning) for word, meaning in source.spelling.items()}
    grammar = Grammar(language, source.groups, tuple(plain(n) for n in source.negators), spelling)
    tagged: list[tuple[Tag, str]] = [(kind, p) for kind, found in source.dangers.items() for p in found]
    tagged += [(Role.FIGURE, p) for p in source.figures] + [(Role.SENTENCE, p) for p in source.sentence]
    tagged += [(Role.MESSAGE, p) for p in source.message] + [(Role.NOW, p) for p in source.now]
    tagged += [(Signal(weight), p) for weight, found in source.signals.items() for p in found]
    phrases = tuple((tag, grammar.phrase(pattern)) for tag, pattern in tagged)
    vocabulary = {word for _, phrase in phrases for word in phrase.words}
    keep = frozenset(plain(word) for word in source.keep)
    speller = Speller(language, spelling, vocabulary, keep)
    return Lexicon(language, grammar, keep, phrases, PhraseBook(phrases), speller)


def lexicons() -> tuple[Lexicon, ...]:
    """All of ours, French first."""
    return tuple(lexicon(language) for language in LANGUAGES)
