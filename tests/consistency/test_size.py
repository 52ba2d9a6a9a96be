"""A module is one noun, a function one thought. The aim is 200 lines and 30; these are the walls."""

from typing import Any

MODULE, FUNCTION = 300, 50


def test_modules_are_short(modules: list[Any]) -> None:
    lengths = {module.path: len(module.text.splitlines()) for module in modules}
    assert {path: n for path, n in lengths.items() if n > MODULE} == {}


def test_functions_are_short(modules: list[Any]) -> None:
    long = {
        f"{module.path}:{function.lineno} {function.name}": lines
        for module in modules
        for function in module.functions
        if "/migrations/" not in module.path  # one step is one list of tables
        if (lines := function.end_lineno - function.lineno + 1) > FUNCTION
    }
    assert long == {}
