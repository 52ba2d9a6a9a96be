"""To the platform: each message of the transcript in order, once. One lane a conversation.

A row is written before the call. When a call's outcome is unknown (no answer, or we were killed), the platform is
looked at before the message is sent again: most platforms have no idempotency key.
"""

import time
from collections.abc import Awaitable, Callable
from enum import StrEnum

import structlog
from sqlalchemy import ColumnElement, select, update

from brigade import metrics
from brigade.book import Page
from brigade.errors import Refused, Temporary, Unreachable
from brigade.lanes import Lanes
from brigade.post.capabilities import Capabilities
from brigade.post.parcels import Parcel, parcels
from brigade.post.persons import Person, Persons
from brigade.relay import Relay
from brigade.storage.tables import conversation, parcel
from brigade.transcript import Entry

log = structlog.get_logger(__name__)

Send = Callable[[Page, Person, Parcel], Awaitable[str | None]]
_LONGEST_WAIT = 300.0  # seconds
_TELL_AFTER = 5  # tries after which the team is told
_LATE = "La plateforme du citoyen ne prend pas nos messages pour le moment ; ils partiront dès qu’elle répondra."


class State(StrEnum):
    """Of a parcel."""

    SENDING = "sending"
    WAITING = "waiting"
    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    FAILED = "failed"


