"""All that citizens can be shown: the API, the stream and every later export read here and nowhere else (S21)."""

import json
import time
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from brigade.storage import Storage
from brigade.storage.tables import conversation as conversations
from brigade.storage.tables import transcript as table

# Built once: building costs as much as running it, and a citizen waits.
_STEP = (
    update(conversations)
    .where(conversations.c.id == bindparam("conversation"))
    .values(last_seq=conversations.c.last_seq + bindparam("by"))
    .returning(conversations.c.last_seq)
)
_MINE = select(table).where(table.c.conversation_id == bindparam("conversation"))
_BY_SOURCE = _MINE.where(table.c.source == bindparam("source"))
_SINCE = _MINE.where(table.c.seq > bindparam("after")).order_by(table.c.seq).limit(bindparam("most"))


@dataclass(frozen=True, slots=True)
class Entry:
    """One numbered event of a conversation; ``payload`` is what the citizen's API gives."""

    conversation_id: str
    seq: int
    payload: dict[str, Any]
    event_id: str | None


class Transcript:
    """Numbered without gaps from 1 for each conversation."""

    def __init__(self, storage: Storage) -> None:
        self._storage = storage
        once = storage.insert(table).on_conflict_do_nothing(index_elements=["conversation_id", "source"])
        self._insert = once.returning(table.c.seq)

    async def append(
        self,
        tx: AsyncConnection,
        conversation_id: str,
        source: str,
        payload: dict[str, Any],
        event_id: str | None = None,
    ) -> tuple[Entry, bool]:
        """Add an event inside a transaction; (it, whether it is new): the same ``source`` twice is one event."""
        seq = await self._step(tx, conversation_id, 1)
        now = time.time()
        full = {"type": payload["type"], "seq": seq, "at": stamp(now)} | payload
        row = {"conversation_id": conversation_id, "seq": seq, "source": source, "event_id": event_id, "at": now}
        new = await tx.execute(self._insert, row | {"payload": json.dumps(full, ensure_ascii=False)})
        if new.first():
            return Entry(conversation_id, seq, full, event_id), True
        await self._step(tx, conversation_id, -1)
        known = await self.by_source(tx, conversation_id, source)
        assert known
        return known, False

    async def by_source(self, tx: AsyncConnection, conversation_id: str, source: str) -> Entry | None:
        """The event that ``source`` is already, None when it is new."""
        found = (await tx.execute(_BY_SOURCE, {"conversation": conversation_id, "source": source})).first()
        return _entry(found) if found else None

    @staticmethod
    async def _step(tx: AsyncConnection, conversation_id: str, by: int) -> int:
        """Count; the first statement, since it takes the lock that keeps the numbers without gaps."""
        return int((await tx.execute(_STEP, {"conversation": conversation_id, "by": by})).scalar_one())

    async def since(self, conversation_id: str, seq: int, limit: int = 200) -> list[Entry]:
        """The events after ``seq``, oldest first."""
        values = {"conversation": conversation_id, "after": seq, "most": limit}
        async with self._storage.read() as tx:
            return [_entry(row) for row in await tx.execute(_SINCE, values)]

    async def link(self, tx: AsyncConnection, conversation_id: str, source: str, event_id: str) -> None:
        """Say which Matrix event a citizen's own message became."""
        row = (table.c.conversation_id == conversation_id, table.c.source == source)
        await tx.execute(update(table).where(*row).values(event_id=event_id))

    async def shown(self, conversation_id: str, event_ids: Collection[str]) -> frozenset[str]:
        """Which of these Matrix events the citizen sent or was shown."""
        if not event_ids:
            return frozenset()
        rows = select(table.c.event_id).where(
            table.c.conversation_id == conversation_id, table.c.event_id.in_(list(event_ids))
        )
        async with self._storage.read() as tx:
            return frozenset(str(found) for found in (await tx.execute(rows)).scalars())

    async def by_event(self, tx: AsyncConnection, conversation_id: str, event_id: str) -> Entry | None:
        """The message that a Matrix event is."""
        rows = select(table).where(table.c.conversation_id == conversation_id, table.c.event_id == event_id)
        found = (await tx.execute(rows.order_by(table.c.seq).limit(1))).first()
        return _entry(found) if found else None

    async def event_of(self, conversation_id: str, source: str) -> str | None:
        """The Matrix event that a citizen's own message became, once it did."""
        row = (table.c.conversation_id == conversation_id, table.c.source == source)
        async with self._storage.read() as tx:
            return (await tx.execute(select(table.c.event_id).where(*row))).scalar_one_or_none()

    async def at(self, conversation_id: str, seq: int) -> Entry | None:
        """One event by its number."""
        rows = select(table).where(table.c.conversation_id == conversation_id, table.c.seq == seq)
        async with self._storage.read() as tx:
            found = (await tx.execute(rows)).first()
        return _entry(found) if found else None

    async def last_before(self, conversation_id: str, at: float) -> Entry | None:
        """The newest event that has a Matrix event and is not younger than ``at`` (seconds since 1970)."""
        rows = select(table).where(
            table.c.conversation_id == conversation_id, table.c.at <= at, table.c.event_id.is_not(None)
        )
        async with self._storage.read() as tx:
            found = (await tx.execute(rows.order_by(table.c.seq.desc()).limit(1))).first()
        return _entry(found) if found else None

    async def rewrite(self, tx: AsyncConnection, entry: Entry, **changes: Any) -> None:
        """Change what is kept of an event, so that nobody can read back what was edited or taken back."""
        payload = json.dumps(entry.payload | changes, ensure_ascii=False)
        row = (table.c.conversation_id == entry.conversation_id, table.c.seq == entry.seq)
        await tx.execute(update(table).where(*row).values(payload=payload))

    async def count(self, conversation_ids: Iterable[str]) -> int:
        """How many events these conversations hold."""
        rows = select(func.count()).select_from(table).where(table.c.conversation_id.in_(list(conversation_ids)))
        async with self._storage.read() as tx:
            return int((await tx.execute(rows)).scalar_one())


def stamp(at: float) -> str:
    """RFC 3339, UTC, to the second."""
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(at))


def _entry(row: Any) -> Entry:
    return Entry(row.conversation_id, row.seq, json.loads(row.payload), row.event_id)
