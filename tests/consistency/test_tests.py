"""Tests run the real thing: nothing of ours is replaced, nothing is left out in silence."""

import ast
import re
from pathlib import Path
from typing import Any

FORBIDDEN = re.compile(r"\bmock\b|Mock\(|patch\(|\.setattr\(|\bskip(if)?\(|\.skip\b|importorskip|xfail")


def test_nothing_is_patched_nor_skipped(test_modules: list[Any], root: Path) -> None:
    wrong = []
    for module in test_modules:
        if module.name == "tests.consistency.test_tests":
            continue
        for node in ast.walk(module.tree):
            is_code = isinstance(node, ast.Call | ast.Attribute | ast.Import | ast.ImportFrom)
            if is_code and (found := FORBIDDEN.search(ast.unparse(node))) and not _in_string(node, found[0]):
                wrong.append(f"{module.path}:{node.lineno} {found[0]}")
    assert not wrong


def _in_string(node: ast.AST, word: str) -> bool:
    """Whether the word stands only in what the code quotes, such as a style sheet's selector."""
    quoted = [n for n in ast.walk(node) if isinstance(n, ast.Constant) and isinstance(n.value, str) and word in n.value]
    without = ast.unparse(node)
    for constant in quoted:
        without = without.replace(repr(constant.value), "").replace(str(constant.value), "")
    return bool(quoted) and not FORBIDDEN.search(without)


def test_tests_do_not_hide_the_packages(root: Path) -> None:
    """``tests/bots/__init__.py`` would make ``import bots`` find the tests."""
    assert not list((root / "tests").rglob("__init__.py"))


def test_names_do_not_repeat(test_modules: list[Any]) -> None:
    """The second of two tests of one name in a file would replace the first."""
    for module in test_modules:
        names = [n.name for n in module.tree.body if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
        assert sorted(set(names)) == sorted(names), module.path
