"""Imports go one way, and each library that may be replaced is imported in one place (docs/architecture.md)."""

import ast
from typing import Any

MAY_IMPORT = {
    "brigade": {"brigade"},
    "faq_index": {"faq_index"},
    "bridges": {"bridges", "brigade"},
    "bots": {"bots", "brigade", "faq_index"},
}
ONE_PLACE = {"nio": "brigade/matrix/", "whoosh": "faq_index/search.py"}


def test_imports_go_one_way(modules: list[Any]) -> None:
    wrong = [
        f"{module.path}:{line} imports {name}"
        for module in modules
        for line, name in module.imports
        if (top := name.partition(".")[0]) in MAY_IMPORT and top not in MAY_IMPORT[module.package]
    ]
    assert not wrong


def test_a_channel_does_not_import_another_nor_a_bot_another(modules: list[Any]) -> None:
    wrong = [
        f"{module.path}:{line} imports {name}"
        for module in modules
        for line, name in module.imports
        if module.package in ("bridges", "bots") and name.partition(".")[0] == module.package
        if name.split(".")[1:2] != module.name.split(".")[1:2]
    ]
    assert not wrong


def test_replaceable_libraries_are_imported_in_one_place(modules: list[Any]) -> None:
    wrong = [
        f"{module.path}:{line} imports {name}"
        for module in modules
        for line, name in module.imports
        if (place := ONE_PLACE.get(name.partition(".")[0])) and not module.path.startswith(place)
    ]
    assert not wrong


def test_no_cycle_is_hidden(modules: list[Any]) -> None:
    wrong = [f"{module.path} needs TYPE_CHECKING" for module in modules if "TYPE_CHECKING" in module.text]
    for module in modules:
        for function in module.functions:
            for node in ast.walk(function):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    wrong.append(f"{module.path}:{node.lineno} imports inside {function.name}")
    assert not wrong


def test_nothing_but_the_loaders_imports_by_name(modules: list[Any]) -> None:
    """Import by name is how a configured channel or bot is found; anywhere else it would be a hidden dependency."""
    found = {module.path for module in modules if "import_module(" in module.text}
    assert found == {
        "brigade/config/load.py",
        "brigade/service.py",
        "brigade/centre.py",
        "brigade/emulators/__init__.py",
        "brigade/cli/__init__.py",
        "brigade/cli/faq.py",
        "brigade/cli/triage.py",
    }
