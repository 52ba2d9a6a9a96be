"""Search in the questions and answers. The only module that knows Whoosh; the index is derived and rebuilt at will.

Whoosh keeps the inverted index and scores each posting (BM25F), once, when the index is built; a query adds up what is
written there. ``Faq`` is what bots and pages use: synchronous, safe to share between threads.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

import whoosh
from whoosh import fields
from whoosh.analysis import SpaceSeparatedTokenizer
from whoosh.filedb.filestore import RamStorage
from whoosh.scoring import BM25F

from faq_index import index as arrays
from faq_index.content import CONTENT, LANGUAGES, Entry, Library, load
from faq_index.finder import Finder, Match
from faq_index.index import Index
from faq_index.postings import Postings
from faq_index.sealed import is_whole, sealed
from faq_index.signals import FIELDS
from faq_index.texts import Text, texts
from faq_index.words import VOCABULARY, language

FORMAT = 2  # raise it when the way texts are indexed changes: every index on disk is then rebuilt

_ELSEWHERE = 0.1  # how much surer another language must be than the one that was given
Told = Callable[[str], None]


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

    def __init__(self, library: Library, finders: Mapping[str, Finder]) -> None:
        self.library = library
        self.finders = finders

    @classmethod
    def load(
        cls, content: Path | None = None, index: Path | None = None, *, told: Told | None = None, learn: bool = True
    ) -> "Faq":
        """Read the folder ``content`` (the packaged one by default) and its index, built now unless it is there.

        The index is kept in the folder ``index`` or, without one, in the user's cache for the packaged content. One
        that is missing, damaged or of another content is rebuilt; ``told`` hears of each language done. Without
        ``learn`` an index that must be built comes in a second, without the learned signal, and is not kept.
        Mistakes in content: ``library.problems``.
        """
        library = load(content)
        name = fingerprint(content)
        told = told or (lambda _language: None)
        if kept := _kept(index, name):
            indexes = _read(kept)
        elif not learn:
            indexes = {code: _build(library, code, learn=False) for code in LANGUAGES}
        elif index is None and content is not None:
            indexes = {code: _built(library, code, told) for code in LANGUAGES}
        else:
            indexes = _on_disk(index or _cache(), name, library, told)
        return cls(library, {code: Finder(language(code), indexes[code]) for code in LANGUAGES})

    def get(self, entry_id: str) -> Entry | None:
        """The entry of that id, or None."""
        return self.library.by_id.get(entry_id)

    def search(self, text: str, language: str = "fr", limit: int = 3) -> Results:
        """The entries that answer ``text``. A question in French is understood whatever ``language`` says."""
        code = language if language in self.finders else "fr"
        found = self.finders[code].search(text, limit)
        if code != "fr" and not (found and found[0].sure):
            french = self.finders["fr"].search(text, limit)
            found = french if _surer(french, found) else found
        hits = tuple(Hit(self.library.by_id[each.key], round(each.score, 4), each.sure) for each in found)
        return Results(hits, bool(hits) and hits[0].confident)


def _surer(one: Sequence[Match], other: Sequence[Match]) -> bool:
    return bool(one) and (not other or one[0].confidence > other[0].confidence + _ELSEWHERE)


def _scored(written: Sequence[Text]) -> Postings:
    """Each stem of each field with the entries that hold it, as Whoosh scores them."""
    stems = {name: fields.TEXT(analyzer=SpaceSeparatedTokenizer(), phrase=False) for name in FIELDS}
    storage = RamStorage()
    writer = storage.create_index(fields.Schema(key=fields.ID(stored=True), **stems)).writer()
    for text in written:
        writer.add_document(**text.document())
    writer.commit()
    weighting = BM25F(B=0.4, K1=1.2, asks_B=0.1, full_B=0.7)
    table: dict[str, dict[int, float]] = {}
    with storage.open_index().searcher(weighting=weighting) as searcher:
        reader = searcher.reader()
        rows = {text.key: row for row, text in enumerate(written)}
        places = [rows[reader.stored_fields(number)["key"]] for number in range(reader.doc_count_all())]
        for name in FIELDS:
            for stem in reader.lexicon(name) if written else ():
                scorer = weighting.scorer(searcher, name, stem)
                found = table.setdefault(f"{name} {stem.decode()}", {})
                matcher = reader.postings(name, stem)
                while matcher.is_active():
                    found[places[matcher.id()]] = float(scorer.score(matcher))
                    matcher.next()
    return Postings.of(table)


def _build(library: Library, code: str, *, learn: bool = True) -> Index:
    written = texts(library.entries, language(code))
    return arrays.build(written, _scored(written), learn=learn)


def _built(library: Library, code: str, told: Told) -> Index:
    found = _build(library, code)
    told(code)
    return found


def fingerprint(content: Path | None = None) -> str:
    """Changes with anything that the index of this content is made of."""
    packages = [(name, version(name)) for name in ("snowballstemmer", "scikit-learn", "numpy")]
    seal = hashlib.sha256(repr((FORMAT, whoosh.__version__, packages)).encode())
    for path in sorted([*(content or CONTENT).rglob("*.yaml"), *VOCABULARY.glob("*.yaml")]):
        seal.update(str(path.relative_to(path.parents[1])).encode() + path.read_bytes())
    return seal.hexdigest()[:20]


def _cache() -> Path:
    """Where an index is kept that nobody gave a folder: the user's cache, or a new folder when that cannot be."""
    root = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "brigade" / "faq-index"
    try:
        root.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):
        return Path(tempfile.mkdtemp(prefix="faq-index-"))
    return root if os.access(root, os.W_OK) else Path(tempfile.mkdtemp(prefix="faq-index-"))


def _kept(root: Path | None, name: str) -> Path | None:
    """A whole index of that fingerprint, in the folder given or in the cache."""
    return next((place / name for place in (root, _cache()) if place and is_whole(place / name)), None)


def _on_disk(root: Path, name: str, library: Library, told: Told) -> dict[str, Index]:
    def fill(folder: Path) -> None:
        for code in LANGUAGES:
            _built(library, code, told).write(folder / f"{code}.npz")

    return _read(sealed(root, name, fill))


def _read(folder: Path) -> dict[str, Index]:
    return {code: Index.read(folder / f"{code}.npz") for code in LANGUAGES}
