"""What the tests of form look at: the source files of the checkout, read once."""

import ast
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

_ROOT = Path(__file__).parents[2]
_PACKAGES = ("brigade", "bots", "bridges", "faq_index")
_NOT_OURS = {"var", "build", "__pycache__", "node_modules"}


@dataclass(frozen=True)
class Module:
    """One Python file; ``name`` as it is imported, ``path`` from the root of the checkout."""

    name: str
    path: str
    text: str
    tree: ast.Module

    @property
    def package(self) -> str:
        return self.name.partition(".")[0]

    @property
    def imports(self) -> Iterator[tuple[int, str]]:
        """(line, module) of each import statement, wherever it stands."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                yield node.lineno, node.module or "."

    @property
    def functions(self) -> Iterator[Any]:
        """Every function and method, also those inside others."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node


def _modules(folders: tuple[str, ...]) -> list[Module]:
    found = []
    for folder in folders:
        for file in sorted((_ROOT / folder).rglob("*.py")):
            path = file.relative_to(_ROOT)
            text = file.read_text(encoding="utf-8")
            name = ".".join(path.with_suffix("").parts).removesuffix(".__init__")
            found.append(Module(name, str(path), text, ast.parse(text, str(path))))
    return found


@pytest.fixture(scope="session")
def root() -> Path:
    """The checkout."""
    return _ROOT


@pytest.fixture(scope="session")
def modules() -> list[Module]:
    """Every module of the product."""
    return _modules(_PACKAGES)


@pytest.fixture(scope="session")
def test_modules() -> list[Module]:
    """Every module of the tests."""
    return _modules(("tests",))


@pytest.fixture(scope="session")
def files() -> dict[str, str]:
    """Every text file that somebody who gets the product gets, by its path."""
    found = {}
    for path in sorted(_ROOT.rglob("*")):
        parts = path.relative_to(_ROOT).parts
        hidden = any(part.startswith(".") and part not in (".ci", ".gitignore") for part in parts)
        if hidden or _NOT_OURS & set(parts) or ".egg-info" in str(path) or not path.is_file():
            continue
        try:
            found["/".join(parts)] = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue  # a picture
    return found


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Modules that grow: not wrong yet."""
    long = [f"{m.path} {n}" for m in _modules(_PACKAGES) if (n := m.text.count("\n")) > 200]
    if long:
        terminalreporter.write_line(f"modules over 200 lines: {', '.join(long)}")
