"""The durable inbox: events are stored, acknowledged, then worked off, one at a time for each room."""

import asyncio
import hashlib
import json
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from typing import Any, Generic, Protocol, TypeVar

import structlog
from sqlalchemy import Row, bindparam, delete, func, select, update

from brigade import metrics
from brigade.errors import Temporary
from brigade.lanes import Lanes
from brigade.storage import Storage, tables

log = structlog.get_logger(__name__)

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


class Item(Protocol):
    """What can lie in an inbox: it is known by ``id``, worked off in the lane ``room_id``, and happened at ``at``."""

    @property
    def id(self) -> str:
        """Unique for one service."""
        ...

    @property
    def room_id(self) -> str:
        """Whose order it keeps: a room, or a person on another platform."""
        ...

    @property
    def at(self) -> float:
        """Seconds since 1970, by the clock of whoever sent it."""
        ...


ItemT = TypeVar("ItemT", bound=Item)


class Inbox(Generic[ItemT]):
    """One service's inbox. ``handle`` may be called again for the same event after a crash; ``parse`` makes an item of
    what was stored, or None of what is none.

    It raises Temporary to be asked again later (the room waits, others go on); any other error parks the event.
    """

    def __init__(
        self,
        storage: Storage,
        service: str,
        handle: Callable[[ItemT], Awaitable[None]],
        parse: Callable[[Any], ItemT | None],
    ) -> None:
        self.service = service
        self._storage = storage
        self._handle = handle
        self._parse = parse
        once = storage.insert(tables.inbox).on_conflict_do_nothing(index_elements=["service", "event_id"])
        self._insert = once.returning(tables.inbox.c.id, tables.inbox.c.event_id, tables.inbox.c.room_id)
        # What was stored just now and need not be read again; only for rooms without a backlog, where it is in order.
        self._fresh: dict[str, list[tuple[int, ItemT]]] = {}
        self._backlog: set[str] = set()
        self._read: set[int] = set()  # rows read back while they were being handed over: not a second time
        # Called with a room before it is worked off; whether events of it may have come out of order.
        self.before: Callable[[str], Awaitable[bool]] | None = None
        self.lanes = Lanes(f"inbox-{service}", 32, self._drain)

    async def store(self, events: Iterable[Any]) -> list[str]:
        """Keep raw events; those already known are dropped. Returns the rooms that got something new."""
        parsed = [(raw, self._parse(raw)) for raw in events]
        rows = [self._row(raw, event) for raw, event in parsed]
        if not rows:
            return []
        async with self._storage.write(first=True) as tx:
            found = await tx.execute(self._insert, rows if len(rows) > 1 else rows[0])
            stored = found.all()
        new = self._hand_over(stored, {event.id: event for _, event in parsed if event})
        metrics.RECEIVED.labels(self.service).inc(len(rows))
        for room_id in new:
            self.lanes.wake(room_id)
        return new

    def _hand_over(self, stored: Sequence[Row[Any]], events: Mapping[str, ItemT]) -> list[str]:
        """Leave for each room what was stored for it, in the order in which it came; the rooms."""
        order = {event_id: n for n, event_id in enumerate(events)}
        for row in sorted(stored, key=lambda row: order.get(row.event_id, -1)):
            if row.event_id in events:
                self._fresh.setdefault(row.room_id, []).append((row.id, events[row.event_id]))
            else:
                self._backlog.add(row.room_id)
        return list(dict.fromkeys(row.room_id for row in stored))

    def _row(self, raw: Any, event: ItemT | None) -> dict[str, Any]:
        text = json.dumps(raw, ensure_ascii=False)
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
            self._backlog.add(room_id)
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
            if self.before and room_id and await self.before(room_id):
                self._backlog.add(room_id)
            while room_id not in self._backlog and (fresh := self._fresh.pop(room_id, None)):
                for row_id, event in fresh:
                    if row_id in self._read:
                        continue
                    if wait := await self._one(row_id, event, 0):
                        return wait
            return await self._work_off(room_id) if room_id in self._backlog else None
        except Temporary as away:
            self._backlog.add(room_id)
            return away.retry_after or 1.0
        except BaseException:
            self._backlog.add(room_id)
            raise

    async def _work_off(self, room_id: str) -> float | None:
        """From the database: what came before this process, or had to wait."""
        while True:
            self._fresh.pop(room_id, None)  # it is in the database too
            async with self._storage.read() as tx:
                rows = (await tx.execute(_NEXT, {"of": self.service, "room": room_id})).all()
            if not rows:
                if room_id not in self._fresh:
                    self._backlog.discard(room_id)
                    return None
                continue
            self._read = {row.id for row in rows} | (self._read if len(self._read) < 1000 else set())
            for row in rows:
                if wait := await self._one(row.id, self._parse(json.loads(row.payload)), row.attempts):
                    return wait

    async def _one(self, row_id: int, event: ItemT | None, attempts: int) -> float | None:
        """Work off one event; the seconds to wait when it must be tried again."""
        outcome, error = "done", None
        try:
            if event is None:
                outcome, error = "parked", "not an event: a field that identifies it is missing"
            else:
                await self._handle(event)
                await asyncio.sleep(0)  # whom it was for is told before it is ticked off
        except Temporary as later:
            self._backlog.add(event.room_id if event else "")
            await self._mark(row_id, attempts=attempts + 1, error=type(later).__name__)
            return later.retry_after or min(60.0, 0.5 * 2 ** min(attempts, 7))
        except Exception as bug:  # whatever one event does must not stop its room: parked with its error for a person
            log.exception("event_parked", service=self.service, event_id=event.id if event else None)
            outcome, error = "parked", f"{type(bug).__name__}"
        if outcome == "done":
            async with self._storage.write() as tx:
                await tx.execute(_DONE, {"row": row_id})
        else:
            await self._mark(row_id, state=outcome, error=error)
        metrics.HANDLED.labels(self.service, outcome).inc()
        return None

    async def _mark(self, row_id: int, **values: Any) -> None:
        async with self._storage.write() as tx:
            await tx.execute(update(tables.inbox).where(tables.inbox.c.id == row_id).values(**values))
