"""What the expressions of `fr.yaml` … say of a text, for the reasons and for the trained model."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from bots.triage.vocabulary import STRONG, Intent, Sign, Theme, vocabulary
from brigade.interception.judgement import is_invented, respelled, roles_of, without_figures
from brigade.interception.phrases import Trials
from brigade.interception.spelling import sentences
from brigade.texts import LANGUAGES

_MAX_SENTENCES = 200


@dataclass
class Findings:
    """What the texts have said so far, each with the words that say it."""

    strong: dict[Theme, str] = field(default_factory=dict)
    weak: dict[Theme, str] = field(default_factory=dict)
    priorities: dict[str, str] = field(default_factory=dict)
    intents: dict[Intent, str] = field(default_factory=dict)

    def add(self, sign: Sign, words: str) -> None:
        """One expression was found."""
        if sign.theme is not None:
            (self.strong if sign.weight >= STRONG else self.weak).setdefault(sign.theme, words)
        if sign.priority is not None:
            self.priorities.setdefault(sign.priority, words)
        if sign.intent is not None:
            self.intents.setdefault(sign.intent, words)

    def told(self, theme: Theme) -> str:
        """The words that name ``theme``."""
        return self.strong.get(theme) or self.weak.get(theme, "")

    def names(self, themes: frozenset[Theme]) -> bool:
        """Whether a strong expression of one of ``themes`` was found."""
        return not themes.isdisjoint(self.strong)

    def signs(self) -> list[str]:
        """For the model."""
        return [
            *(f"strong {theme}" for theme in self.strong),
            *(f"priority {reason}" for reason in self.priorities),
            *(["any priority"] if self.priorities else []),
            *(f"intent {intent}" for intent in self.intents),
        ]


def findings(texts: Sequence[str], language: str) -> Findings:
    """In the citizen's language; in all of ours when it is none of them or not known."""
    found = Findings()
    for one in (language,) if language in LANGUAGES else LANGUAGES:
        for text in texts:
            _read(text, one, found)
    return found


def _read(text: str, language: str, found: Findings) -> None:
    known = vocabulary(language)
    trials = Trials()
    said = respelled(sentences(text), known.speller)[:_MAX_SENTENCES]
    invented = is_invented(roles_of(sentence, known.lexicon, trials) for sentence in said[:50])
    for sentence in said:
        words = without_figures(sentence, known.lexicon, trials)
        for sign, phrase in known.book.candidates(words.split()):
            quoted = trials.search(phrase, sentence if sign.priority is None else words)
            if quoted and not (invented and sign.priority):
                found.add(sign, quoted)
