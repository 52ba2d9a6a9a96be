"""Entries written as editors write them: one block of YAML, put in a theme's file without touching the others."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from textwrap import wrap
from typing import Any

import yaml

_WIDTH = 112
FIELDS = (
    "question", "short", "full", "asks", "emergency", "sources", "related", "teleservices", "audience", "to_verify",
    "reviewed", "valid_until", "status", "validated_by",
)  # fmt: skip
_OPTIONAL = ("emergency", "to_verify")
_FOLDED = ("short",)


def block(key: str, values: Mapping[str, Any]) -> str:
    """The entry ``key`` with those of FIELDS that ``values`` has; ends with one line break."""
    lines = [f"  - id: {_scalar(key)}"]
    for name in FIELDS:
        if name in values and not (name in _OPTIONAL and not values[name]):
            lines += _field(name, values[name])
    return "\n".join(lines) + "\n"


def _field(name: str, value: Any) -> list[str]:
    if name == "full":
        return ["    full: |", *(f"      {line}".rstrip() for line in str(value).strip().splitlines())]
    if name in _FOLDED:
        folded = wrap(str(value), _WIDTH, break_on_hyphens=False, break_long_words=False)
        return [f"    {name}: >-", *(f"      {line}" for line in folded)]
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [f"    {name}:", *(line for each in value for line in _item(each))] if value else [f"    {name}: []"]
    return [f"    {name}: {_scalar(value)}"]


def _item(value: Any) -> list[str]:
    if not isinstance(value, Mapping):
        return [f"      - {_scalar(value)}"]
    pairs = [f"{key}: {_scalar(each)}" for key, each in value.items() if each is not None]
    return [f"      - {pairs[0]}", *(f"        {pair}" for pair in pairs[1:])]


def _scalar(value: Any) -> str:
    text = yaml.safe_dump(value, allow_unicode=True, width=10_000, default_flow_style=True)
    return text.removesuffix("...\n").strip()


def put(path: Path, key: str, text: str) -> None:
    """Replace the block of ``key`` in a file by ``text``, or add it at the end; the rest stays as it is."""
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    starts = [number for number, line in enumerate(lines) if line.startswith("  - id:")]
    mine = [n for n in starts if re.fullmatch(rf"  - id: ['\"]?{re.escape(key)}['\"]?\s*", lines[n])]
    if not mine:
        whole = "".join(lines).rstrip("\n")
        path.write_text(f"{whole}\n\n{text}", encoding="utf-8")
        return
    end = next((n for n in starts if n > mine[0]), len(lines))
    gap = "\n" if end < len(lines) else ""
    path.write_text("".join([*lines[: mine[0]], text, gap, *lines[end:]]), encoding="utf-8")


def new_theme(path: Path, title: str | None) -> None:
    """A file without entries; ``title`` is needed in French."""
    path.parent.mkdir(parents=True, exist_ok=True)
    head = f"theme: {path.stem}\n" + (f"title: {_scalar(title)}\n" if title else "")
    path.write_text(f"{head}entries:\n", encoding="utf-8")
