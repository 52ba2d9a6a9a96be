"""The questions and answers of one language, as the search reads them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from faq_index.content import Entry
from faq_index.features import Features, features
from faq_index.words import Language


@dataclass(frozen=True)
class Text:
    """One entry in one language, as stems. ``wordings``: the question, then the other ways to ask it."""

    key: str
    wordings: tuple[tuple[str, ...], ...]
    short: tuple[str, ...]
    full: tuple[str, ...]
    words: frozenset[str]
    learned: tuple[Features, ...]

    @classmethod
    def of(cls, entry: Entry, lang: Language) -> "Text | None":
        """The entry in that language; None when it is not translated."""
        translated = entry.translations.get(lang.code)
        if lang.code != "fr" and not translated:
            return None
        told = translated or entry
        short, full = told.short or "", told.full or ""
        wordings = (told.question, *told.asks)
        return cls(
            entry.id,
            tuple(tuple(lang.stems(wording)) for wording in wordings),
            tuple(lang.stems(short)),
            tuple(lang.stems(full)),
            frozenset(lang.words(" ".join((*wordings, short, full)))),
            tuple(seen(lang, text) for text in (*wordings, short) if text),
        )

    def document(self) -> dict[str, str]:
        """What the search engine is given: each field as stems between spaces."""
        asks = [stem for wording in self.wordings[1:] for stem in wording]
        parts = {"question": self.wordings[0], "asks": asks, "short": self.short, "full": self.full}
        return {"key": self.key} | {name: " ".join(stems) for name, stems in parts.items()}


def seen(lang: Language, text: str) -> Features:
    """The features of a text of ours, in which every word means what it says."""
    return features(lang, [{stem: 1.0} for stem in lang.stems(text)], lang.spelled(text))


def texts(entries: Iterable[Entry], lang: Language) -> Sequence[Text]:
    """The entries that are there in that language."""
    return [text for entry in entries if (text := Text.of(entry, lang))]
