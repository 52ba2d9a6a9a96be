"""The durable inbox: events are stored, acknowledged, then worked off, one at a time for each room."""

import hashlib
import json
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import structlog
from sqlalchemy import Row, bindparam, delete, func, select, update

from brigade import metrics
from brigade.errors import Temporary
from brigade.events import Event
from brigade.lanes import Lanes
from brigade.storage import Storage, tables

log = structlog.get_logger(__name__)

Handler = Callable[[Event], Awaitable[None]]
_BATCH = 50
# Built once: building a statement costs as much as running it, and somebody waits.
_NEXT = (
    select(tables.inbox)
    .where(
        tables.inbox.c.service == bindparam("of"),
        tables.inbox.c.state == "pending",
        tables.inbox.c.room_id == bindparam("room"),
    )
    .order_by(tables.inbox.c.sent_at, tables.inbox.c.id)
    .limit(_BATCH)
)
_DONE = update(tables.inbox).where(tables.inbox.c.id == bindparam("row")).values(state="done", error=None, payload=None)
_MEMORY = 7 * 86400.0  # seconds that an event id is remembered: longer than any retry of the homeserver


class Inbox:
    """One application service's inbox. ``handle`` may be called again for the same event after a crash.

    It raises Temporary to be asked again later (the room waits, others go on); any other error parks the event.
    """

    def __init__(self, storage: Storage, service: str, handle: Handler) -> None:
        self.service = service
        self._storage = storage
        self._handle = handle
        once = storage.insert(tables.inbox).on_conflict_do_nothing(index_elements=["service", "event_id"])
        self._insert = once.returning(tables.inbox.c.room_id)
        self.before: Callable[[str], Awaitable[None]] | None = None  # called with a room before it is worked off
        self.lanes = Lanes(f"inbox-{service}", 32, self._drain)

    async def store(self, events: Iterable[Any]) -> list[str]:
        """Keep raw events; those already known are dropped. Returns the rooms that got something new."""
        rows = [self._row(raw) for raw in events]
        if not rows:
            return []
        async with self._storage.write() as tx:
            found = await tx.execute(self._insert, rows if len(rows) > 1 else rows[0])
            new = list(dict.fromkeys(found.scalars()))
        metrics.RECEIVED.labels(self.service).inc(len(rows))
        for room_id in new:
            self.lanes.wake(room_id)
        return new

    def _row(self, raw: Any) -> dict[str, Any]:
        text = json.dumps(raw, ensure_ascii=False)
        event = Event.parse(raw)
        known = (event.id, event.room_id) if event else (hashlib.sha256(text.encode()).hexdigest(), "")
        return {
            "service": self.service, "event_id": known[0][:255], "room_id": known[1][:255], "payload": text,
            "state": "pending", "attempts": 0, "received_at": time.time(), "sent_at": event.at if event else 0.0,
        }  # fmt: skip

    async def knows(self, event_ids: Iterable[str]) -> set[str]:
        """Which of these events were stored already."""
        ids = select(tables.inbox.c.event_id).where(
            tables.inbox.c.service == self.service, tables.inbox.c.event_id.in_(list(event_ids))
        )
        async with self._storage.read() as tx:
            return set((await tx.execute(ids)).scalars())

    async def lively(self, within: float) -> set[str]:
        """The rooms that got an event in the last ``within`` seconds."""
        recent = tables.inbox.c.received_at > time.time() - within
        query = select(tables.inbox.c.room_id).where(tables.inbox.c.service == self.service, recent).distinct()
        async with self._storage.read() as tx:
            return set((await tx.execute(query)).scalars())

    async def resume(self) -> None:
        """Wake every room that has something left from before."""
        pending = select(tables.inbox.c.room_id).where(*self._pending()).distinct()
        async with self._storage.read() as tx:
            rooms = (await tx.execute(pending)).scalars().all()
        for room_id in rooms:
            self.lanes.wake(room_id)

    async def count(self) -> int:
        """How many events wait."""
        async with self._storage.read() as tx:
            found = await tx.execute(select(func.count()).select_from(tables.inbox).where(*self._pending()))
        waiting = int(found.scalar_one())
        metrics.PENDING.labels(self.service).set(waiting)
        return waiting

    async def forget_old(self) -> None:
        """Drop what was worked off so long ago that it cannot come again; what is parked stays for a person."""
        box = tables.inbox.c
        # Each room's last event stays: it is where catching up stops, however quiet the room was.
        last = select(func.max(box.id)).where(box.service == self.service).group_by(box.room_id)
        old = (box.service == self.service, box.state == "done", box.received_at < time.time() - _MEMORY)
        async with self._storage.write() as tx:
            await tx.execute(delete(tables.inbox).where(*old, box.id.not_in(last)))

    def _pending(self) -> tuple[Any, Any]:
        return tables.inbox.c.service == self.service, tables.inbox.c.state == "pending"

    async def _drain(self, room_id: str) -> float | None:
        try:
            if self.before and room_id:
                await self.before(room_id)
            while True:
                async with self._storage.read() as tx:
                    rows = (await tx.execute(_NEXT, {"of": self.service, "room": room_id})).all()
                if not rows:
                    return None
                for row in rows:
                    if wait := await self._one(row):
                        return wait
        except Temporary as away:
            return away.retry_after or 1.0

    async def _one(self, row: Row[Any]) -> float | None:
        """Work off one event; the seconds to wait when it must be tried again."""
        event = Event.parse(json.loads(row.payload))
        outcome, error = "done", None
        try:
            if event is None:
                outcome, error = "parked", "not an event: a field that identifies it is missing"
            else:
                await self._handle(event)
        except Temporary as later:
            await self._mark(row.id, attempts=row.attempts + 1, error=type(later).__name__)
            return later.retry_after or min(60.0, 0.5 * 2 ** min(row.attempts, 7))
        except Exception as bug:  # whatever one event does must not stop its room: parked with its error for a person
            log.exception("event_parked", service=self.service, event_id=row.event_id)
            outcome, error = "parked", f"{type(bug).__name__}"
        if outcome == "done":
            async with self._storage.write() as tx:
                await tx.execute(_DONE, {"row": row.id})
        else:
            await self._mark(row.id, state=outcome, error=error)
        metrics.HANDLED.labels(self.service, outcome).inc()
        return None

    async def _mark(self, row_id: int, **values: Any) -> None:
        async with self._storage.write() as tx:
            await tx.execute(update(tables.inbox).where(tables.inbox.c.id == row_id).values(**values))
