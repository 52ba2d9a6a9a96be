"""Many writers, one wait for the disk: whoever writes while others wait for their turn shares a transaction with them.

Each block is all or nothing by itself (a savepoint), and has ended only when the shared transaction is on disk.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from brigade.storage.turn import Turn

_MOST = 32  # blocks of one transaction
_LONGEST = 0.01  # seconds that it may be open: other processes wait for the file


class Group:
    """For an engine with one writer; ``lock`` begins a transaction."""

    def __init__(self, engine: AsyncEngine, turn: Turn, lock: Callable[[AsyncConnection], Awaitable[None]]) -> None:
        self._engine = engine
        self._turn = turn
        self._lock = lock
        self._tx: AsyncConnection | None = None
        self._done: asyncio.Future[None] | None = None
        self._count = 0
        self._began = 0.0
        self._closing: asyncio.Task[None] | None = None
        turn.idle = self._left_open

    @asynccontextmanager
    async def write(self, first: bool) -> AsyncIterator[AsyncConnection]:
        """As ``Storage.write``."""
        async with self._turn.first() if first else self._turn.last():
            tx = self._tx or await self._begin()
            done = self._done
            try:
                if self._count:
                    async with tx.begin_nested():
                        yield tx
                else:
                    yield tx
                self._count += 1
            except BaseException:
                if not self._count:
                    await self._roll_back(tx)
                raise
            finally:
                if self._count and (first or self._is_full()):
                    await self._commit(tx)
        assert done
        await done

    def _is_full(self) -> bool:
        late = asyncio.get_running_loop().time() - self._began > _LONGEST
        return late or self._count >= _MOST or not self._turn.awaited

    async def _begin(self) -> AsyncConnection:
        loop = asyncio.get_running_loop()
        tx = await self._engine.connect()
        try:
            await self._lock(tx)
        except BaseException:
            await tx.close()
            raise
        self._tx, self._done, self._count, self._began = tx, loop.create_future(), 0, loop.time()
        return tx

    async def _commit(self, tx: AsyncConnection) -> None:
        assert self._done
        done, self._tx, self._count = self._done, None, 0
        try:
            await tx.commit()
        except BaseException as error:  # noqa: BLE001 - each block has to know it
            done.set_exception(error)
            done.exception()  # who waits for it gets it; nobody may, and that is no news
            await tx.rollback()
        else:
            done.set_result(None)
        finally:
            await tx.close()

    def _left_open(self) -> None:
        """Whoever was to write next, and to commit, has been cancelled while they waited."""
        if self._tx is not None:
            self._closing = asyncio.create_task(self._close(), name="commit")

    async def _close(self) -> None:
        async with self._turn.last():
            if self._tx is not None:
                await self._commit(self._tx)

    async def _roll_back(self, tx: AsyncConnection) -> None:
        self._tx, self._count = None, 0
        await tx.rollback()
        await tx.close()
