"""Search in the questions and answers. The only module that knows Whoosh; the index is derived and rebuilt at will.

``Faq`` is what bots and pages use: synchronous, safe to share between threads.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from threading import Lock

import whoosh
from whoosh import fields, query
from whoosh.analysis import SpaceSeparatedTokenizer
from whoosh.filedb.filestore import FileStorage, RamStorage, Storage
from whoosh.scoring import BM25F

from faq_index.confidence import SURE, confidence
from faq_index.content import CONTENT, LANGUAGES, Entry, Library, load
from faq_index.likeness import Likeness, Wordings
from faq_index.query import Meant, Understanding
from faq_index.sealed import sealed
from faq_index.words import VOCABULARY, Language, language

FORMAT = 1  # raise it when the way texts are indexed changes: every index on disk is then rebuilt

_FIELDS = {"question": 2.5, "asks": 2.5, "short": 1.0, "full": 0.5}
_ASKED = ("question", "asks")
_CANDIDATES = 20


@dataclass(frozen=True)
class Hit:
    """An entry that may answer. ``score`` is comparable within one search; ``confident``: worth suggesting alone."""

    entry: Entry
    score: float
    confident: bool = False


@dataclass(frozen=True)
class Results:
    """Best first. ``confident`` is whether the first one deserves to be suggested; never suggest anything otherwise."""

    hits: tuple[Hit, ...] = ()
    confident: bool = False


class Faq:
    """Questions, answers and their search."""

    def __init__(self, library: Library, indexes: Mapping[str, "_Index"]) -> None:
        self.library = library
        self._indexes = indexes

    @classmethod
    def load(cls, content: Path | None = None, index: Path | None = None) -> "Faq":
        """Read the folder ``content`` (the packaged one by default) and index it in memory, or in the folder ``index``.

        An index that is missing, damaged or of another content is rebuilt. Mistakes in content: ``library.problems``.
        """
        library = load(content)
        texts = {code: _texts(library, language(code)) for code in LANGUAGES}
        if index:
            folder = _on_disk(index, _fingerprint(content or CONTENT), texts)
            storages: dict[str, Storage] = {code: FileStorage(str(folder / code)) for code in LANGUAGES}
        else:
            storages = {code: _build(RamStorage(), texts[code]) for code in LANGUAGES}
        indexes = {code: _Index(language(code), texts[code], storages[code]) for code in LANGUAGES}
        return cls(library, indexes)

    def get(self, entry_id: str) -> Entry | None:
        """The entry of that id, or None."""
        return self.library.by_id.get(entry_id)

    def search(self, text: str, language: str = "fr", limit: int = 3) -> Results:
        """The entries that answer ``text``. A question in French is understood whatever ``language`` says."""
        results = self._search(text, language if language in self._indexes else "fr", limit)
        if language != "fr" and not results.confident:
            french = self._search(text, "fr", limit)
            return french if french.confident or not results.hits else results
        return results

    def _search(self, text: str, code: str, limit: int) -> Results:
        ranked = self._indexes[code].search(text)[: max(limit, 0)]
        hits = tuple(Hit(self.library.by_id[key], round(score, 4), sure) for key, score, sure in ranked)
        return Results(hits, bool(hits) and hits[0].confident)


@dataclass(frozen=True)
class _Text:
    """One entry in one language, as stems."""

    key: str
    wordings: tuple[tuple[str, ...], ...]
    short: tuple[str, ...]
    full: tuple[str, ...]
    words: frozenset[str]

    @classmethod
    def of(cls, entry: Entry, lang: Language) -> "_Text | None":
        translated = entry.translations.get(lang.code)
        if lang.code != "fr" and not translated:
            return None
        told = translated or entry
        short, full = told.short or "", told.full or ""
        everything = " ".join((told.question, *told.asks, short, full))
        return cls(
            entry.id,
            tuple(tuple(lang.stems(wording)) for wording in (told.question, *told.asks)),
            tuple(lang.stems(short)),
            tuple(lang.stems(full)),
            frozenset(lang.words(everything)),
        )

    def document(self) -> dict[str, str]:
        asks = [stem for wording in self.wordings[1:] for stem in wording]
        parts = {"question": self.wordings[0], "asks": asks, "short": self.short, "full": self.full}
        return {"key": self.key} | {name: " ".join(stems) for name, stems in parts.items()}


def _texts(library: Library, lang: Language) -> list[_Text]:
    return [text for entry in library.entries if (text := _Text.of(entry, lang))]


class _Index:
    """The search of one language."""

    def __init__(self, lang: Language, texts: Sequence[_Text], storage: Storage) -> None:
        self._searcher = storage.open_index().searcher(weighting=BM25F(B=0.4, K1=1.2, asks_B=0.1, full_B=0.7))
        documents = [text.document() for text in texts]
        self._held = {name: {stem for each in documents for stem in each[name].split()} for name in _FIELDS}
        self._lock = Lock()  # a Whoosh reader moves a shared file position
        self._understanding = Understanding(lang, (word for text in texts for word in text.words))
        self._wordings = Wordings(
            {text.key: text.wordings for text in texts}, {text.key: (*text.short, *text.full) for text in texts}
        )

    def search(self, text: str) -> list[tuple[str, float, bool]]:
        """(entry id, score, confident), best first."""
        meant = self._understanding.read(text)
        found = self._candidates(meant)
        if not found:
            return []
        top = max(found.values())
        likes = {key: self._wordings.compare(meant, key) for key in found}
        scores = {key: _fused(score / top, likes[key]) for key, score in found.items()}
        order = sorted(scores, key=lambda key: (-scores[key], key))
        second = scores[order[1]] if len(order) > 1 else 0.0
        lead = {key: scores[key] - (second if key == order[0] else scores[order[0]]) for key in order}
        sure = {key: confidence(likes[key], lead[key], len(meant)) >= SURE for key in order}
        return [(key, scores[key], sure[key] and sure[order[0]]) for key in order]

    def _candidates(self, meant: Sequence[Meant]) -> dict[str, float]:
        """Entry ids with Whoosh's score, at most _CANDIDATES."""
        wanted = [part for each in meant if (part := self._any_of(each.stems))]
        if not wanted:
            return {}
        with self._lock:
            hits = self._searcher.search(_or(wanted), limit=_CANDIDATES)
            return {hit["key"]: float(hit.score) for hit in hits}

    def _any_of(self, stems: Mapping[str, float]) -> query.Query | None:
        """The best of the stems that may stand for one word; only fields that hold them, which is most of the speed."""
        best = max(stems.values(), default=0.0)
        each = []
        for stem, weight in stems.items():
            names = _FIELDS if weight == best else _ASKED  # a synonym deep in an answer says nothing
            parts = [query.Term(name, stem, boost=weight * _FIELDS[name]) for name in names if stem in self._held[name]]
            each += [_or(parts)] if parts else []
        return query.DisjunctionMax(each) if len(each) > 1 else next(iter(each), None)


