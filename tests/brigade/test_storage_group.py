"""Many who write at once: each block is whole or not there, on disk when it has ended; whoever hurries goes first."""

import asyncio
import sqlite3

import pytest
from sqlalchemy import select

from brigade.storage import Storage, tables
from brigade.storage.turn import Turn


@pytest.fixture
def storage(storage: Storage) -> Storage:
    storage.be_polite()
    return storage


async def put(storage: Storage, name: str, *, fails: bool = False, first: bool = False) -> None:
    async with storage.write(first=first) as tx:
        await tx.execute(tables.counter.insert().values(name=name, value=1))
        await asyncio.sleep(0)
        if fails:
            raise ZeroDivisionError


async def names(storage: Storage) -> set[str]:
    async with storage.read() as tx:
        return set((await tx.execute(select(tables.counter.c.name))).scalars())


async def test_who_fails_takes_nobody_along(storage: Storage) -> None:
    tasks = [put(storage, f"{n}", fails=n % 7 == 0, first=n % 10 == 3) for n in range(100)]
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert [n for n, end in enumerate(ended) if isinstance(end, ZeroDivisionError)] == list(range(0, 100, 7))
    assert await names(storage) == {f"{n}" for n in range(100) if n % 7}


async def test_what_has_ended_is_there_for_others(storage: Storage) -> None:
    async def write_and_look(n: int) -> bool:
        await put(storage, f"{n}")
        return f"{n}" in await names(storage)

    assert all(await asyncio.gather(*(write_and_look(n) for n in range(50))))


async def test_a_block_that_breaks_a_rule_is_refused_alone(storage: Storage) -> None:
    ended = await asyncio.gather(*(put(storage, f"{n // 2}") for n in range(20)), return_exceptions=True)
    assert sum(end is not None for end in ended) == 10
    assert await names(storage) == {f"{n}" for n in range(10)}


async def test_who_is_cancelled_while_waiting_leaves_nothing_open(storage: Storage) -> None:
    tasks = [asyncio.create_task(put(storage, f"{n}")) for n in range(10)]
    await asyncio.sleep(0)
    for task in tasks[1:]:
        task.cancel()
    ended = await asyncio.gather(*tasks, return_exceptions=True)
    assert ended[0] is None
    assert "0" in await names(storage)
    async with asyncio.timeout(5):
        await put(storage, "after")
    if storage.sqlite:  # nobody holds the file
        other = sqlite3.connect(str(storage.url.database), timeout=1)
        other.execute("BEGIN IMMEDIATE")
        other.close()


async def test_who_hurries_goes_before_those_who_wait() -> None:
    turn, order = Turn(), list[str]()

    async def take(name: str, hurry: bool) -> None:
        async with turn.first() if hurry else turn.last():
            order.append(name)
            await asyncio.sleep(0)

    turn.polite = True
    await asyncio.gather(take("holds", False), take("waits", False), take("waits too", False), take("hurries", True))
    assert order == ["holds", "hurries", "waits", "waits too"]
