"""YAML read with its line numbers, so that an editor is told where to look."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml


@dataclass(frozen=True)
class Problem:
    """Something to correct in a file. ``line`` counts from 1; ``level`` is ``error`` or ``warning``."""

    path: Path
    line: int
    message: str
    level: str = "error"

    def __str__(self) -> str:
        return f"{self.path}:{self.line}: {self.level}: {self.message}"


class Unreadable(Exception):
    """A file that is not UTF-8 YAML with a mapping at its top; ``problem`` says where and why."""

    def __init__(self, problem: Problem) -> None:
        super().__init__(str(problem))
        self.problem = problem


@dataclass(frozen=True)
class Document:
    """A parsed file: ``data`` is plain Python, ``node`` the same tree with positions."""

    path: Path
    data: dict[str, Any]
    node: yaml.Node

    def line(self, where: Sequence[str | int] = ()) -> int:
        """Line of the deepest existing part of ``where``, such as ``("entries", 3, "short")``."""
        node = self.node
        for step in where:
            child = _child(node, step)
            if child is None:
                break
            node = child
        return int(node.start_mark.line) + 1


def _child(node: yaml.Node, step: str | int) -> yaml.Node | None:
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step]  # type: ignore[no-any-return]  # the stubs leave value untyped
    if isinstance(node, yaml.MappingNode):
        return next((value for key, value in node.value if key.value == str(step)), None)
    return None


def _twice(node: yaml.Node) -> yaml.Node | None:
    """The first key written twice in one mapping: YAML would silently keep the last."""
    if isinstance(node, yaml.MappingNode):
        seen: set[str] = set()
        for key, value in node.value:
            if key.value in seen:
                return key  # type: ignore[no-any-return]  # as above
            seen.add(key.value)
            if found := _twice(value):
                return found
    elif isinstance(node, yaml.SequenceNode):
        return next((found for item in node.value if (found := _twice(item))), None)
    return None


def read(path: Path) -> Document:
    """The file as a document. Raises Unreadable with the path and the line."""
    raw = path.read_bytes()
    try:
        loader = yaml.CSafeLoader(raw.decode())  # libyaml: eight times faster
        node = loader.get_single_node()
        data = loader.construct_document(node) if node else None
    except UnicodeDecodeError as error:
        line = raw[: error.start].count(b"\n") + 1
        raise Unreadable(Problem(path, line, "is not UTF-8: save the file again as UTF-8")) from error
    except (yaml.YAMLError, ValueError) as error:  # ValueError: a date such as 2026-13-40
        raise Unreadable(Problem(path, _mark(error), f"is not valid YAML: {_reason(error)}")) from error
    if not isinstance(data, dict) or node is None:
        raise Unreadable(Problem(path, 1, "must hold a mapping such as “theme: …” at its top"))
    if key := _twice(node):
        raise Unreadable(Problem(path, key.start_mark.line + 1, f"“{key.value}” is written twice"))
    return Document(path, data, node)


def _mark(error: Exception) -> int:
    mark = getattr(error, "problem_mark", None)
    return int(mark.line) + 1 if mark else 1


def _reason(error: Exception) -> str:
    return str(getattr(error, "problem", None) or error).splitlines()[0]
