"""What the documents say is so: every plug-in, command, key, port and process is where the reader looks for it."""

import importlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any, get_args

import pytest
from pydantic import BaseModel

from brigade.bot import Bot
from brigade.channel import Channel
from brigade.cli import names
from brigade.config import Section, parse
from brigade.config.model import DEFAULT_BOTS, DEFAULT_BRIDGES, Config

ON_REQUEST = ("whatsapp",)  # bridges that run when their stanza is there


def _plugins(root: Path, folder: str) -> list[str]:
    """The modules and folders of ``bots`` or ``bridges``: that listing is the list of what the service does."""
    found = [p for p in (root / folder).iterdir() if not p.name.startswith(("_", "."))]
    return sorted(p.stem for p in found if p.suffix == ".py" or (p / "__init__.py").exists())


def test_every_folder_is_a_plugin_and_on_by_default(root: Path) -> None:
    assert _plugins(root, "bots") == sorted(DEFAULT_BOTS)
    assert _plugins(root, "bridges") == sorted({*DEFAULT_BRIDGES, *ON_REQUEST})


@pytest.mark.parametrize(("folder", "name", "base"), [("bots", "Bot", Bot), ("bridges", "Channel", Channel)])
def test_every_plugin_keeps_its_contract(folder: str, name: str, base: type, root: Path) -> None:
    architecture = (root / "docs/architecture.md").read_text(encoding="utf-8")
    for plugin in _plugins(root, folder):
        module = importlib.import_module(f"{folder}.{plugin}")
        assert issubclass(getattr(module, name), base), plugin
        assert issubclass(getattr(module, "Settings", Section), Section), plugin
        assert module.__doc__, plugin
        assert plugin in architecture, f"docs/architecture.md does not name {folder}/{plugin}"


def test_every_channel_has_settings(root: Path) -> None:
    for plugin in _plugins(root, "bridges"):
        assert importlib.import_module(f"bridges.{plugin}").Settings


def test_every_command_of_operators_is_documented(root: Path) -> None:
    page = (root / "docs/operators.md").read_text(encoding="utf-8")
    forms = {
        usage.form
        for plugin in _plugins(root, "bots")
        for usage in importlib.import_module(f"bots.{plugin}").Bot.commands.values()
    }
    assert len(forms) >= 9
    assert not {form for form in forms if f"| `{form}` |" not in page}
    written = set(re.findall(r"^\| `(![^`]+)` \|", page, re.MULTILINE))
    assert written == forms, "the page names commands that no bot has"


def _fields(model: type[BaseModel], path: str = "") -> Iterator[tuple[str, Any]]:
    for name, field in model.model_fields.items():
        yield f"{path}{name}", field
        for inner in _models(field.annotation):
            yield from _fields(inner, f"{path}{name}.")


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel) and annotation is not Section:
        yield annotation
    for argument in get_args(annotation):
        yield from _models(argument)


def test_every_key_is_explained(root: Path) -> None:
    models: list[tuple[type[BaseModel], str]] = [(Config, "")]
    for folder in ("bots", "bridges"):
        for plugin in _plugins(root, folder):
            if settings := getattr(importlib.import_module(f"{folder}.{plugin}"), "Settings", None):
                models.append((settings, f"{folder}.{plugin}."))
    keys = [(path, field.description) for model, prefix in models for path, field in _fields(model, prefix)]
    assert len(keys) > 60
    assert not [path for path, said in keys if not said or not said.endswith(".")]


def test_ports_are_those_of_the_configuration(files: dict[str, str]) -> None:
    known = set(parse({}).listen.ports.values())
    wrong, seen = [], set()
    for path, text in files.items():
        if not path.endswith(".md"):
            continue
        for port in map(int, re.findall(r"(?:127\.0\.0\.1|localhost):(\d{2,5})\b", text)):
            seen.add(port)
            if port not in known:
                wrong.append(f"{path}: {port}")
    assert not wrong
    assert seen, "no document says where to look"
    architecture = files["docs/architecture.md"]
    assert not [port for port in known if str(port) not in architecture]


def test_commands_that_documents_name_exist(files: dict[str, str]) -> None:
    wrong = []
    for path, text in files.items():
        if path.endswith((".md", ".py", ".j2", "Makefile")) and not path.startswith("tests/"):
            for command in re.findall(r"`(?:\.venv/bin/)?brigade ([a-z]+)[ `]", text):
                if command not in names():
                    wrong.append(f"{path}: brigade {command}")
    assert not wrong


def test_make_targets_that_documents_name_exist(files: dict[str, str]) -> None:
    targets = set(re.findall(r"^([a-z]+):", files["Makefile"], re.MULTILINE))
    wrong = [
        f"{path}: make {target}"
        for path, text in files.items()
        if path.endswith((".md", ".py")) and not path.startswith("tests/")
        for target in re.findall(r"`make ([a-z]+)[ `]", text)
        if target not in targets
    ]
    assert not wrong


def test_links_between_documents_lead_somewhere(root: Path, files: dict[str, str]) -> None:
    wrong = []
    for path, text in files.items():
        if not path.endswith(".md"):
            continue
        targets = re.findall(r"\]\((?!https?:|tel:|sms:|#|/)([^)#\s]+)", text) + re.findall(
            r'(?:src|href)="(?!https?:)([^"#]+)"', text
        )
        wrong += [f"{path}: {target}" for target in targets if not ((root / path).parent / target).exists()]
    for path, text in files.items():
        for target in re.findall(r"\bdocs/[\w./-]+\.md\b", text):
            if not (root / target).exists():
                wrong.append(f"{path}: {target}")
    assert not wrong


def test_decisions_are_numbered_without_gaps(root: Path) -> None:
    numbers = sorted(int(p.name[:4]) for p in (root / "docs/decisions").glob("*.md"))
    assert numbers == list(range(1, len(numbers) + 1))
