"""What an administrator writes, and what is answered to a mistake."""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
from pydantic import Field

from brigade.config import Section, load, plan, read
from brigade.config.parts import PROCESS_PORTS
from brigade.errors import Misconfigured

BARE = {"bridges": {}, "bots": {}}


class Limits(Section):
    """How much."""

    per_minute: int = Field(20, ge=1, description="Messages a minute.")


class Settings(Section):
    """A channel of this test's own."""

    limits: Limits = Field(Limits(), description="How much.")


@pytest.fixture
def telegraph() -> Iterator[str]:
    """A bridge plugged by its dotted name."""
    module = ModuleType("elsewhere.telegraph")
    module.__dict__["Settings"] = Settings
    sys.modules |= {"elsewhere": ModuleType("elsewhere"), "elsewhere.telegraph": module}
    yield "elsewhere.telegraph"
    del sys.modules["elsewhere.telegraph"], sys.modules["elsewhere"]


def refused(**raw: object) -> list[str]:
    with pytest.raises(Misconfigured) as caught:
        plan(BARE | raw)
    return str(caught.value).splitlines()


def test_an_empty_file_is_the_embedded_set(tmp_path: Path) -> None:
    (tmp_path / "brigade.yaml").write_text("# nothing\n")
    config = load(tmp_path / "brigade.yaml")
    assert list(config.services) == ["webchat", "messenger", "x", "form", "bots"]
    assert config.emulators == ("messenger", "x", "smtp")
    assert config.processes[-1] == "emulate", "platforms are played where no real one is named"
    assert list(config.bots) == ["triage", "dispatch", "faq", "modele", "rating"]
    assert config.homeserver_url == "http://127.0.0.1:8008"
    assert config.database_url == f"sqlite+aiosqlite:///{tmp_path}/var/db/brigade.sqlite"
    assert config.alias(config.desk.lobby.alias) == "#accueil:brigade.localhost"


@pytest.mark.parametrize(
    ("raw", "answer"),
    [
        ({"lisen": {}}, "brigade.yaml: lisen: unknown key; did you mean `listen`?"),
        ({"listen": {"wep": 1}}, "brigade.yaml: listen.wep: unknown key; did you mean `web`?"),
        (
            {"logging": {"zzz": 1}},
            "brigade.yaml: logging.zzz: unknown key; known keys: level, format",
        ),
        (
            {"operators": [{"name": "ada", "display_name": "Ada", "languages": ["fr"], "langages": 1}]},
            "brigade.yaml: operators.0.langages: unknown key; did you mean `languages`?",
        ),
        ({"server_name": 3}, "brigade.yaml: server_name: should be a valid string (it is 3)"),
        ({"listen": [1]}, "brigade.yaml: listen: must hold `key: value` lines"),
        ({"listen": {"web": 8008}}, "brigade.yaml: listen: web and homeserver have the same port 8008"),
        ({"bots": {"nobody": {}}}, "brigade.yaml: bots.nobody: there is no module bots.nobody"),
    ],
)
def test_a_mistake_is_a_sentence_with_its_address(raw: dict[str, object], answer: str) -> None:
    assert refused(**raw) == [answer]


def test_each_mistake_is_told_at_once() -> None:
    assert len(refused(lisen={}, server_name=3, logging={"level": "loud"})) == 3


def test_a_plug_in_is_checked_by_its_own_settings(telegraph: str) -> None:
    ports = {"processes": {"telegraph": 8103}}
    stanza = {"limits": {"per_minute": 3}}
    config = plan({"bridges": {telegraph: stanza}, "bots": {}, "listen": ports}).config
    assert config.bridges[telegraph] == Settings(limits=Limits(per_minute=3))
    assert config.services["telegraph"].user_patterns[1] == r"@_telegraph_.*:brigade\.localhost"
    stanza = {"limits": {"foo": 1}}
    assert refused(bridges={telegraph: stanza}, listen=ports) == [
        "brigade.yaml: bridges.elsewhere.telegraph.limits.foo: unknown key; known keys: per_minute"
    ]


def test_a_process_without_a_port_is_told_which_to_write(telegraph: str) -> None:
    assert refused(bridges={telegraph: {}}) == [
        "brigade.yaml: listen.processes: no port for telegraph; add `telegraph: 8120`"
    ]


def test_secrets_come_from_the_environment_or_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    url = "postgresql+asyncpg://brigade:${TEST_PASSWORD}@db/brigade"
    assert "brigade.yaml: database.url: the environment has no variable TEST_PASSWORD" in refused(database={"url": url})
    monkeypatch.setenv("TEST_PASSWORD", "from-environment")
    found = plan(BARE | {"database": {"url": url}})
    assert found.config.database_url == "postgresql+asyncpg://brigade:from-environment@db/brigade"
    assert "from-environment" not in found.dump()
    (tmp_path / "password").write_text("from-file\n")
    there = plan(BARE | {"database": {"url": url, "password_file": "password"}}, base=tmp_path)
    assert there.config.database_url == "postgresql+asyncpg://brigade:from-file@db/brigade"


def test_a_password_is_not_shown_in_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TEST_PASSWORD", "hush")
    assert "hush" not in "".join(refused(database={"url": "mysql://a:${TEST_PASSWORD}@b/c"}))


@pytest.mark.parametrize(
    ("text", "answer"),
    [
        ("a: b: c\n", "line 1: mapping values are not allowed here"),
        ("bots: {}\nbots: {}\n", "line 2: `bots` is written twice"),
        ("- one\n", "must hold `key: value` lines, not list"),
    ],
)
def test_a_file_that_cannot_be_read_says_where(tmp_path: Path, text: str, answer: str) -> None:
    file = tmp_path / "brigade.yaml"
    file.write_text(text)
    with pytest.raises(Misconfigured) as caught:
        load(file)
    assert str(caught.value) == f"{file}: {answer}"


def test_a_plan_can_be_changed_and_handed_to_another_process(tmp_path: Path) -> None:
    first = plan(BARE | {"listen": {"web": 9000}}, base=tmp_path).shifted(100)
    assert first.config.listen.web == 9100
    assert first.config.listen.processes == {name: port + 100 for name, port in PROCESS_PORTS.items()}
    copy = tmp_path / "elsewhere" / "brigade.yaml"
    copy.parent.mkdir()
    copy.write_text(first.dump())
    assert read(copy).config == first.config
