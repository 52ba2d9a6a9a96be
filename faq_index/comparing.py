"""Our search beside the reference engines, on the same content and queries, in one run: how well, and how fast."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from rich.table import Table

from faq_index.content import LANGUAGES, Entry, Library
from faq_index.evaluation import Asked, Figures, Search, measure, read
from faq_index.features import empty
from faq_index.finder import Finder
from faq_index.index import build
from faq_index.references import references
from faq_index.search import Faq, scored
from faq_index.texts import texts
from faq_index.words import language

OURS = "ours"
CROWD = " entries"
_LIMIT = 10


@dataclass(frozen=True)
class Line:
    """What one engine reached on one file of queries. ``p50`` and ``p95``: milliseconds of a query."""

    part: str
    language: str
    engine: str
    figures: Figures
    p50: float
    p95: float


def language_of(path: Path) -> str:
    """The language in the name of a file of queries, such as ``tune-fr.txt``; French when it names none."""
    code = path.stem.rpartition("-")[2]
    return code if code in LANGUAGES else "fr"


def compare(faq: Faq, files: Sequence[Path], *, others: bool) -> Iterator[Line]:
    """A line for each file and engine. Raises Unreadable for a file that is not one of queries."""
    engines = {OURS: _ours(faq)} | (references(faq.library) if others else {})
    for path in files:
        queries = read(path, language_of(path))
        for name, search in engines.items():
            yield _line(path.stem.rpartition("-")[0] or path.stem, name, search, queries)


def crowd(library: Library, size: int) -> Library:
    """The same content again and again under other ids, up to ``size`` entries: for speed, not for quality."""
    entries: list[Entry] = []
    for turn in range(size // max(len(library.entries), 1) + 1):
        entries += [replace(entry, id=f"{entry.id}-{turn}") for entry in library.entries]
    return replace(library, entries=tuple(entries[:size]))


def crowded(library: Library, path: Path, *, others: bool) -> Iterator[Line]:
    """The speed of French queries in a large library; entries without a classifier, as any library of that size."""
    french = language("fr")
    written = texts(library.entries, french)
    finder = Finder(french, build(written, scored(written), empty(len(written))))
    engines: dict[str, Search] = {OURS: lambda text, _code: ([each.key for each in finder.search(text, _LIMIT)], False)}
    engines |= references(library) if others else {}
    for name, search in engines.items():
        yield _line(f"{len(library.entries)}{CROWD}", name, search, read(path, "fr"))


def _ours(faq: Faq) -> Search:
    def search(text: str, code: str) -> tuple[list[str], bool]:
        found = faq.search(text, code, _LIMIT)
        return [hit.entry.id for hit in found.hits], found.confident

    return search


def _line(part: str, engine: str, search: Search, queries: Sequence[Asked]) -> Line:
    spent: list[float] = []
    figures = measure(_timed(search, spent), queries)
    spent.sort()
    p50, p95 = (spent[int(len(spent) * share)] * 1000 if spent else 0.0 for share in (0.5, 0.95))
    return Line(part, queries[0].language if queries else "fr", engine, figures, p50, p95)


def _timed(search: Search, spent: list[float]) -> Callable[[str, str], tuple[Sequence[str], bool]]:
    def timed(text: str, code: str) -> tuple[Sequence[str], bool]:
        start = time.perf_counter()
        found = search(text, code)
        spent.append(time.perf_counter() - start)
        return found

    return timed


_COLUMNS = (
    "queries",
    "",
    "engine",
    "right first",
    "first three",
    "MRR",
    "confident",
    "right",
    "fooled",
    "p50 ms",
    "p95 ms",
)


def table(lines: Sequence[Line]) -> Table:
    """The lines, to be printed. “right”: of the confident ones; “fooled”: confident without an answer."""
    shown = Table(box=None, pad_edge=False)
    for at, name in enumerate(_COLUMNS):
        shown.add_column(name, justify="left" if at < 3 else "right", no_wrap=True)
    for line in lines:
        shown.add_row(line.part, line.language, line.engine, *_shown(line), f"{line.p50:.2f}", f"{line.p95:.2f}")
    return shown


def _shown(line: Line) -> list[str]:
    found = line.figures
    if line.part.endswith(CROWD):
        return ["–"] * 6
    sure = [f"{each:.1%}" for each in (found.sure, found.right, found.fooled)] if line.engine == OURS else ["–"] * 3
    return [f"{found.first:.1%}", f"{found.third:.1%}", f"{found.rank:.3f}", *sure]
