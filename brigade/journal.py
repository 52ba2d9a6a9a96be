"""What readers of the help centre thought of its answers, and what they looked for in vain: no identity, no address,
and no time finer than the day.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Protocol

from sqlalchemy import case, delete, func, select

from brigade.storage import Storage
from brigade.storage.tables import faq_feedback, faq_missed

KEPT_FEEDBACK = timedelta(days=395)  # thirteen months: a season can be compared with the same one of the year before
KEPT_MISSED = timedelta(days=90)


class Opinion(Protocol):
    """As the help centre gives it."""

    @property
    def entry(self) -> str:
        """The id of the answer."""
        ...

    @property
    def language(self) -> str:
        """In which it was read."""
        ...

    @property
    def helpful(self) -> bool:
        """Yes or no."""
        ...

    @property
    def why(self) -> str:
        """Free words, possibly none."""
        ...


class Query(Protocol):
    """Words to which no answer was sure."""

    @property
    def words(self) -> str:
        """Without numbers and addresses."""
        ...

    @property
    def language(self) -> str:
        """In which it was asked."""
        ...


@dataclass(frozen=True, slots=True)
class Unanswered:
    """A query without a good answer: how often, and when last."""

    words: str
    language: str
    count: int
    last: date


@dataclass(frozen=True, slots=True)
class Judged:
    """How one answer was judged; ``reasons`` are the newest, of those that it did not help."""

    entry: str
    helpful: int
    unhelpful: int
    reasons: tuple[str, ...]


class Journal:
    """``today`` may be given, for tests."""

    def __init__(self, storage: Storage, today: date | None = None) -> None:
        self._storage = storage
        self._today = today
        unique = ["language", "words", "day"]
        add = storage.insert(faq_missed)
        self._count = add.on_conflict_do_update(index_elements=unique, set_={"count": faq_missed.c.count + 1})

    def _day(self, ago: timedelta = timedelta()) -> str:
        return ((self._today or datetime.now(UTC).date()) - ago).isoformat()

    async def feedback(self, given: Opinion) -> None:
        """Keep an opinion. Raises Temporary when the database is away."""
        row = {"entry": given.entry, "language": given.language, "helpful": given.helpful, "why": given.why or None}
        async with self._storage.write() as tx:
            await tx.execute(faq_feedback.insert(), row | {"day": self._day()})

    async def missed(self, missed: Query) -> None:
        """Count a query. Raises Temporary when the database is away."""
        row = {"language": missed.language, "words": missed.words.casefold(), "day": self._day(), "count": 1}
        async with self._storage.write() as tx:
            await tx.execute(self._count, row)

    async def forget(self) -> None:
        """Erase what is too old."""
        async with self._storage.write() as tx:
            for table, kept in ((faq_feedback, KEPT_FEEDBACK), (faq_missed, KEPT_MISSED)):
                await tx.execute(delete(table).where(table.c.day < self._day(kept)))

    async def unanswered(self, limit: int = 50) -> Sequence[Unanswered]:
        """The queries to which an answer is missing, the most frequent first."""
        times, last = func.sum(faq_missed.c.count).label("times"), func.max(faq_missed.c.day).label("last")
        query = select(faq_missed.c.words, faq_missed.c.language, times, last)
        query = query.group_by(faq_missed.c.words, faq_missed.c.language).order_by(times.desc(), last.desc())
        async with self._storage.read() as tx:
            rows = (await tx.execute(query.limit(limit))).all()
        return [Unanswered(row.words, row.language, int(row.times), date.fromisoformat(row.last)) for row in rows]

    async def judged(self, limit: int = 50) -> Sequence[Judged]:
        """The answers that did not help, the worst first."""
        table = faq_feedback
        yes = func.sum(case((table.c.helpful, 1), else_=0)).label("yes")
        no = func.sum(case((table.c.helpful, 0), else_=1)).label("no")
        query = select(table.c.entry, yes, no).group_by(table.c.entry).having(no > 0).order_by(no.desc(), table.c.entry)
        async with self._storage.read() as tx:
            rows = (await tx.execute(query.limit(limit))).all()
            found = []
            for row in rows:
                why = select(table.c.why).where(table.c.entry == row.entry, ~table.c.helpful, table.c.why.is_not(None))
                reasons = (await tx.execute(why.order_by(table.c.id.desc()).limit(5))).scalars().all()
                found.append(Judged(row.entry, int(row.yes), int(row.no), tuple(reasons)))
        return found
