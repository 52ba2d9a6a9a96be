"""Labelled messages: what triage is trained on (`examples/`) and what it is measured with (`tests/corpora/`)."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bots.triage.vocabulary import Intent, Theme
from brigade.errors import Malformed
from brigade.interception.likeness import FILE
from brigade.texts import LANGUAGES
from brigade.vocabulary import Urgency

HERE = Path(__file__).parent / "examples"
INTERCEPTION = FILE.parent
_HEADING = "== "


@dataclass(frozen=True, slots=True)
class Example:
    """One message; several urgencies or themes when two good operators would differ."""

    language: str
    urgencies: tuple[Urgency, ...]
    themes: tuple[Theme, ...]
    intent: Intent
    text: str


def read(path: Path, language: str) -> Iterator[Example]:
    """The messages of one file. Raises Malformed that names the line."""
    heading: tuple[tuple[Urgency, ...], tuple[Theme, ...], Intent] | None = None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if line.startswith(_HEADING):
            heading = _heading(line, f"{path.name}:{number}")
        elif line.strip() and not line.startswith("#"):
            if heading is None:
                raise Malformed(f"{path.name}:{number}: a heading such as “== normal recrutement question” comes first")
            yield Example(language, *heading, line.strip())


def _heading(line: str, where: str) -> tuple[tuple[Urgency, ...], tuple[Theme, ...], Intent]:
    try:
        urgency, theme, intent = line.removeprefix(_HEADING).split()
        urgencies = tuple(Urgency(one) for one in urgency.split("/"))
        return urgencies, tuple(Theme(one) for one in theme.split("/")), Intent(intent)
    except ValueError as error:
        raise Malformed(f"{where}: {error}; write “== urgency theme intent”") from error


def examples() -> list[Example]:
    """Everything triage is trained on, French first."""
    return [
        one
        for language in LANGUAGES
        for path in sorted((HERE / language).glob("*.txt"))
        for one in read(path, language)
    ]


def fingerprint() -> str:
    """Of all that models are made of, examples, patterns and concepts: they say with what they were trained."""
    digest = hashlib.sha256()
    kinds = ((HERE, "*/*.txt"), (HERE.parent, "*.yaml"), (INTERCEPTION, "*.yaml"))
    for path in (path for folder, kind in kinds for path in sorted(folder.glob(kind))):
        digest.update(f"{path.parent.name}/{path.name}".encode() + b"\0" + path.read_bytes() + b"\0")
    return digest.hexdigest()
