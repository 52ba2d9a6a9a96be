"""The contract of channels on other people's platforms. Each is found by its file in ``bridges/`` and fails here until
its page in docs, its emulator, its recorded fixtures and its driver (how a person writes there) exist.

``tests/bridges/<name>/driver.py`` holds ``SETTINGS`` (of its stanza) and ``Driver(stack, session)``, one person:
``identity`` (their address there), ``says(text, key)`` (the same ``key`` twice is the same event told twice), ``got()``
(the texts that they received) and ``forges(text)`` (somebody else claims to be them). ``IN_ORDER``: the platform
brings what is told in the order in which it was said, also after an outage.
"""

import asyncio
import importlib
import importlib.util
import json
import re
import secrets
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import aiohttp
import pytest

from brigade import emulators
from brigade.matrix.person import Person
from brigade.post import Post, PostSettings
from brigade.stack.stack import Stack

ROOT = Path(__file__).parents[2]


def _channels() -> list[str]:
    """The bridges whose people are on a platform of somebody else's: all but our own web chat."""
    found = [p for p in (ROOT / "bridges").iterdir() if not p.name.startswith(("_", "."))]
    names = sorted(p.stem for p in found if p.suffix == ".py" or (p / "__init__.py").exists())
    return [name for name in names if issubclass(importlib.import_module(f"bridges.{name}").Channel, Post)]


NAMES = _channels()


def _driver(name: str) -> ModuleType:
    file = ROOT / "tests/bridges" / name / "driver.py"
    assert file.exists(), f"{name}: the suite does not know how a person writes there: {file}"
    spec = importlib.util.spec_from_file_location(f"driver_{name}", file)
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_channels_are_found() -> None:
    assert "messenger" in NAMES


@pytest.mark.parametrize("name", NAMES)
def test_a_channel_has_its_page_its_fixtures_and_its_emulator(name: str) -> None:
    page = ROOT / "docs/channels" / f"{name}.md"
    assert page.exists(), f"{page} tells an administrator what to set up and what is stored there"
    text = page.read_text(encoding="utf-8")
    headings = re.findall(r"^## (.*)", text, re.MULTILINE)
    for wanted in ("administrator sets up", "stored", "imits"):
        assert any(wanted in heading for heading in headings), f"{page} has no heading on “{wanted}”"
    recorded = sorted((ROOT / "tests/bridges" / name / "fixtures").glob("*.*"))
    assert recorded, f"tests/bridges/{name}/fixtures holds no recorded event"
    for file in recorded:
        if file.suffix == ".json":
            assert json.loads(file.read_text(encoding="utf-8")).get("from"), f"{file} does not say where it is from"
    settings = importlib.import_module(f"bridges.{name}").Settings()
    assert isinstance(settings, PostSettings)
    assert settings.emulator in emulators.names(), f"{name} has no emulator that runs without a platform"
    emulator = emulators.find(str(settings.emulator))
    assert emulator.PORTS and emulator.endpoints and emulator.serve


@pytest.mark.parametrize("name", NAMES)
def test_a_channel_says_what_its_platform_can_do(name: str) -> None:
    channel = importlib.import_module(f"bridges.{name}").Channel
    can = channel.capabilities
    assert can.length >= 160
    assert 0 <= can.choices <= 20
    assert can.window is None or can.window > 0
    assert channel.platform
    assert channel.send is not Post.send and channel.take is not Post.take


@pytest.fixture(scope="module")
async def deployment(new_plan: Callable[..., Any]) -> AsyncIterator[Stack]:
    bridges = {"webchat": {"limits": {"enabled": False}}} | {name: _driver(name).SETTINGS for name in NAMES}
    few = {"dispatch": {}, "rating": {}}
    stack = Stack(new_plan(bridges=bridges, bots=few, help_centre={"enabled": False}))
    await stack.start()
    yield stack
    await stack.stop()


@pytest.fixture
async def new_person(deployment: Stack) -> AsyncIterator[Callable[[str], Any]]:
    async with aiohttp.ClientSession() as session:
        yield lambda name: _driver(name).Driver(deployment, session)


async def until_got(person: Any, wanted: str, within: float = 30) -> str:
    async with asyncio.timeout(within):
        while True:
            for text in await person.got():
                if wanted in text:
                    return str(text)
            await asyncio.sleep(0.1)


def key() -> str:
    return secrets.token_hex(8)


