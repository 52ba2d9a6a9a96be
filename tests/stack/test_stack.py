"""A real Synapse with the desk that operators find in it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from brigade.config import Plan, plan
from brigade.errors import Misconfigured
from brigade.matrix import Account, Homeserver, txn
from brigade.stack.endpoints import Endpoints
from brigade.stack.keep import keep_alive
from brigade.stack.ports import free_listen
from brigade.stack.stack import Stack

BARE: dict[str, Any] = {"bridges": {}, "bots": {}}


@asynccontextmanager
async def bot_of(stack: Stack) -> AsyncIterator[Account]:
    service = stack.config.services["bots"]
    homeserver = Homeserver(stack.config.homeserver_url, stack.config.server_name, service.tokens().as_token)
    await homeserver.open()
    yield Account(homeserver, service.user_id)
    await homeserver.close()


async def get(url: str, token: str | None = None) -> Any:
    headers = {"Authorization": f"Bearer {token}"} if token else {}
    async with aiohttp.ClientSession() as session, session.get(url, headers=headers) as response:
        assert response.status == 200, await response.text()
        return await response.json()


async def log_in(found: Endpoints, index: int) -> str:
    operator = found.operators[index]
    body = {
        "type": "m.login.password",
        "identifier": {"type": "m.id.user", "user": operator.user_id},
        "password": operator.password,
    }
    url = f"{found.homeserver}/_matrix/client/v3/login"
    async with aiohttp.ClientSession() as session, session.post(url, json=body) as response:
        return str((await response.json())["access_token"])


def folder_plan(folder: Path) -> Plan:
    return plan(BARE | {"var": str(folder), "listen": free_listen()})


@pytest.fixture(scope="module")
async def stack(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Stack]:
    found = Stack(folder_plan(tmp_path_factory.mktemp("stack")), processes=[])
    await found.start()
    yield found
    await found.stop()


async def test_an_operator_signs_in_and_is_in_every_room_of_the_desk(stack: Stack) -> None:
    assert stack.endpoints
    token = await log_in(stack.endpoints, 0)
    joined = (await get(f"{stack.endpoints.homeserver}/_matrix/client/v3/joined_rooms", token))["joined_rooms"]
    assert len(joined) == 4
    assert {stack.endpoints.lobby, stack.endpoints.space} <= set(joined)
    spoken = {language for operator in stack.endpoints.operators for language in operator.languages}
    assert spoken == {"fr", "en", "es", "de", "it"}


async def test_the_desk_belongs_to_the_bot_and_can_be_read_by_all(stack: Stack) -> None:
    assert stack.endpoints
    async with bot_of(stack) as bot:
        lobby = {(e.type, e.state_key): e.content for e in await bot.full_state(stack.endpoints.lobby)}
        children = [e for e in await bot.full_state(stack.endpoints.space) if e.type == "m.space.child"]
    assert lobby["m.room.power_levels", ""]["users"] == {bot.user_id: 100}
    assert lobby["m.room.create", ""]["room_version"] == "11"
    assert lobby["m.room.create", ""]["m.federate"] is True
    assert lobby["m.room.history_visibility", ""]["history_visibility"] == "shared"
    assert lobby["m.room.canonical_alias", ""]["alias"] == "#accueil:brigade.localhost"
    assert ("m.room.encryption", "") not in lobby
    assert len(children) == 3


async def test_clients_are_told_not_to_encrypt(stack: Stack) -> None:
    found = await get(f"{stack.config.homeserver_url}/.well-known/matrix/client")
    assert found["io.element.e2ee"] == {"default": False, "force_disable": True}


async def test_a_send_repeated_after_synapse_was_killed_is_the_same_message(stack: Stack) -> None:
    assert stack.endpoints
    content = {"msgtype": "m.text", "body": "une fois"}
    async with bot_of(stack) as bot:
        first = await bot.send(stack.endpoints.lobby, content, txn("cause", "send"))
        await stack.kill("homeserver")
        await stack.start_one("homeserver")
        assert await bot.send(stack.endpoints.lobby, content, txn("cause", "send")) == first


async def test_a_killed_process_comes_back_by_itself(stack: Stack) -> None:
    child = stack.children["homeserver"]
    before = child.pid
    keeping = keep_alive(stack)
    await asyncio.sleep(0)
    assert before
    child.send_signal(9)
    async with asyncio.timeout(20):
        while child.pid in (before, None):
            await asyncio.sleep(0.05)
    await stack.start_one("homeserver")
    for task in keeping:
        task.cancel()


async def test_a_second_start_keeps_rooms_and_accounts(tmp_path: Path) -> None:
    found = folder_plan(tmp_path)
    endpoints = []
    for _ in range(2):
        stack = Stack(found, processes=[])
        endpoints.append(await stack.start())
        assert Endpoints.read(found.config.paths.endpoints) == endpoints[-1]
        assert found.config.paths.endpoints.stat().st_mode & 0o777 == 0o600
        await stack.stop()
        assert not found.config.paths.endpoints.exists()
    assert endpoints[0] == endpoints[1]


async def test_a_process_that_dies_at_its_start_is_told_with_its_last_words(tmp_path: Path) -> None:
    found = folder_plan(tmp_path).with_(homeserver={"database": "postgresql://nobody@127.0.0.1:1/none"})
    with pytest.raises(Misconfigured) as caught:
        await Stack(found, processes=[]).start()
    said = str(caught.value)
    assert said.startswith("homeserver stopped with exit code 1: ")
    assert "Connection refused" in said
    assert "\n" not in said


async def test_a_taken_port_is_named_with_who_has_it(stack: Stack) -> None:
    with pytest.raises(Misconfigured) as caught:
        await Stack(stack.plan, processes=[]).start()
    port = stack.config.listen.homeserver
    assert str(caught.value).startswith(f"Port {port} (homeserver) is already used by python")
    assert "--port-offset" in str(caught.value)
