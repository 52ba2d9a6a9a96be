"""The examples of the documentation run as they stand: taken from the page, loaded by name, talked to."""

import asyncio
import re
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import yaml

from brigade.config import parse
from brigade.errors import Misconfigured
from brigade.matrix.person import Person
from brigade.stack.ports import free_listen
from brigade.stack.stack import Stack

PACKAGE = "documented_examples"


def _blocks(page: Path, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", page.read_text(encoding="utf-8"), re.MULTILINE | re.DOTALL)


@pytest.fixture(scope="module")
def package(root: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder to import from, as an integrator would have beside ours."""
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / PACKAGE).mkdir()
    (folder / PACKAGE / "__init__.py").touch()
    for page, name in (("adding-a-channel.md", "plain"), ("adding-a-bot.md", "greeting")):
        (block,) = _blocks(root / "docs" / page, "python")
        (folder / PACKAGE / f"{name}.py").write_text(block, encoding="utf-8")
    return folder


@pytest.fixture
async def deployment(
    package: Path, root: Path, new_plan: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Stack]:
    """Synapse, the example's channel as its own process, and the example's bot among two of ours."""
    monkeypatch.syspath_prepend(package)
    monkeypatch.setenv("PYTHONPATH", str(package))
    (stanza,) = _blocks(root / "docs/adding-a-bot.md", "yaml")
    bots = yaml.safe_load(stanza)["bots"]
    bots = {f"{PACKAGE}.{name}" if name == "greeting" else name: given for name, given in bots.items()}
    stack = Stack(new_plan(bridges={f"{PACKAGE}.plain": {}}, bots=bots, listen=free_listen("plain")))
    await stack.start()
    yield stack
    await stack.stop()


async def test_the_documented_channel_and_bot_talk_to_each_other(deployment: Stack) -> None:
    base = f"{deployment.config.web_url}/plain"
    assert deployment.endpoints
    account = deployment.endpoints.operators[0]
    operator = await Person.login(deployment.endpoints.homeserver, account.user_id, account.password)
    async with aiohttp.ClientSession() as citizen:
        async with citizen.post(base, data="J’ai perdu mes clés") as answer:
            assert answer.status == 201
            identity, token = (await answer.text()).split()
        page = f"{base}/{identity}"
        citizen.headers["Authorization"] = f"Bearer {token}"
        await _reads(citizen, page, "assistant: Bonjour !")

        lobby = deployment.endpoints.lobby
        card = await operator.wait(lambda e: e.room_id == lobby and "✋" in e.body)
        await operator.react(lobby, card.id, "✋")
        joined = await operator.wait(lambda e: e.room_id != lobby and "Fiche" in e.body)
        await operator.say(joined.room_id, "Où les avez-vous perdues ?")
        await _reads(citizen, page, "gendarme: Où les avez-vous perdues ?")

        for _ in range(2):  # the platform repeats itself
            async with citizen.post(page, data="À la gare", headers={"X-Id": "second"}) as answer:
                assert answer.status == 202
        await operator.wait(lambda e: e.body == "À la gare")
        await operator.say(joined.room_id, "!saluer encore")
        refusal = await operator.wait(lambda e: "n’attend rien de plus" in e.body)
        assert refusal.thread, "for the team only"
        await operator.say(joined.room_id, "!saluer")
        await operator.wait(lambda e: e.body == "Le citoyen a été salué.")
        said = await _reads(citizen, page, "assistant: Bonjour !", times=2)
    assert said.count("me: À la gare") == 1
    assert "!saluer" not in said
    await operator.close()


async def _reads(citizen: aiohttp.ClientSession, page: str, line: str, times: int = 1) -> list[str]:
    async with asyncio.timeout(15):
        while True:
            async with citizen.get(page) as answer:
                lines = (await answer.text()).split("\n")
            if lines.count(line) >= times:
                return lines
            await asyncio.sleep(0.1)


def test_the_documented_stanza_is_what_a_channel_needs(
    root: Path, package: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.syspath_prepend(package)
    (stanza,) = _blocks(root / "docs/adding-a-channel.md", "yaml")
    given = yaml.safe_load(stanza)
    bridges = {f"{PACKAGE}.{name}": settings for name, settings in given["bridges"].items()}
    assert parse({"bridges": bridges, "listen": given["listen"]}).services["plain"].sender == "_plain"
    with pytest.raises(Misconfigured, match="no port for plain"):
        parse({"bridges": bridges})