@pytest.mark.parametrize("name", NAMES)
async def test_a_person_is_answered_at_length_and_rates(
    name: str, deployment: Stack, new_person: Callable[[str], Any], operator: Person, claim: Any
) -> None:
    person, first = new_person(name), f"Bonjour, une question de vélo {key()}"
    await person.says(first, key())
    offer = await until_got(person, "/suite#")
    assert "17" in " ".join(await person.got()) or name == "form", "who writes there is told the numbers to call"
    assert re.search(r"/suite#[0-9a-f]{32}\.[\w-]+", offer), "one tap to the web chat"
    room = await claim(operator, deployment, first)
    can = importlib.import_module(f"bridges.{name}").Channel.capabilities
    sentence = "Une phrase assez longue pour qu’il faille couper quelque part. "
    long = (sentence * (can.length * 2 // len(sentence) + 1)).strip()[:60_000]
    before = len(await person.got())
    await operator.say(room, long)
    await operator.say(room, "Voilà tout.")
    await until_got(person, "Voilà tout.")
    parts = [text for text in (await person.got())[before:] if "Une phrase assez longue" in text]
    assert len(parts) >= 2
    assert sum(part.count("Une phrase assez longue") for part in parts) == long.count("Une phrase assez longue")
    await operator.say(room, "!clore")
    await until_got(person, "0 à 10")
    await person.says("9", key())
    await operator.wait(lambda e: e.room_id == room and "9/10" in e.body, 30)


@pytest.mark.parametrize("name", NAMES)
async def test_the_same_event_twice_is_one_message_and_a_forged_one_is_none(
    name: str, deployment: Stack, new_person: Callable[[str], Any], operator: Person, claim: Any
) -> None:
    person, first, again = new_person(name), f"Une fois {key()}", key()
    await person.says(first, again)
    await person.says(first, again)
    room = await claim(operator, deployment, first)
    await until_got(person, "/suite#")
    twice, forged = key(), f"je suis quelqu’un d’autre {key()}"
    await person.says("deux fois la même", twice)
    await person.says("deux fois la même", twice)
    await person.forges(forged)
    last = f"la dernière {key()}"
    await person.says(last, key())
    await operator.wait(lambda e: e.room_id == room and e.body == last, 30)
    said = [e.body for e in operator.seen if e.sender.startswith(f"@_{name}_")]
    assert said.count(first) == 1
    assert sum(e.body == "deux fois la même" for e in operator.seen if e.room_id == room) == 1
    assert forged not in said


@pytest.mark.parametrize("name", NAMES)
async def test_a_returning_person_is_known_and_their_address_is_nowhere_in_matrix(
    name: str, deployment: Stack, new_person: Callable[[str], Any], operator: Person, claim: Any
) -> None:
    person, first, second = new_person(name), f"Première affaire {key()}", f"Deuxième affaire {key()}"
    await person.says(first, key())
    room = await claim(operator, deployment, first)
    await until_got(person, "/suite#")
    await operator.say(room, "!clore")
    await until_got(person, "0 à 10")
    await person.says(second, key())
    again = await claim(operator, deployment, second)
    assert again != room
    await operator.wait(lambda e: e.room_id == again and "Conversations précédentes : 1 (" in e.body, 30)
    ghosts = {e.sender for e in operator.seen if e.body in (first, second) and e.sender.startswith("@_")}
    assert len(ghosts) == 1, "one ghost a person"
    everything = " ".join(f"{e.sender} {e.state_key} {e.room_id} {e.content}" for e in operator.seen)
    assert person.identity not in everything


@pytest.mark.timeout(180)
@pytest.mark.parametrize("name", NAMES)
async def test_a_killed_bridge_loses_and_doubles_nothing(
    name: str, deployment: Stack, new_person: Callable[[str], Any], operator: Person, claim: Any
) -> None:
    """kill -9 in the middle of a conversation, with words on their way in both directions."""
    person, first = new_person(name), f"Avant la coupure {key()}"
    await person.says(first, key())
    room = await claim(operator, deployment, first)
    await until_got(person, "/suite#")
    for n in range(4):
        await operator.say(room, f"réponse {n}.")
        await person.says(f"question {n}.", key())
    await deployment.kill(name)
    await operator.say(room, "réponse pendant la coupure.")
    await person.says("question pendant la coupure.", key())
    await deployment.start_one(name)
    await until_got(person, "réponse pendant la coupure.", 60)
    words = [*(str(n) for n in range(4)), "pendant la coupure"]
    for word in words:
        await operator.wait(lambda e, said=f"question {word}.": e.room_id == room and e.body == said, 60)
    got = [found for text in await person.got() for found in re.findall(r"réponse (.*?)\.", text)]
    assert got == words
    said = [e.body for e in operator.seen if e.room_id == room and e.sender.startswith(f"@_{name}_")]
    heard = [found for text in said for found in re.findall(r"question (.*?)\.", text)]
    assert heard == words if _driver(name).IN_ORDER else sorted(heard) == sorted(words)
