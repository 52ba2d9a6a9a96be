"""Pages that are texts: Markdown files that begin with a few ``key: value`` lines between ``---``.

The centre's own (``pages/<language>/privacy.md``) and the easy-to-read ones (``faq_index/content/falc/``).
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import ConfigDict, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

from faq_index.content import CONTENT
from faq_index.lines import Problem

PAGES = Path(__file__).parent / "pages"
NAMES = ("contact", "safety", "accessibility", "accessibility-plan", "privacy", "legal")
EASY = ("urgence", "partir-sans-danger", "vie-privee", "porter-plainte", "violences-couple")
_strict = ConfigDict(extra="forbid", str_strip_whitespace=True, str_min_length=1)


@checked(frozen=True, config=_strict)
class Head:
    """What stands between the lines ``---``. ``published`` is for easy-to-read pages: only what people with an
    intellectual disability have read and understood may be published as such.
    """

    title: str
    updated: date
    status: Literal["draft", "validated"] = "draft"
    published: bool = False
    validated_by: str | None = None
    validated_on: date | None = None
    sensitive: bool = False
    related: tuple[str, ...] = ()


@dataclass(frozen=True)
class Document:
    """One text in one language."""

    name: str
    language: str
    head: Head
    body: str
    path: Path


@dataclass(frozen=True)
class Documents:
    """Every text by name and language."""

    pages: Mapping[tuple[str, str], Document]
    easy: Mapping[str, Document]
    problems: tuple[Problem, ...]

    def page(self, name: str, language: str) -> Document | None:
        """In ``language``, in French when it is not translated."""
        return self.pages.get((name, language)) or self.pages.get((name, "fr"))


_HEAD: TypeAdapter[Head] = TypeAdapter(Head)


def load(content: Path | None = None) -> Documents:
    """Read all; what cannot be read is a problem, and the others go on."""
    problems: list[Problem] = []
    pages = {
        (path.stem, path.parent.name): found
        for path in sorted(PAGES.glob("*/*.md"))
        if (found := _read(path, path.parent.name, problems))
    }
    folder = (content or CONTENT) / "falc"
    easy = {path.stem: found for path in sorted(folder.glob("*.md")) if (found := _read(path, "fr", problems))}
    for document in easy.values():
        problems += _unfit(document)
    return Documents(pages, easy, tuple(problems))


def _unfit(document: Document) -> Iterator[Problem]:
    head = document.head
    known = bool(head.validated_by and head.validated_on)
    if head.published and not known:
        yield Problem(document.path, 1, "published needs validated_by and validated_on: who has read it, and when")
    if (head.status == "validated") != known:
        yield Problem(document.path, 1, "status validated, validated_by and validated_on go together")


def _read(path: Path, language: str, problems: list[Problem]) -> Document | None:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        problems.append(Problem(path, 1, f"cannot be read: {type(error).__name__}"))
        return None
    _, _, rest = text.partition("---\n")
    head, mark, body = rest.partition("\n---\n")
    if not text.startswith("---\n") or not mark:
        problems.append(Problem(path, 1, "must begin with `title:` and the like between two lines ---"))
        return None
    try:
        raw: Any = yaml.safe_load(head)
        return Document(path.stem, language, _HEAD.validate_python(raw), body.strip(), path)
    except (yaml.YAMLError, ValidationError) as error:
        why = (
            "; ".join(f"{e['loc'][0]}: {e['msg']}" for e in error.errors())
            if isinstance(error, ValidationError)
            else error
        )
        problems.append(Problem(path, 2, f"{why}"))
        return None
