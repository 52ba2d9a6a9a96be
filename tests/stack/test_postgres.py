"""The stack on PostgreSQL, ours and Synapse's."""

from pathlib import Path

import asyncpg

from brigade.config import plan
from brigade.stack.ports import free_listen
from brigade.stack.postgres import Cluster
from brigade.stack.stack import Stack


async def test_the_whole_stack_runs_on_postgresql(tmp_path: Path) -> None:
    with Cluster() as cluster:
        for name in ("brigade", "synapse"):
            cluster.create(name)
        raw = {
            "var": str(tmp_path),
            "bridges": {},
            "bots": {},
            "listen": free_listen(),
            "database": {"url": cluster.url("brigade")},
            "homeserver": {"database": cluster.url("synapse", "postgresql")},
        }
        stack = Stack(plan(raw))
        await stack.start()
        await stack.stop()
        for name, table in (("brigade", "alembic_version"), ("synapse", "events")):
            connection = await asyncpg.connect(cluster.url(name, "postgresql"))
            assert await connection.fetchval(f"SELECT count(*) FROM {table}") > 0
            await connection.close()


async def test_a_cluster_comes_back_with_its_data_after_a_crash() -> None:
    with Cluster() as cluster:
        cluster.create("kept")
        cluster.stop_server()
        cluster.start_server()
        connection = await asyncpg.connect(cluster.url("kept", "postgresql"))
        assert await connection.fetchval("SELECT 1") == 1
        await connection.close()
