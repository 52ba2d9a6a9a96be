"""Editors work in a spreadsheet: out and back changes nothing, one cell changes one block, a mistake writes nothing."""

import csv
import io
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from typer.testing import CliRunner

from faq_index.commands import app
from faq_index.content import CONTENT, load
from faq_index.spreadsheet import BadTable, bring_back, export

RUN = CliRunner()
KEY = "escroquerie-lien-clique"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    shutil.copytree(CONTENT, tmp_path / "content")
    return tmp_path / "content"


def contents(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*.yaml")}


def edited(table: str, change: Callable[[dict[str, str]], None], lang: str = "fr") -> str:
    rows = list(csv.DictReader(io.StringIO(table.removeprefix("\ufeff"), newline=""), delimiter=";"))
    for row in rows:
        if row["id"] == KEY and row["lang"] == lang:
            change(row)
    out = io.StringIO()
    writer = csv.DictWriter(out, rows[0], delimiter=";")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def test_out_and_back_changes_nothing(folder: Path) -> None:
    before = contents(folder)
    library = load(folder)
    table = export(library)
    assert table.count("\r\n") > len(library.entries)
    assert bring_back(table, library, folder) == []
    assert contents(folder) == before


def test_an_edited_cell_changes_its_entry_alone(folder: Path) -> None:
    before, library = contents(folder), load(folder)
    table = edited(export(library), lambda row: row.update(asks=row["asks"] + "\n=ma question à moi"))
    assert bring_back(table, library, folder) == [f"{KEY} (fr)"]
    after = load(folder)
    assert after.by_id[KEY].asks == (*library.by_id[KEY].asks, "=ma question à moi")
    changed = [path.name for path, raw in contents(folder).items() if before[path] != raw]
    assert changed == ["escroqueries.yaml"]
    others = [entry for entry in after.entries if entry.id != KEY]
    assert others == [entry for entry in library.entries if entry.id != KEY]
    assert "'=ma question" in export(after) or "=ma question" in export(after)


def test_a_translation_comes_back_into_its_folder(folder: Path) -> None:
    library = load(folder)
    table = edited(export(library), lambda row: row.update(question="What if I clicked?"), "en")
    assert bring_back(table, library, folder) == [f"{KEY} (en)"]
    assert load(folder).by_id[KEY].title("en") == "What if I clicked?"


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"lang": "pt"}, "lang “pt”"),
        ({"theme": "cuisine"}, "“cuisine” is not the theme"),
        ({"reviewed": "hier"}, "reviewed"),
        ({"status": "parfait"}, "status"),
        ({"question": ""}, "question"),
    ],
)
def test_a_wrong_row_is_told_and_nothing_is_written(folder: Path, change: dict[str, str], told: str) -> None:
    before, library = contents(folder), load(folder)
    with pytest.raises(BadTable) as error:
        bring_back(edited(export(library), lambda row: row.update(change)), library, folder)
    assert told in str(error.value) and "row " in str(error.value)
    assert contents(folder) == before


def test_a_table_without_its_columns_or_encoding_is_refused(folder: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.csv"
    bad.write_text("a;b\n1;2\n")
    result = RUN.invoke(app, ["import", str(bad), "--content", str(folder)])
    assert result.exit_code == 1 and "missing: theme, id, lang, question" in result.output
    bad.write_bytes("thème;id".encode("latin-1"))
    assert "UTF-8" in RUN.invoke(app, ["import", str(bad), "--content", str(folder)]).output


def test_a_new_question_is_begun_and_linted(folder: Path) -> None:
    options = ["--content", str(folder)]
    made = RUN.invoke(app, ["new", "banque", "banque-carte-avalee", "Que faire si ma carte est avalée ?", *options])
    assert made.exit_code == 0, made.output
    assert load(folder).by_id["banque-carte-avalee"].status == "draft"
    assert "0 asks" in RUN.invoke(app, ["lint", *options]).output
    again = RUN.invoke(app, ["new", "banque", "banque-carte-avalee", "Encore ?", *options])
    assert again.exit_code == 2 and "used already" in again.output
    assert RUN.invoke(app, ["new", "banque", "Pas Bon", "Quoi ?", *options]).exit_code == 2
