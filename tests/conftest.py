"""One real stack and one real database server for the whole session: ``pytest --database sqlite|postgresql``."""

import asyncio
import itertools
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from brigade.client import Citizen
from brigade.config import plan
from brigade.events import Event
from brigade.matrix.person import Person
from brigade.stack.endpoints import Endpoints
from brigade.stack.ports import free_listen
from brigade.stack.postgres import Cluster
from brigade.stack.stack import Stack
from brigade.storage import Storage, upgrade_async

# What is tried on SQLite alone: each stores by what all of them share, which runs on both.
PLATFORMS = (
    "bridges/messenger", "bridges/x", "bridges/form", "bridges/whatsapp", "bridges/test_channels.py",
    "journeys/test_x.py", "journeys/test_messenger.py", "journeys/test_danger.py",
)  # fmt: skip
READ = ("home", "question", "search")  # page types that axe reads in every language each time
# Tests knock more often than any citizen would; the limits have their own tests.
UNLIMITED = {"webchat": {"limits": {"enabled": False}}}


def _spared(name: str) -> bool:
    page = name.partition("[")[2].rstrip("]")
    return not page.endswith("-fr") and page.rpartition("-")[0] not in READ


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--database", choices=("sqlite", "postgresql"), default="sqlite", help="what everything is stored in"
    )
    parser.addoption("--every-page", action="store_true", help="axe on each help-centre page type in each language")


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """On PostgreSQL only what stores something runs again: neither pages nor tools nor start-up are tried twice, nor
    each platform beside what they share. Without ``--every-page`` axe reads each page type in French, some in all.
    """
    if not config.getoption("--every-page"):
        spared = [item for item in items if "axe_finds_nothing_on_any_page" in item.name and _spared(item.name)]
        config.hook.pytest_deselected(items=spared)
        items[:] = [item for item in items if item not in spared]
    if config.getoption("--database") == "postgresql":
        again = [item for item in items if "cluster" in getattr(item, "fixturenames", ())]
        names = ("browser", "consistency", "stack", "tools", *PLATFORMS)
        once = [config.rootpath / "tests" / name for name in names]
        again = [item for item in again if not any(item.path.is_relative_to(folder) for folder in once)]
        config.hook.pytest_deselected(items=[item for item in items if item not in again])
        items[:] = again


@pytest.fixture(scope="session")
def cluster(request: pytest.FixtureRequest) -> Iterator[Cluster | None]:
    """A private PostgreSQL, when the session runs on it."""
    if request.config.getoption("--database") == "sqlite":
        yield None
        return
    with Cluster() as found:
        yield found


@pytest.fixture(scope="session")
def new_database(cluster: Cluster | None, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], str]:
    """Makes the URL of an empty database of our own, each time another."""
    count = itertools.count()

    def make() -> str:
        name = f"brigade{next(count)}"
        if cluster is None:
            return f"sqlite+aiosqlite:///{tmp_path_factory.mktemp(name)}/brigade.sqlite"
        cluster.create(name)
        return cluster.url(name)

    return make


@pytest.fixture
async def storage(new_database: Callable[[], str]) -> AsyncIterator[Storage]:
    """An empty, upgraded database."""
    url = new_database()
    await upgrade_async(url)
    found = Storage(url)
    yield found
    await found.close()


@pytest.fixture(scope="session")
def new_plan(
    cluster: Cluster | None, new_database: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> Callable[..., Any]:
    """Makes the plan of a stack of its own: folder, free ports, databases; keywords are more of ``brigade.yaml``."""
    count = itertools.count()

    def make(**more: Any) -> Any:
        raw: dict[str, Any] = {"var": str(tmp_path_factory.mktemp("stack")), "listen": free_listen()}
        if cluster is not None:
            name = f"synapse{next(count)}"
            cluster.create(name)
            raw |= {"database": {"url": new_database()}, "homeserver": {"database": cluster.url(name, "postgresql")}}
        return plan(raw | {"bridges": UNLIMITED} | more)

    return make


@pytest.fixture(scope="session")
async def stack(new_plan: Callable[..., Any]) -> AsyncIterator[Stack]:
    """Everything running: Synapse, every bridge, the bots. Tests that kill or change it make their own."""
    found = Stack(new_plan())
    await found.start()
    yield found
    await found.stop()


@pytest.fixture
def endpoints(stack: Stack) -> Endpoints:
    """The addresses and accounts of the session's stack."""
    assert stack.endpoints
    return stack.endpoints


@pytest.fixture
async def new_operator(stack: Stack) -> AsyncIterator[Callable[..., Any]]:
    """Logs an operator in with a standard client: ``await new_operator(0)`` is the first of the demo's."""
    people: list[Person] = []

    async def login(number: int = 0, of: Stack = stack) -> Person:
        assert of.endpoints
        account = of.endpoints.operators[number]
        people.append(await Person.login(of.endpoints.homeserver, account.user_id, account.password))
        return people[-1]

    yield login
    for person in people:
        await person.close()


@pytest.fixture
async def operator(deployment: Stack) -> AsyncIterator[Person]:
    """The demo's first operator, on the stack that a module has for itself."""
    assert deployment.endpoints
    account = deployment.endpoints.operators[0]
    person = await Person.login(deployment.endpoints.homeserver, account.user_id, account.password)
    yield person
    await person.close()


@pytest.fixture(scope="session")
def claim() -> Callable[..., Any]:
    """Takes what waits in the lobby: ``room = await claim(operator, stack, "words said in it")``, its id.

    Conversations of other tests may wait there too: every card is taken until the words (or the event that is
    ``wanted``) are read. ``within`` seconds.
    """
    taken: set[str] = set()

    async def take(operator: Person, of: Stack, wanted: str | Callable[[Event], bool], within: float = 40) -> str:
        is_it = (lambda e: e.body == wanted) if isinstance(wanted, str) else wanted
        assert of.endpoints
        lobby = of.endpoints.lobby
        async with asyncio.timeout(within):
            while True:
                for card in [e for e in operator.seen if e.room_id == lobby and e.own("fr.brigade.card")]:
                    if not card.replaces and card.id not in taken:
                        taken.add(card.id)
                        await operator.react(lobby, card.id, "✋")
                if found := next((e for e in operator.seen if e.room_id != lobby and is_it(e)), None):
                    return found.room_id
                await asyncio.sleep(0.1)

    return take


@pytest.fixture
async def new_citizen(stack: Stack) -> AsyncIterator[Callable[..., Any]]:
    """A citizen's client: ``citizen = new_citizen(); await citizen.open("Bonjour")``."""
    people: list[Citizen] = []

    def make(of: Stack = stack) -> Citizen:
        assert of.endpoints
        people.append(Citizen(of.endpoints.webchat))
        return people[-1]

    yield make
    for citizen in people:
        await citizen.close()


@pytest.fixture
def media(tmp_path: Path) -> Path:
    """A folder for attachments."""
    folder = tmp_path / "media"
    folder.mkdir()
    return folder
