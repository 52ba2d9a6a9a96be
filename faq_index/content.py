"""The questions and answers, read from ``faq_index/content/*.yaml`` into frozen objects.

A file that cannot be read, or an entry with a mistake, becomes a Problem with its path and line; the others go on.
"""

from collections.abc import Mapping
from dataclasses import field
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Literal

from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass

from faq_index.lines import Document, Problem, Unreadable, read

HERE = Path(__file__).parent
CONTENT = HERE / "content"
LANGUAGES = ("fr", "en", "es", "de", "it")

_strict = ConfigDict(extra="forbid", str_strip_whitespace=True, str_min_length=1)


@dataclass(frozen=True, config=_strict)
class Source:
    """Where a fact comes from: an official page or an article of law."""

    title: str
    url: str | None = None


@dataclass(frozen=True, config=_strict)
class Translation:
    """The short form of an entry in another language."""

    question: str
    short: str
    asks: tuple[str, ...]


@dataclass(frozen=True)
class Answer:
    """What can be said in a chat; ``language`` is the language it is really in."""

    question: str
    short: str
    language: str


@dataclass(frozen=True, config=_strict)
class Entry:
    """A question and its answer: ``short`` stands alone in a chat, ``full`` is Markdown, ``asks`` other wordings."""

    id: str
    question: str
    short: str
    full: str
    asks: tuple[str, ...]
    sources: tuple[Source, ...]
    related: tuple[str, ...]
    teleservices: tuple[str, ...]
    audience: tuple[str, ...]
    reviewed: date
    valid_until: date
    status: Literal["draft", "validated"]
    validated_by: str | None
    emergency: str | None = None
    to_verify: tuple[str, ...] = ()
    translations: Mapping[Literal["en", "es", "de", "it"], Translation] = field(default_factory=dict)
    theme: str = ""

    def answer(self, language: str = "fr") -> Answer:
        """The short answer in ``language``, or in French when it is not translated: see ``Answer.language``."""
        found = next((text for code, text in self.translations.items() if code == language), None)
        if found:
            return Answer(found.question, found.short, language)
        return Answer(self.question, self.short, "fr")


@dataclass(frozen=True, config=ConfigDict(extra="forbid"))
class Teleservice:
    """A service or helpline that answers point to; ``to_verify`` says what an editor must check before publication."""

    id: str
    name: str
    category: str
    purpose: str
    url: str | None
    phone: str | None
    sms: str | None
    hours: str | None
    cost: str | None
    audience: str
    languages: tuple[str, ...]
    orient_when: str
    to_verify: tuple[str, ...]


@dataclass(frozen=True)
class Library:
    """Everything read: entries in file order, titles of themes, services by id, problems, and where each entry is."""

    entries: tuple[Entry, ...]
    themes: Mapping[str, str]
    teleservices: Mapping[str, Teleservice]
    problems: tuple[Problem, ...]
    places: Mapping[str, tuple[Path, int]]

    @cached_property
    def by_id(self) -> Mapping[str, Entry]:
        """The entries by their id."""
        return {entry.id: entry for entry in self.entries}


_ENTRY: TypeAdapter[Entry] = TypeAdapter(Entry)
_SERVICE: TypeAdapter[Teleservice] = TypeAdapter(Teleservice)


class _Reader:
    """Collects entries and problems over files."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.themes: dict[str, str] = {}
        self.problems: list[Problem] = []
        self.places: dict[str, tuple[Path, int]] = {}
        self.services: dict[str, Teleservice] = {}

    def parts(self, path: Path, key: str) -> tuple[Document, list[Any]] | None:
        """The document and its list under ``key``, or None with a problem noted."""
        try:
            document = read(path)
        except Unreadable as error:
            self.problems.append(error.problem)
            return None
        found = document.data.get(key)
        if not isinstance(found, list):
            self.problems.append(Problem(path, document.line([key]), f"needs a list “{key}:”"))
            return None
        return document, found

    def content(self, path: Path) -> None:
        """Read one theme."""
        if not (parts := self.parts(path, "entries")):
            return
        document, items = parts
        theme, title = document.data.get("theme"), document.data.get("title")
        if not isinstance(theme, str) or not isinstance(title, str):
            self.problems.append(Problem(path, 1, "needs “theme:” and “title:”"))
            return
        self.themes[theme] = title
        for index, item in enumerate(items):
            where = ("entries", index)
            try:
                entry = _ENTRY.validate_python({**item, "theme": theme} if isinstance(item, dict) else item)
            except ValidationError as error:
                self.invalid(document, where, error)
                continue
            if entry.id in self.entries:
                self.problems.append(Problem(path, document.line(where), f"the id “{entry.id}” is used twice"))
                continue
            self.entries[entry.id] = entry
            self.places[entry.id] = (path, document.line(where))

    def teleservices(self, path: Path) -> None:
        """Read the list of services."""
        if not (parts := self.parts(path, "teleservices")):
            return
        document, items = parts
        for index, item in enumerate(items):
            try:
                service = _SERVICE.validate_python(item)
            except ValidationError as error:
                self.invalid(document, ("teleservices", index), error)
                continue
            self.services[service.id] = service

    def invalid(self, document: Document, where: tuple[str | int, ...], error: ValidationError) -> None:
        """One problem for each mistake in an item, at its own line."""
        for mistake in error.errors():
            inside = mistake["loc"]
            name = ".".join(str(step) for step in inside) or "entry"
            self.problems.append(Problem(document.path, document.line(where + inside), f"{name}: {mistake['msg']}"))


def load(content: Path | None = None, teleservices: Path | None = None) -> Library:
    """Read every theme of the folder ``content`` and the list of services beside it (the packaged ones by default)."""
    folder = content or CONTENT
    services = teleservices or folder.parent / "teleservices.yaml"
    reader = _Reader()
    if not folder.is_dir():
        reader.problems.append(Problem(folder, 1, "is not a folder of content files"))
    for path in sorted(folder.glob("*.yaml")):
        reader.content(path)
    reader.teleservices(services if services.exists() else HERE / "teleservices.yaml")
    return Library(
        tuple(reader.entries.values()), reader.themes, reader.services, tuple(reader.problems), reader.places
    )
