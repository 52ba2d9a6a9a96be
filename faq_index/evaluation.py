"""How well a search finds: queries with the entries that answer them, and the figures over them.

A file of queries has a line for each set of answers: “id,id: query | query”; “-” for queries that nothing answers.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from faq_index.lines import Problem, Unreadable

Search = Callable[[str, str], tuple[Sequence[str], bool]]  # (query, language) to (ids, best first; confident)


@dataclass(frozen=True)
class Asked:
    """One query. ``expected``: the entries of which any answers it; none for what the help centre does not answer."""

    text: str
    language: str
    expected: frozenset[str]


def read(path: Path, language: str) -> list[Asked]:
    """The queries of a file. Raises Unreadable with the path and the line."""
    found = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        if not line.strip() or line.startswith("#"):
            continue
        ids, colon, queries = line.partition(": ")
        if not colon or not queries.strip():
            raise Unreadable(Problem(path, number, "must read “id: query | query”, or “-: query” without an answer"))
        expected = frozenset() if ids.strip() == "-" else frozenset(each.strip() for each in ids.split(","))
        found += [Asked(text.strip(), language, expected) for text in queries.split(" | ")]
    return found


@dataclass(frozen=True)
class Figures:
    """Shares of 0 to 1. ``first``, ``third``: the right answer first, or in the first three, of the answerable queries;
    ``rank``: mean of 1/place; ``sure``: confident, of the answerable; ``right``: first, of those that were confident
    (answerable or not); ``fooled``: confident, of the queries without an answer.
    """

    queries: int
    first: float
    third: float
    rank: float
    sure: float
    right: float
    fooled: float


def measure(search: Search, queries: Iterable[Asked]) -> Figures:
    """The figures of ``search`` over the queries; it should give ten ids."""
    places: list[int] = []
    sure = right = fooled = unanswerable = 0
    for asked in queries:
        ids, confident = search(asked.text, asked.language)
        place = next((number for number, found in enumerate(ids, 1) if found in asked.expected), 0)
        if asked.expected:
            places.append(place)
            sure += confident
            right += confident and place == 1
        else:
            unanswerable += 1
            fooled += confident
    return Figures(
        len(places) + unanswerable,
        _share(places.count(1), len(places)),
        _share(sum(0 < place <= 3 for place in places), len(places)),
        _share(sum(1 / place for place in places if place), len(places)),
        _share(sure, len(places)),
        _share(right, sure + fooled, 1.0),
        _share(fooled, unanswerable),
    )


def _share(part: float, whole: int, otherwise: float = 0.0) -> float:
    return part / whole if whole else otherwise