class Postman:
    """Of one channel. ``send`` returns what the platform calls the message; ``look`` finds it there, or None."""

    def __init__(self, relay: Relay, persons: Persons, can: Capabilities, send: Send, look: Send) -> None:
        self._relay = relay
        self._storage = relay.storage
        self._persons = persons
        self._can = can
        self._send = send
        self._look = look
        self._tries: dict[str, int] = {}
        self.lanes = Lanes(f"post-{relay.book.channel}", 16, self._drain)

    async def resume(self) -> None:
        """Go on with what was left from before."""
        mine = (conversation.c.channel == self._relay.book.channel, conversation.c.person.is_not(None))
        behind = (conversation.c.posted_seq < conversation.c.last_seq, conversation.c.left_at.is_(None))
        async with self._storage.read() as tx:
            found = (await tx.execute(select(conversation.c.id).where(*mine, *behind))).scalars().all()
        for conversation_id in found:
            self.lanes.wake(str(conversation_id))

    async def _drain(self, conversation_id: str) -> float | None:
        page = await self._relay.book.page(conversation_id)
        if page is None or page.channel != self._relay.book.channel or page.left_at is not None or not page.person:
            return None
        posted = page.posted_seq
        try:
            while entries := await self._relay.transcript.since(page.id, posted, 50):
                for entry in entries:
                    await self._entry(page, entry)
                posted = entries[-1].seq
                await self._advance(page, posted)
        except Temporary as away:
            tries = self._tries[page.id] = self._tries.get(page.id, -1) + 1
            if tries == _TELL_AFTER:
                await self._relay.desk.note(page, f"late:{posted}", _LATE)
            metrics.SENT.labels(f"{page.channel}-post", "postponed").inc()
            return away.retry_after or min(_LONGEST_WAIT, 0.5 * 2 ** min(tries, 12))
        self._tries.pop(page.id, None)
        return None

    async def _entry(self, page: Page, entry: Entry) -> None:
        given = parcels(entry, self._can)
        if not given:
            return
        assert page.person
        person = await self._persons.get(page.person)
        if person is None:
            return
        taken = [await self._one(page, person, each) for each in given]
        if all(taken) and entry.event_id and entry.payload.get("from") == "gendarme":
            await self._relay.desk.delivered(page, entry.event_id)

    async def _one(self, page: Page, person: Person, each: Parcel) -> bool:
        """Whether the platform has it."""
        before = await self._begin(page, each)
        if before in (State.SENT, State.DELIVERED, State.READ, State.FAILED):
            return before is not State.FAILED
        try:
            known = await self._look(page, person, each) if before is State.SENDING else None
            remote = known or await self._send(page, person, each)
        except Unreachable:
            raise
        except Temporary:
            await self._mark(page, each, State.WAITING)
            raise
        except Refused as error:
            log.info("parcel_refused", conversation=page.reference, code=error.code)
            metrics.SENT.labels(f"{page.channel}-post", "refused").inc()
            await self._mark(page, each, State.FAILED, error=str(error))
            await self._relay.desk.failed(page, each.event_id, str(error), f"failed:{each.key}")
            return False
        metrics.SENT.labels(f"{page.channel}-post", "done").inc()
        await self._mark(page, each, State.SENT, remote_id=remote)
        return True

    async def _begin(self, page: Page, each: Parcel) -> State | None:
        """Write that it is being sent; where it stood before."""
        row = {
            "conversation_id": page.id,
            "seq": each.seq,
            "part": each.part,
            "state": State.SENDING,
            "at": time.time(),
        }
        once = self._storage.insert(parcel).values(row)
        once = once.on_conflict_do_nothing(index_elements=["conversation_id", "seq", "part"]).returning(parcel.c.id)
        async with self._storage.write() as tx:
            if (await tx.execute(once)).first():
                return None
            state = (await tx.execute(select(parcel.c.state).where(*_row(page, each)))).scalar_one()
            if state == State.WAITING:
                again = {"state": State.SENDING, "at": time.time()}
                await tx.execute(update(parcel).where(*_row(page, each)).values(again))
        return State(state)

    async def _mark(
        self, page: Page, each: Parcel, state: State, remote_id: str | None = None, error: str | None = None
    ) -> None:
        # ``at`` stays when it was begun: before the platform's own time of it, which it compares with what was read.
        values = {"state": state, "error": error} | ({"remote_id": remote_id} if remote_id else {})
        async with self._storage.write() as tx:
            await tx.execute(update(parcel).where(*_row(page, each)).values(**values))

    async def _advance(self, page: Page, seq: int) -> None:
        async with self._storage.write() as tx:
            await self._relay.book.change(tx, page.id, posted_seq=seq)

    # What the platform says afterwards.

    async def remote_id(self, conversation_id: str, seq: int) -> str | None:
        """What the platform calls the first part of a message."""
        row = (parcel.c.conversation_id == conversation_id, parcel.c.seq == seq, parcel.c.part == 0)
        async with self._storage.read() as tx:
            return (await tx.execute(select(parcel.c.remote_id).where(*row))).scalar_one_or_none()

    async def ours(self, remote_id: str) -> bool:
        """Whether we sent that message: an echo of it is no news."""
        async with self._storage.read() as tx:
            return (await tx.execute(select(parcel.c.id).where(parcel.c.remote_id == remote_id))).first() is not None

    async def echoed(self, key: str, remote_id: str) -> bool:
        """The platform shows us what we sent with ``key``, perhaps before it has answered; False: it is not ours."""
        conversation_id, _, rest = key.partition(":")
        seq, _, part = rest.partition(":")
        if not (conversation_id and seq.isdigit() and part.isdigit()):
            return False
        row = (parcel.c.conversation_id == conversation_id, parcel.c.seq == int(seq), parcel.c.part == int(part))
        async with self._storage.write() as tx:
            found = await tx.execute(update(parcel).where(*row).values(remote_id=remote_id).returning(parcel.c.id))
            return found.first() is not None

    async def unsettled(self, page: Page) -> bool:
        """Whether we do not know of something that we sent whether the platform has it, and what it calls it."""
        row = (parcel.c.conversation_id == page.id, parcel.c.state == State.SENDING)
        async with self._storage.read() as tx:
            return (await tx.execute(select(parcel.c.id).where(*row).limit(1))).first() is not None

    async def begun(self, each: Parcel) -> tuple[str | None, float]:
        """What the platform calls a parcel, when it has said so; and when we began to send it."""
        conversation_id = each.key.partition(":")[0]
        row = (parcel.c.conversation_id == conversation_id, parcel.c.seq == each.seq, parcel.c.part == each.part)
        async with self._storage.read() as tx:
            found = (await tx.execute(select(parcel.c.remote_id, parcel.c.at).where(*row))).one()
        return found.remote_id, found.at

    async def about(self, page: Page, remote_id: str) -> Entry | None:
        """The message that the platform calls so, whoever said it."""
        row = (parcel.c.conversation_id == page.id, parcel.c.remote_id == remote_id)
        async with self._storage.read() as tx:
            seq = (await tx.execute(select(parcel.c.seq).where(*row))).scalar()
            if seq is None:
                return await self._relay.transcript.by_source(tx, page.id, f"me:{remote_id}")
        return await self._relay.transcript.at(page.id, seq)

    async def delivered(self, page: Page, until: float) -> None:
        """Everything sent up to ``until`` (seconds since 1970) is on the person's device."""
        row = (parcel.c.conversation_id == page.id, parcel.c.at <= until, parcel.c.state == State.SENT)
        async with self._storage.write() as tx:
            await tx.execute(update(parcel).where(*row).values(state=State.DELIVERED))

    async def seen(self, page: Page, *, until: float | None = None, remote_id: str | None = None) -> None:
        """The person has read everything sent up to ``until`` (seconds since 1970), or up to that message."""
        there = (State.SENT, State.DELIVERED, State.READ)
        query = select(parcel.c.seq).where(parcel.c.conversation_id == page.id, parcel.c.state.in_(there))
        query = query.where(parcel.c.remote_id == remote_id) if remote_id else query.where(parcel.c.at <= (until or 0))
        async with self._storage.read() as tx:
            seq = (await tx.execute(query.order_by(parcel.c.seq.desc()).limit(1))).scalar_one_or_none()
        if seq is None:
            return
        done = (
            parcel.c.conversation_id == page.id,
            parcel.c.seq <= seq,
            parcel.c.state.in_((State.SENT, State.DELIVERED)),
        )
        async with self._storage.write() as tx:
            await tx.execute(update(parcel).where(*done).values(state=State.READ))
        await self._relay.read(page, seq)

    async def failed_later(self, page: Page, remote_id: str, reason: str) -> None:
        """The platform took a message and could not deliver it after all (a bounce, a failed status)."""
        row = (parcel.c.conversation_id == page.id, parcel.c.remote_id == remote_id)
        async with self._storage.write() as tx:
            await tx.execute(update(parcel).where(*row).values(state=State.FAILED, error=reason))
            seq = (await tx.execute(select(parcel.c.seq).where(*row))).scalar_one_or_none()
        entry = await self._relay.transcript.at(page.id, seq) if seq is not None else None
        event_id = entry.event_id if entry else None
        await self._relay.desk.failed(page, event_id, reason, f"bounced:{remote_id}")


def _row(page: Page, each: Parcel) -> tuple[ColumnElement[bool], ...]:
    return parcel.c.conversation_id == page.id, parcel.c.seq == each.seq, parcel.c.part == each.part
