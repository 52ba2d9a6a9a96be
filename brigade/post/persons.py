"""Who writes from a platform: known again by a keyed hash, so that nothing of their address is in Matrix."""

import hashlib
import hmac
import json
from dataclasses import dataclass, replace
from typing import Any, Self

from sqlalchemy import Row, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from brigade.storage import Storage
from brigade.storage.tables import person as table


@dataclass(frozen=True, slots=True)
class Person:
    """``id`` is the keyed hash; ``account`` ours and ``address`` theirs on the platform; ``heard_at`` in seconds since
    1970; ``memory`` is the channel's own.
    """

    id: str
    channel: str
    account: str
    address: str
    name: str | None
    conversation_id: str | None
    heard_at: float
    blocked: bool
    memory: dict[str, Any]

    @classmethod
    def of(cls, row: Row[Any]) -> Self:
        """From a row."""
        values = {name: getattr(row, name) for name in cls.__slots__}
        return cls(**values | {"memory": json.loads(row.memory)})

    @property
    def ghost(self) -> str:
        """Localpart of their Matrix user."""
        return f"_{self.channel}_{self.id[:20]}"


class Persons:
    """Of one channel; ``key`` is the secret of the hash."""

    def __init__(self, storage: Storage, channel: str, key: str) -> None:
        self._storage = storage
        self._channel = channel
        self._key = key.encode()

    def id(self, account: str, address: str) -> str:
        """The same person on the same account of ours is the same id; without the key it says nothing."""
        words = "\x1f".join((self._channel, account, address)).encode()
        return hmac.new(self._key, words, hashlib.sha256).hexdigest()[:40]

    async def meet(self, account: str, address: str, heard_at: float) -> Person:
        """The person of that address, new or known; when they were last heard is kept."""
        person_id = self.id(account, address)
        new = {
            "id": person_id, "channel": self._channel, "account": account, "address": address, "heard_at": heard_at,
            "blocked": False, "memory": "{}",
        }  # fmt: skip
        later = (table.c.id == person_id, table.c.heard_at < heard_at)
        async with self._storage.write() as tx:
            await tx.execute(self._storage.insert(table).values(new).on_conflict_do_nothing(index_elements=["id"]))
            await tx.execute(update(table).where(*later).values(heard_at=heard_at))
            row = (await tx.execute(select(table).where(table.c.id == person_id))).one()
        return Person.of(row)

    async def get(self, person_id: str) -> Person | None:
        """By id."""
        async with self._storage.read() as tx:
            row = (await tx.execute(select(table).where(table.c.id == person_id))).first()
        return Person.of(row) if row else None

    async def tagged(self, beginning: str) -> Person | None:
        """The person whose id begins so; it was given to them in an address."""
        mine = (table.c.channel == self._channel, table.c.id >= beginning, table.c.id < beginning + "g")
        async with self._storage.read() as tx:
            row = (await tx.execute(select(table).where(*mine).limit(1))).first()
        return Person.of(row) if row else None

    async def change(self, tx: AsyncConnection, person_id: str, **values: Any) -> None:
        """Set columns; ``memory`` takes a dict."""
        if "memory" in values:
            values["memory"] = json.dumps(values["memory"], ensure_ascii=False)
        await tx.execute(update(table).where(table.c.id == person_id).values(**values))

    async def recall(self, person: Person, **memory: Any) -> Person:
        """Change keys of their memory, None forgets one; the person as they are known now."""
        async with self._storage.write() as tx:
            row = (await tx.execute(select(table).where(table.c.id == person.id))).one()
            kept = {key: value for key, value in (json.loads(row.memory) | memory).items() if value is not None}
            await self.change(tx, person.id, memory=kept)
        return replace(Person.of(row), memory=kept)

    async def note(self, person: Person, **values: Any) -> None:
        """As ``change``, in a transaction of its own."""
        async with self._storage.write() as tx:
            await self.change(tx, person.id, **values)
