"""Rooms made in advance, so that a conversation opens at the price of one state event.

The bridge's own user creates the room and keeps power 100 with the bots; the ghost never has any. A row is written
before the homeserver is asked and the room has an alias, so a crash half way leaves something for the next start.
"""

import asyncio
import contextlib
import secrets

import structlog
from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from brigade.book import Page
from brigade.errors import BrigadeError, Forbidden, Refused
from brigade.matrix import Account
from brigade.storage import Storage
from brigade.storage.tables import room as table

log = structlog.get_logger(__name__)

GHOST_NAME = "Citoyen"


class Rooms:
    """The pool of one channel; ``size`` rooms are kept ready."""

    def __init__(
        self, storage: Storage, sender: Account, channel: str, bots: str, size: int, *, ghosts: bool = True,
        heirs: tuple[str, ...] = (),
    ) -> None:  # fmt: skip
        """``ghosts``: a ghost named as the room is in it from the start; otherwise each person's own comes in later.
        ``heirs``: other bridges' users that may take the conversation over; as powerful as we are once invited.
        """
        self._storage = storage
        self._sender = sender
        self._channel = channel
        self._bots = bots
        self._size = size
        self._ghosts = ghosts
        self._heirs = heirs
        self._wanted = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to keep the pool full."""
        self._task = asyncio.create_task(self._keep_full(), name="rooms")

    async def stop(self) -> None:
        """Stop making rooms."""
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    def wake(self) -> None:
        """A room was taken, or the homeserver is back."""
        self._wanted.set()

    def ghost(self, localpart: str) -> Account:
        """A citizen's Matrix user."""
        return self._sender.sibling(f"@{localpart}:{self._sender.homeserver.server_name}")

    async def admit(self, room_id: str, localpart: str, name: str | None) -> None:
        """Bring a ghost of its own into a room; done before, it changes nothing."""
        ghost = self.ghost(localpart)
        await ghost.register(name or GHOST_NAME)
        await self._sender.invite(room_id, ghost.user_id)
        await ghost.join(room_id)

    async def hand_over(self, page: Page) -> None:
        """Invite the bridge that has taken the conversation over; our ghosts and we leave its room."""
        assert page.room_id and page.alias
        with contextlib.suppress(Forbidden):  # done before, up to our own leaving
            await self._sender.invite(page.room_id, f"@_{page.channel}:{self._sender.homeserver.server_name}")
            members = await self._sender.members(page.room_id)
            mine = [user for user in members if user.startswith(f"@_{self._channel}_")]
            for account in (*(self._sender.sibling(user) for user in mine), self._sender):
                await account.leave(page.room_id)
        async with self._storage.write() as tx:
            await tx.execute(update(table).where(table.c.alias == page.alias).values(channel=page.channel))

    async def is_ours(self, alias: str) -> bool:
        """Whether the room of that alias is this channel's now."""
        async with self._storage.read() as tx:
            found = await tx.execute(select(table.c.channel).where(table.c.alias == alias))
        return found.scalar_one_or_none() == self._channel

    async def take(self, tx: AsyncConnection) -> str | None:
        """The alias of a ready room, which is nobody else's from now on; None when there is none."""
        free = select(table.c.alias).where(table.c.channel == self._channel, table.c.ready, ~table.c.taken)
        one = free.limit(1).with_for_update(skip_locked=True).scalar_subquery()
        found = await tx.execute(update(table).where(table.c.alias == one).values(taken=True).returning(table.c.alias))
        alias = found.scalar_one_or_none()
        self.wake()
        return str(alias) if alias else None

    async def reserve(self, tx: AsyncConnection) -> str:
        """The alias of a room that will be made for one conversation, by ``complete``: none is ready."""
        alias = f"_{self._channel}_{secrets.token_hex(8)}"
        await tx.execute(table.insert().values(alias=alias, channel=self._channel, ready=False, taken=True))
        return alias

    async def complete(self, alias: str) -> None:
        """Make the room of that alias, or finish it. Raises Temporary when the homeserver is away."""
        room_id = await self._sender.resolve(self._full(alias)) or await self._create(alias)
        try:
            await self._furnish(alias, room_id)
        except Refused as error:
            # createRoom was cut short before the room could be used: give the alias to another.
            log.warning("half_made_room_given_up", room=room_id, reason=str(error))
            await self._sender.delete_alias(self._full(alias))
            await self._furnish(alias, await self._create(alias))

    def _full(self, alias: str) -> str:
        return f"#{alias}:{self._sender.homeserver.server_name}"

    async def _create(self, alias: str) -> str:
        invited = [self._bots]
        if self._ghosts:
            ghost = self.ghost(alias)
            await ghost.register(GHOST_NAME)
            invited.append(ghost.user_id)
        team = (self._sender.user_id, self._bots, *self._heirs)
        power = {
            "users": dict.fromkeys(team, 100),
            "state_default": 50,
            "invite": 50,
            "kick": 50,
            "redact": 50,
            "ban": 50,
        }
        return await self._sender.create_room(
            {
                "preset": "private_chat",
                "visibility": "private",
                "is_direct": False,
                "room_alias_name": alias,
                "creation_content": {"m.federate": True},
                "invite": invited,
                "power_level_content_override": power,
                "initial_state": [
                    {"type": "m.room.guest_access", "state_key": "", "content": {"guest_access": "forbidden"}}
                ],
            }
        )

    async def _furnish(self, alias: str, room_id: str) -> None:
        await self._sender.invite(room_id, self._bots)
        if self._ghosts:
            await self.ghost(alias).join(room_id)
        async with self._storage.write() as tx:
            await tx.execute(update(table).where(table.c.alias == alias).values(room_id=room_id, ready=True))

    async def _keep_full(self) -> None:
        wait = 0.2
        while True:
            try:
                await self._mend()
                while await self._ready() < self._size:
                    await self._one_more()
                wait = 0.2
                await self._wanted.wait()
                self._wanted.clear()
                await asyncio.sleep(0.3)  # the conversation that took a room goes first
            except BrigadeError as error:
                log.info("room_not_made", reason=str(error), retry_in=wait)
                await asyncio.sleep(wait)
                wait = min(30.0, wait * 2)

    async def _ready(self) -> int:
        mine = (table.c.channel == self._channel, table.c.ready, ~table.c.taken)
        async with self._storage.read() as tx:
            return int((await tx.execute(select(func.count()).select_from(table).where(*mine))).scalar_one())

    async def _one_more(self) -> None:
        async with self._storage.write() as tx:
            alias = await self.reserve(tx)
            await tx.execute(update(table).where(table.c.alias == alias).values(taken=False))
        await self.complete(alias)

    async def _mend(self) -> None:
        """Finish the pool's rooms that a crash or an outage left half made; conversations finish their own."""
        half = select(table.c.alias).where(table.c.channel == self._channel, ~table.c.ready, ~table.c.taken)
        async with self._storage.read() as tx:
            aliases = (await tx.execute(half)).scalars().all()
        for alias in aliases:
            await self.complete(str(alias))
