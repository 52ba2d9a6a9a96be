"""The questions and answers, read from ``faq_index/content/`` into frozen objects: a French file for each theme, and a
folder for each other language (``content/en/``) with what is translated.

A file that cannot be read, or an entry with a mistake, becomes a Problem with its path and line; the others go on.
"""

from collections.abc import Mapping
from dataclasses import field, replace
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
    """An entry in another language. Without ``short`` it can be found in that language, and is answered in French."""

    question: str
    asks: tuple[str, ...]
    short: str | None = None
    full: str | None = None


@dataclass(frozen=True)
class Answer:
    """``short`` can be said in a chat, ``full`` is Markdown; ``language`` is the language they are really in."""

    question: str
    short: str
    full: str
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
    theme: str = ""
    translations: Mapping[str, Translation] = field(default_factory=dict)

    def answer(self, language: str = "fr") -> Answer:
        """The answer in ``language``, or in French when it is not translated: see ``Answer.language``."""
        found = self.translations.get(language)
        if found and found.short:
            return Answer(found.question, found.short, found.full or found.short, language)
        return Answer(self.question, self.short, self.full, "fr")

    def title(self, language: str = "fr") -> str:
        """The question in ``language``, even when the answer is in French only; in French when neither is there."""
        found = self.translations.get(language)
        return found.question if found else self.question

    def speaks(self, language: str) -> bool:
        """Whether the answer itself is in ``language``."""
        return self.answer(language).language == language


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
    """Everything read: entries in file order, titles of themes by language, services by id, problems, and where each
    entry is.
    """

    entries: tuple[Entry, ...]
    titles: Mapping[str, Mapping[str, str]]
    teleservices: Mapping[str, Teleservice]
    problems: tuple[Problem, ...]
    places: Mapping[str, tuple[Path, int]]

    @property
    def themes(self) -> Mapping[str, str]:
        """Theme ids with their French titles, in the order of the files."""
        return self.titles["fr"]

    def title(self, theme: str, language: str = "fr") -> str:
        """The title of a theme in ``language``, in French when it has none."""
        return self.titles.get(language, {}).get(theme) or self.titles["fr"].get(theme, theme)

    @cached_property
    def by_id(self) -> Mapping[str, Entry]:
        """The entries by their id."""
        return {entry.id: entry for entry in self.entries}


ENTRY: TypeAdapter[Entry] = TypeAdapter(Entry)
TRANSLATION: TypeAdapter[Translation] = TypeAdapter(Translation)
_SERVICE: TypeAdapter[Teleservice] = TypeAdapter(Teleservice)


class _Reader:
    """Collects entries and problems over files."""

    def __init__(self) -> None:
        self.entries: dict[str, Entry] = {}
        self.titles: dict[str, dict[str, str]] = {code: {} for code in LANGUAGES}
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
        self.titles["fr"][theme] = title
        for index, item in enumerate(items):
            where = ("entries", index)
            try:
                entry = ENTRY.validate_python({**item, "theme": theme} if isinstance(item, dict) else item)
            except ValidationError as error:
                self.invalid(document, where, error)
                continue
            if entry.id in self.entries:
                self.problems.append(Problem(path, document.line(where), f"the id “{entry.id}” is used twice"))
                continue
            self.entries[entry.id] = entry
            self.places[entry.id] = (path, document.line(where))

    def translation(self, path: Path, code: str) -> None:
        """Read what is translated of one theme, after every French file."""
        if not (parts := self.parts(path, "entries")):
            return
        document, items = parts
        if isinstance(title := document.data.get("title"), str) and path.stem in self.titles["fr"]:
            self.titles[code][path.stem] = title
        for index, item in enumerate(items):
            where = ("entries", index)
            key = item.pop("id", None) if isinstance(item, dict) else None
            known = self.entries.get(key) if isinstance(key, str) else None
            if known is None or code in known.translations:
                why = "translates no question" if known is None else "is translated twice"
                self.problems.append(Problem(path, document.line(where), f"“{key}” {why}"))
                continue
            try:
                told = {**known.translations, code: TRANSLATION.validate_python(item)}
            except ValidationError as error:
                self.invalid(document, where, error)
                continue
            self.entries[known.id] = replace(known, translations=told)

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
    for code in LANGUAGES[1:]:
        for path in sorted((folder / code).glob("*.yaml")):
            reader.translation(path, code)
    reader.teleservices(services if services.exists() else HERE / "teleservices.yaml")
    return Library(
        tuple(reader.entries.values()), reader.titles, reader.services, tuple(reader.problems), reader.places
    )
