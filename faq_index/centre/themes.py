"""How themes are grouped on the home page, which of them need a quick exit, and where their chat begins."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import yaml

from faq_index.content import Library

GENERAL = "gendarmerie"  # the chat's entry point where no theme says another
_FILE = Path(__file__).with_name("themes.yaml")


@dataclass(frozen=True)
class Group:
    """Some themes under a title (by language)."""

    title: Mapping[str, str]
    themes: tuple[str, ...]


@dataclass(frozen=True)
class Order:
    """``themes.yaml``."""

    groups: tuple[Group, ...]
    others: Mapping[str, str]
    sensitive: frozenset[str]
    chat: Mapping[str, str]

    def of(self, library: Library) -> Sequence[Group]:
        """The groups of the themes that are there, those that are in no group last."""
        named = {theme for group in self.groups for theme in group.themes}
        rest = Group(self.others, tuple(theme for theme in library.themes if theme not in named))
        kept = [Group(g.title, tuple(t for t in g.themes if t in library.themes)) for g in (*self.groups, rest)]
        return [group for group in kept if group.themes]

    def entry_point(self, theme: str) -> str:
        """Where the chat of a page of that theme begins."""
        return self.chat.get(theme, GENERAL)


@cache
def order() -> Order:
    """Read once."""
    raw = yaml.safe_load(_FILE.read_text(encoding="utf-8"))
    groups = tuple(Group(group["title"], tuple(group["themes"])) for group in raw["groups"])
    chat = {theme: point for point, themes in raw["chat"].items() for theme in themes}
    return Order(groups, raw["others"], frozenset(raw["sensitive"]), chat)
