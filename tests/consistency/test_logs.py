"""No log line holds a citizen's words: neither by its keys nor by a sentence put together on the spot."""

import ast
from collections.abc import Iterator
from typing import Any

from brigade.logs import FORBIDDEN

LEVELS = {"debug", "info", "warning", "error", "exception", "critical"}


def _calls(modules: list[Any]) -> Iterator[tuple[str, ast.Call]]:
    for module in modules:
        for node in ast.walk(module.tree):
            if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute):
                continue
            owner = ast.unparse(node.func.value)
            logs = node.func.attr in LEVELS and owner in ("log", "_log", "self.log", "self._log", "logger")
            if logs or node.func.attr in ("bind_contextvars", "bound_contextvars"):
                yield f"{module.path}:{node.lineno}", node


def test_the_calls_are_found(modules: list[Any]) -> None:
    assert len(list(_calls(modules))) > 20


def test_no_key_is_one_of_words(modules: list[Any]) -> None:
    wrong = [
        f"{where} logs {keyword.arg}"
        for where, call in _calls(modules)
        for keyword in call.keywords
        if keyword.arg is None or keyword.arg in FORBIDDEN
    ]
    assert not wrong


def test_the_event_is_a_constant(modules: list[Any]) -> None:
    """Nothing is put together on the spot: what varies has a key, and keys are judged."""
    wrong = [where for where, call in _calls(modules) for given in call.args if not isinstance(given, ast.Constant)]
    assert not wrong


def test_no_value_reads_words(modules: list[Any]) -> None:
    """``reason=event.body`` under an innocent key."""
    for where, call in _calls(modules):
        for keyword in call.keywords:
            read = {node.attr for node in ast.walk(keyword.value) if isinstance(node, ast.Attribute)}
            assert not read & FORBIDDEN, f"{where}: {ast.unparse(keyword)}"


def test_nobody_logs_around_structlog(modules: list[Any]) -> None:
    around = [m.path for m in modules if any(name == "logging" for _, name in m.imports)]
    assert around == ["brigade/logs.py"]