def _fused(engine: float, like: Likeness) -> float:
    return 0.35 * engine + 0.45 * like.phrase + 0.2 * like.covered


def _or(parts: Sequence[query.Query]) -> query.Query:
    """A union walked as a tree: the default fills arrays of 2,048 numbers a union, four times slower at our size."""
    if len(parts) == 1:
        return parts[0]
    union = query.Or(list(parts))
    union.matcher_type = query.Or.DEFAULT_MATCHER
    return union


def _build(storage: Storage, texts: Sequence[_Text]) -> Storage:
    """Index the texts in ``storage``."""
    stems = {name: fields.TEXT(analyzer=SpaceSeparatedTokenizer(), phrase=False) for name in _FIELDS}
    writer = storage.create_index(fields.Schema(key=fields.ID(stored=True), **stems)).writer()
    for text in texts:
        writer.add_document(**text.document())
    writer.commit()
    return storage


def _fingerprint(content: Path) -> str:
    """Changes with anything that the index is made of."""
    seal = hashlib.sha256(repr((FORMAT, whoosh.__version__, version("snowballstemmer"))).encode())
    for path in sorted([*content.rglob("*.yaml"), *VOCABULARY.glob("*.yaml")]):
        seal.update(str(path.relative_to(path.parents[1])).encode() + path.read_bytes())
    return seal.hexdigest()[:20]


def _on_disk(root: Path, fingerprint: str, texts: Mapping[str, Sequence[_Text]]) -> Path:
    """The folder of a whole index of these texts, built now unless it is there already."""

    def fill(folder: Path) -> None:
        for code, each in texts.items():
            (folder / code).mkdir()
            _build(FileStorage(str(folder / code)), each)

    return sealed(root, fingerprint, fill)
