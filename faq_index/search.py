"""Search in the questions and answers. The only module that knows Whoosh; the index is derived and rebuilt at will.

Whoosh keeps the inverted index and scores each posting (BM25F), once, when the index is built; a query adds up what is
written there. ``Faq`` is what bots and pages use: synchronous, safe to share between threads.
"""

import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Thread

import structlog
from whoosh import fields
from whoosh.analysis import SpaceSeparatedTokenizer
from whoosh.filedb.filestore import FileStorage
from whoosh.scoring import BM25F
from whoosh.searching import Searcher

from faq_index.content import LANGUAGES, Entry, Library, load
from faq_index.features import empty
from faq_index.finder import Finder, Match
from faq_index.index import Index, build
from faq_index.keeping import Told, built, fingerprint, kept
from faq_index.postings import Postings
from faq_index.signals import FIELDS
from faq_index.texts import Text, texts
from faq_index.words import language

_ELSEWHERE = 0.1  # how much surer another language must be than the one that was given
_WEIGHTING = BM25F(B=0.4, K1=1.2, asks_B=0.1, full_B=0.7)
log = structlog.get_logger(__name__)


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
        self._finders = finders

    @property
    def finders(self) -> Mapping[str, Finder]:
        """The search of each language."""
        return self._finders

    @classmethod
    def load(
        cls,
        content: Path | None = None,
        index: Path | None = None,
        *,
        told: Told | None = None,
        background: bool = False,
    ) -> "Faq":
        """Read the folder ``content`` (the packaged one by default) and its index, built now unless it is there.

        The index is kept in the folder ``index`` and, for the packaged content, in the user's cache. One that is
        missing, damaged or of another content is rebuilt, which takes some seconds; ``told`` hears of each language.
        With ``background`` a search without the learned signal answers until then: nobody waits.
        Mistakes in content: ``library.problems``.
        """
        library = load(content)
        name = fingerprint(content)
        if indexes := kept(index, name):
            return cls(library, _finders(indexes))
        if not background:
            return cls(library, _finders(built(index, name, content, told or (lambda _language: None))))
        faq = cls(library, _finders({code: _plain(library, code) for code in LANGUAGES}))
        Thread(target=faq._learn, args=(index, name, content), name="help centre index", daemon=True).start()
        return faq

    def _learn(self, index: Path | None, name: str, content: Path | None) -> None:
        try:
            self._finders = _finders(built(index, name, content, lambda _language: None))
        except (OSError, subprocess.CalledProcessError):
            log.exception("faq_index_not_built")  # what was found without it goes on being found

    def warm(self) -> None:
        """Search once in each language, which reads its words and endings: half a second that no citizen waits for.
        Never raises: whoever searches first waits, then, and is told what is wrong.
        """
        try:
            for code in LANGUAGES:
                self.search("urgence", code)
        except Exception:  # a courtesy: whoever calls goes on to watch for mended files
            log.exception("faq_not_warm")

    def get(self, entry_id: str) -> Entry | None:
        """The entry of that id, or None."""
        return self.library.by_id.get(entry_id)

    def search(self, text: str, language: str = "fr", limit: int = 3) -> Results:
        """The entries that answer ``text``. A question in French is understood whatever ``language`` says."""
        finders = self._finders  # one generation of the index for the whole search
        code = language if language in finders else "fr"
        found = finders[code].search(text, limit)
        if code != "fr" and not (found and found[0].sure):
            french = finders["fr"].search(text, limit)
            found = french if _surer(french, found) else found
        hits = tuple(Hit(self.library.by_id[each.key], round(each.score, 4), each.sure) for each in found)
        return Results(hits, bool(hits) and hits[0].confident)


def _finders(indexes: Mapping[str, Index]) -> dict[str, Finder]:
    return {code: Finder(language(code), indexes[code]) for code in LANGUAGES}


def _surer(one: Sequence[Match], other: Sequence[Match]) -> bool:
    return bool(one) and (not other or one[0].confidence > other[0].confidence + _ELSEWHERE)


def scored(written: Sequence[Text]) -> Postings:
    """Each stem of each field with the entries that hold it, as Whoosh scores them."""
    stems = {name: fields.TEXT(analyzer=SpaceSeparatedTokenizer(), phrase=False) for name in FIELDS}
    with tempfile.TemporaryDirectory() as folder:  # in memory Whoosh uses one temporary folder for all processes
        storage = FileStorage(folder)
        writer = storage.create_index(fields.Schema(key=fields.ID(stored=True), **stems)).writer()
        for text in written:
            writer.add_document(**text.document())
        writer.commit()
        with storage.open_index().searcher(weighting=_WEIGHTING) as searcher:
            return _posted(searcher, {text.key: row for row, text in enumerate(written)})


def _posted(searcher: Searcher, rows: Mapping[str, int]) -> Postings:
    """Every posting of the index with its score. ``rows``: entry id to row."""
    reader = searcher.reader()
    places = [rows[reader.stored_fields(number)["key"]] for number in range(reader.doc_count_all())]
    table: dict[str, dict[int, float]] = {}
    for name in FIELDS:
        for stem in reader.lexicon(name) if places else ():
            scorer = _WEIGHTING.scorer(searcher, name, stem)
            found = table.setdefault(f"{name} {stem.decode()}", {})
            matcher = reader.postings(name, stem)
            while matcher.is_active():
                found[places[matcher.id()]] = float(scorer.score(matcher))
                matcher.next()
    return Postings.of(table)


def _plain(library: Library, code: str) -> Index:
    """The index of one language without what must be learned."""
    written = texts(library.entries, language(code))
    return build(written, scored(written), empty(len(written)))
