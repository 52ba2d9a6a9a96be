"""The database: one schema on both engines, numbered steps, a refusal instead of a guess."""

import asyncio
from collections.abc import Callable

import pytest
from sqlalchemy import select, text

from brigade.errors import Misconfigured, Temporary
from brigade.storage import Storage, tables, upgrade_async
from brigade.storage.schema import check, differences, head


async def test_the_steps_build_the_tables_that_the_code_knows(new_database: Callable[[], str]) -> None:
    url = new_database()
    await upgrade_async(url)
    assert await differences(url) == []
    await check(url)


async def test_upgrading_twice_changes_nothing(new_database: Callable[[], str]) -> None:
    url = new_database()
    await upgrade_async(url)
    await upgrade_async(url)
    await check(url)


async def test_an_empty_database_is_refused_with_what_to_do(new_database: Callable[[], str]) -> None:
    with pytest.raises(Misconfigured, match="brigade db upgrade"):
        await check(new_database())


async def test_a_newer_database_is_refused(new_database: Callable[[], str]) -> None:
    url = new_database()
    await upgrade_async(url)
    newer = Storage(url)
    async with newer.write() as tx:
        await tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    await newer.close()
    for action in (upgrade_async, check):
        with pytest.raises(Misconfigured, match=f"9999.*{head()}"):
            await action(url)


async def test_a_write_that_fails_leaves_nothing(storage: Storage) -> None:
    with pytest.raises(ZeroDivisionError):
        async with storage.write() as tx:
            await tx.execute(tables.counter.insert().values(name="2026", value=1))
            raise ZeroDivisionError
    async with storage.read() as tx:
        assert (await tx.execute(select(tables.counter))).all() == []


async def test_a_database_that_is_away_is_temporary() -> None:
    away = Storage("postgresql+asyncpg://nobody@127.0.0.1:1/none")
    with pytest.raises(Temporary, match="database is away"):
        await away.ping()
    await away.close()


async def test_two_processes_write_at_once_and_neither_is_refused(new_database: Callable[[], str]) -> None:
    url = new_database()
    await upgrade_async(url)
    both = Storage(url), Storage(url)
    async with both[0].write() as tx:
        await tx.execute(tables.counter.insert().values(name="2026", value=0))

    async def count(storage: Storage) -> None:
        for _ in range(50):
            async with storage.write() as tx:
                value = (await tx.execute(select(tables.counter.c.value).with_for_update())).scalar_one()
                await asyncio.sleep(0.0005)  # the other one meets a lock that is held
                await tx.execute(tables.counter.update().values(value=value + 1))

    await asyncio.gather(*map(count, both))
    async with both[0].read() as tx:
        assert (await tx.execute(select(tables.counter.c.value))).scalar_one() == 100
    for storage in both:
        await storage.close()
