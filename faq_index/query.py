"""What a citizen typed, as groups of stems: each word with those that may stand for it and how surely."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from faq_index.features import Features, features
from faq_index.spelling import Speller
from faq_index.words import Language

LONGEST_TEXT = 600  # characters read of a query; the rest of a long message adds noise and time
MOST_WORDS = 24

_SYNONYM = 0.85
_TYPO = 0.9
_SOUND = 0.8
_MOST_GUESSES = 4


@dataclass(frozen=True)
class Meant:
    """One word of the query. ``stems`` is empty when nothing in the index resembles the word; ``written`` is how the
    word should have been spelled.
    """

    written: str
    stems: Mapping[str, float]


@dataclass(frozen=True)
class Query:
    """A query understood: its meaningful words, each once, at most MOST_WORDS, and what the learned signal sees."""

    words: tuple[Meant, ...]
    features: Features


class Understanding:
    """Turns text into what is meant, with the words of one language's index."""

    def __init__(self, language: Language, words: Iterable[str]) -> None:
        known = set(words)
        self._language = language
        self._known = frozenset(known)
        self._stems = {language.stem(word) for word in known}
        extra = {word for word in language.synonyms if len(word) > 4}
        self._speller = Speller(known | extra, by_sound=language.code == "fr")

    def read(self, text: str) -> Query:
        """What ``text`` means."""
        spelled = self._language.spelled(text[:LONGEST_TEXT])[: 3 * MOST_WORDS]
        words = [word for word in dict.fromkeys(spelled) if self._language.means(word)][:MOST_WORDS]
        meant = {word: self._meant(word) for word in words}
        corrected = [meant[word].written if word in meant else word for word in spelled]
        return Query(
            tuple(meant.values()), features(self._language, [each.stems for each in meant.values()], corrected)
        )

    def _meant(self, word: str) -> Meant:
        stem = self._language.stem(word)
        stems = self._spread(stem, 1.0)
        if stems:
            return Meant(word, stems)
        for guesses, weight in ((self._speller.near(word), _TYPO), (self._speller.alike(word), _SOUND)):
            for other in guesses[:_MOST_GUESSES]:
                _keep_best(stems, self._spread(self._language.stem(other), weight))
            if stems:
                return Meant(guesses[0], stems)
        return Meant(word, stems)

    def _spread(self, stem: str, weight: float) -> dict[str, float]:
        """The stem and its synonyms, as far as the index holds them."""
        found = {other: weight * _SYNONYM for other in self._language.synonyms.get(stem, ()) if other in self._stems}
        if stem in self._stems:
            found[stem] = weight
        return found


def _keep_best(into: dict[str, float], more: Mapping[str, float]) -> None:
    for stem, weight in more.items():
        into[stem] = max(weight, into.get(stem, 0.0))
