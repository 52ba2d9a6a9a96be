"""The questions and answers as a table for a spreadsheet, and back: one row an entry and language.

UTF-8 with its mark, semicolons, one line of a cell for each item of a list: what opens in French spreadsheets by a
double click. Coming back, only rows that say something else than the content are written.
"""

import csv
import io
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from faq_index.blocks import FIELDS, block, new_theme, put
from faq_index.content import ENTRY, LANGUAGES, TRANSLATION, Entry, Library, Translation

COLUMNS = ("theme", "id", "lang", *FIELDS)
_LISTS = ("asks", "related", "teleservices", "audience", "to_verify")
_EMPTY_IS_NONE = ("emergency", "validated_by", "short", "full")
_FORMULA = ("=", "+", "-", "@", "\t")  # a spreadsheet would compute such a cell


class BadTable(Exception):
    """``mistakes``: each with its row; nothing was written."""

    def __init__(self, mistakes: list[str]) -> None:
        super().__init__("\n".join(mistakes))
        self.mistakes = mistakes


@dataclass(frozen=True)
class _Row:
    number: int
    theme: str
    id: str
    lang: str
    given: Mapping[str, str]


def export(library: Library, languages: tuple[str, ...] = LANGUAGES) -> str:
    """The table as text."""
    out = io.StringIO()
    writer = csv.DictWriter(out, COLUMNS, delimiter=";", lineterminator="\r\n")
    writer.writeheader()
    for entry in library.entries:
        for code in languages:
            told = entry if code == "fr" else entry.translations.get(code)
            if told:
                values = {name: _cell(getattr(told, name, None)) for name in FIELDS}
                writer.writerow({"theme": entry.theme, "id": entry.id, "lang": code} | values)
    return "\ufeff" + out.getvalue()


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple):
        return "\n".join(
            each if isinstance(each, str) else " | ".join(filter(None, asdict(each).values())) for each in value
        )
    text = str(value)
    return f"'{text}" if text.startswith(_FORMULA) else text


def bring_back(text: str, library: Library, folder: Path) -> list[str]:
    """Write the rows that differ into the content of ``folder``; "id (language)" of each.

    Raises BadTable, with every mistake, before anything is written.
    """
    mistakes: list[str] = []
    changes = [change for row in _rows(text, mistakes) if (change := _change(row, library, mistakes))]
    if mistakes:
        raise BadTable(mistakes)
    for row, values in changes:
        path = (folder if row.lang == "fr" else folder / row.lang) / f"{row.theme}.yaml"
        if not path.exists():
            new_theme(path, library.title(row.theme) if row.lang == "fr" else None)
        put(path, row.id, block(row.id, values))
    return [f"{row.id} ({row.lang})" for row, _ in changes]


def _rows(text: str, mistakes: list[str]) -> Iterator[_Row]:
    text = text.removeprefix("\ufeff")
    head = text.partition("\n")[0]
    mark = max(";,\t", key=head.count)
    reader = csv.DictReader(io.StringIO(text, newline=""), delimiter=mark)
    if missing := [name for name in ("theme", "id", "lang", "question") if name not in (reader.fieldnames or ())]:
        mistakes.append(f"the first line must name the columns; missing: {', '.join(missing)}")
        return
    for number, given in enumerate(reader, 2):
        row = {key: (value or "").strip() for key, value in given.items() if key}
        if not any(row.values()):
            continue
        if None in given:
            mistakes.append(f"row {number}: more cells than columns; is a text with “{mark}” in it not quoted?")
        elif row["lang"] not in LANGUAGES:
            mistakes.append(f"row {number}: lang “{row['lang']}” is not one of {', '.join(LANGUAGES)}")
        else:
            yield _Row(number, row["theme"], row["id"], row["lang"], row)


def _change(row: _Row, library: Library, mistakes: list[str]) -> tuple[_Row, Mapping[str, Any]] | None:
    """What the row says otherwise than the content; None when it says the same or is wrong."""
    known = library.by_id.get(row.id)
    if row.theme not in library.themes or (known and known.theme != row.theme):
        mistakes.append(f"row {row.number}: “{row.theme}” is not the theme of {row.id}, or no theme")
        return None
    if known is None and row.lang != "fr":
        mistakes.append(f"row {row.number}: {row.id} has no French entry to translate")
        return None
    values = {name: _value(name, row.given[name]) for name in FIELDS if name in row.given}
    try:
        if row.lang == "fr":
            return _french(row, values, known)
        wanted = {name: value for name in ("question", "short", "full", "asks") if (value := values.get(name))}
        told: Translation = TRANSLATION.validate_python(wanted)
        return None if known and known.translations.get(row.lang) == told else (row, wanted)
    except ValidationError as error:
        for mistake in error.errors():
            mistakes.append(f"row {row.number}: {'.'.join(map(str, mistake['loc']))}: {mistake['msg']}")
        return None


def _french(row: _Row, values: Mapping[str, Any], known: Entry | None) -> tuple[_Row, Mapping[str, Any]] | None:
    entry: Entry = ENTRY.validate_python({"id": row.id, "theme": row.theme} | dict(values))
    before = {name: getattr(known, name) for name in FIELDS} if known else None
    after = {name: getattr(entry, name) for name in FIELDS}
    if before == after:
        return None
    after["sources"] = tuple(asdict(source) for source in entry.sources)
    return row, after


def _value(name: str, cell: str) -> Any:
    if cell.startswith("'") and cell[1:].startswith(_FORMULA):
        cell = cell[1:]
    lines = [line.strip() for line in cell.splitlines() if line.strip()]
    if name in _LISTS:
        return lines
    if name == "sources":
        return [_source(line) for line in lines]
    if name == "full" and cell:
        return cell.replace("\r\n", "\n").strip() + "\n"
    return None if not cell and name in _EMPTY_IS_NONE else cell


def _source(line: str) -> dict[str, str]:
    title, _, url = line.partition(" | ")
    return {"title": title} | ({"url": url} if url else {})
