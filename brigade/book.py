"""The address book: which citizen is in which room, with which token, under which reference."""

import hashlib
import json
import secrets
import time
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from sqlalchemy import ColumnElement, Row, Select, bindparam, case, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from brigade.storage import Storage
from brigade.storage.tables import conversation as table
from brigade.storage.tables import counter, outgoing
from brigade.storage.tables import room as rooms
from brigade.vocabulary import Conversation, Status, Urgency


def digest(token: str) -> str:
    """What we keep of a token: enough to know it again, not enough to use it."""
    return hashlib.sha256(token.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Opening:
    """What a citizen says when a conversation begins; ``urgency``: what the page they come from means already."""

    channel: str
    entry_point: str
    language: str
    pseudonym: str | None = None
    postcode: str | None = None
    text: str | None = None
    client_id: str | None = None
    urgency: Urgency = Urgency.NORMAL
    ghost: str | None = None  # localpart of the person's own ghost, where the channel knows people again
    person: str | None = None


@dataclass(frozen=True, slots=True)
class Page:
    """One conversation in the book. ``alias`` is the localpart of its room's alias; ``ghost`` of the citizen's Matrix
    user, which is called as the alias unless the channel knows people again.
    """

    id: str
    channel: str
    reference: str
    expires_at: float
    alias: str | None
    ghost: str | None
    person: str | None
    posted_seq: int
    room_id: str | None
    dressed: bool
    entry_point: str
    language: str
    pseudonym: str | None
    postcode: str | None
    state: Conversation
    sheet: str | None
    last_seq: int
    read_seq: int
    seen_seq: int
    opened_at: float
    closed_at: float | None
    left_at: float | None

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        """From a row of the book joined with its room."""
        values = {name: getattr(row, name) for name in cls.__slots__ if name != "state"}
        values["ghost"] = row.ghost or row.alias
        state = Conversation.parse(json.loads(row.state))
        assert state is not None
        return cls(**values, state=state)

    @property
    def alive(self) -> bool:
        """Whether its token is good."""
        return self.left_at is None and time.time() < self.expires_at


@dataclass(frozen=True, slots=True)
class Opened:
    """What the citizen gets back; ``token`` is shown once and kept nowhere."""

    id: str
    token: str
    reference: str
    expires_at: float


class Book:
    """Reads and writes pages; ``lifetime`` of a token in seconds."""

    def __init__(self, storage: Storage, channel: str, lifetime: float) -> None:
        self._storage = storage
        self.channel = channel
        self._lifetime = lifetime

    async def open(self, tx: AsyncConnection, opening: Opening, urgency: Urgency, alias: str | None) -> Opened:
        """Write a new page; nothing here waits for the homeserver."""
        now = time.time()
        opened = Opened(
            secrets.token_hex(16), secrets.token_urlsafe(32), await self._reference(tx), now + self._lifetime
        )
        state = Conversation(
            opened.reference, opening.channel, opening.entry_point, opening.language, urgency,
            opened_at=datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        )  # fmt: skip
        await tx.execute(
            table.insert().values(
                id=opened.id, channel=opening.channel, reference=opened.reference, token_hash=digest(opened.token),
                expires_at=opened.expires_at, alias=alias, dressed=False, entry_point=opening.entry_point,
                language=opening.language, pseudonym=opening.pseudonym, postcode=opening.postcode,
                state=json.dumps(state.content()), status=state.status, urgency=urgency, opened_at=now,
                ghost=opening.ghost, person=opening.person,
            )
        )  # fmt: skip
        return opened

    async def move(self, tx: AsyncConnection, page: Page, ghost: str) -> Opened:
        """Make a page of another channel one of this channel, with a new token and another ghost."""
        expires_at = time.time() + self._lifetime
        await self.change(tx, page.id, channel=self.channel, ghost=ghost, expires_at=expires_at)
        return Opened(page.id, await self.new_token(tx, page.id), page.reference, expires_at)

    async def taken_over(self) -> list[Page]:
        """Conversations that were this channel's, that another waits to adopt, and whose room still is ours."""
        waits = (outgoing.c.state == "pending", outgoing.c.action == "adopt")
        adopted = select(outgoing.c.conversation_id).where(*waits)  # few, and by an index: no cost grows with history
        ours = (rooms.c.channel == self.channel, table.c.channel != self.channel, rooms.c.room_id.is_not(None))
        query = _pages().where(table.c.id.in_(adopted), *ours)
        async with self._storage.read() as tx:
            return [Page.of(row) for row in await tx.execute(query.limit(100))]

    async def new_token(self, tx: AsyncConnection, conversation_id: str) -> str:
        """A token that replaces the one before."""
        token = secrets.token_urlsafe(32)
        await self.change(tx, conversation_id, token_hash=digest(token))
        return token

    async def _reference(self, tx: AsyncConnection) -> str:
        year = datetime.now(UTC).strftime("%Y")
        add = self._storage.insert(counter).values(name=year, value=1)
        add = add.on_conflict_do_update(index_elements=["name"], set_={"value": counter.c.value + 1})
        n = (await tx.execute(add.returning(counter.c.value))).scalar_one()
        return f"{year}-{n:06d}"

    async def page(self, conversation_id: str) -> Page | None:
        """By the citizen's conversation id."""
        return await self._one(_BY_ID, id=conversation_id)

    async def by_token(self, conversation_id: str, token: str) -> Page | None:
        """By id and token together; None when either is wrong."""
        return await self._one(_BY_TOKEN, id=conversation_id, token=digest(token))

    async def by_room(self, room_id: str) -> Page | None:
        """By the Matrix room."""
        return await self._one(_BY_ROOM, room=room_id, channel=self.channel)

    async def _one(self, query: Select[Any], **values: str) -> Page | None:
        async with self._storage.read() as tx:
            row = (await tx.execute(query, values)).first()
        return Page.of(row) if row else None

    async def change(self, tx: AsyncConnection, conversation_id: str, **values: Any) -> None:
        """Set columns of a page; ``state`` takes a Conversation and keeps status and urgency in step."""
        if isinstance(state := values.get("state"), Conversation):
            values |= {"state": json.dumps(state.content()), "status": state.status, "urgency": state.urgency}
        await tx.execute(update(table).where(table.c.id == conversation_id).values(**values))

    async def sheet(self, conversation_id: str) -> str | None:
        """The sheet's event id, once the bots have posted it."""
        async with self._storage.read() as tx:
            return (await tx.execute(select(table.c.sheet).where(table.c.id == conversation_id))).scalar_one_or_none()

    async def past(self, person: str) -> list[str]:
        """The references of a person's conversations, oldest first."""
        query = select(table.c.reference).where(table.c.person == person).order_by(table.c.opened_at)
        async with self._storage.read() as tx:
            return list((await tx.execute(query)).scalars())

    async def queue(self) -> list[str]:
        """The ids of the conversations that wait, next one first: by urgency, then by age, over all channels."""
        rank = case({str(u): u.rank for u in Urgency}, value=table.c.urgency, else_=Urgency.NORMAL.rank)
        query = select(table.c.id).where(table.c.status == Status.WAITING, table.c.left_at.is_(None))
        async with self._storage.read() as tx:
            return list((await tx.execute(query.order_by(rank, table.c.opened_at))).scalars())

    async def expired(self) -> list[Page]:
        """This channel's conversations whose token has died while the citizen was still there."""
        return await self._some(table.c.expires_at < time.time(), table.c.left_at.is_(None))

    async def over(self) -> list[Page]:
        """This channel's conversations that are closed, that the citizen has left, and whose room we are still in."""
        closed = table.c.status == Status.CLOSED
        return await self._some(closed, table.c.left_at.is_not(None), table.c.vacated_at.is_(None))

    async def _some(self, *conditions: ColumnElement[bool]) -> list[Page]:
        query = _pages().where(table.c.channel == self.channel, *conditions).limit(100)
        async with self._storage.read() as tx:
            return [Page.of(row) for row in await tx.execute(query)]


def _pages() -> Select[Any]:
    return select(table, rooms.c.room_id).select_from(table.outerjoin(rooms, table.c.alias == rooms.c.alias))


# Built once: building them costs as much as running them, and each message needs one.
_BY_ID = _pages().where(table.c.id == bindparam("id"))
_BY_TOKEN = _BY_ID.where(table.c.token_hash == bindparam("token"))
_BY_ROOM = _pages().where(rooms.c.room_id == bindparam("room"), table.c.channel == bindparam("channel"))
