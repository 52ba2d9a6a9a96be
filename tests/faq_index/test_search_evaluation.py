"""Queries with known answers: how they are read, what is counted, and `brigade faq evaluate`."""

import json

import pytest
from typer.testing import CliRunner

from faq_index.commands import app
from faq_index.evaluation import Asked, measure, read
from faq_index.lines import Unreadable

RUN = CliRunner()


def test_a_file_of_queries_is_read(tmp_path):
    path = tmp_path / "q-fr.txt"
    path.write_text("# comment\n\na,b: one | two\n-: nothing: at all\n")
    assert read(path, "fr") == [
        Asked("one", "fr", frozenset("ab")),
        Asked("two", "fr", frozenset("ab")),
        Asked("nothing: at all", "fr", frozenset()),
    ]


def test_a_line_without_a_query_is_told(tmp_path):
    path = tmp_path / "q-fr.txt"
    path.write_text("a: one\nb\n")
    with pytest.raises(Unreadable, match=r"q-fr\.txt:2"):
        read(path, "fr")


def test_what_is_counted():
    answers = {"one": (["a", "b"], True), "two": (["b", "a"], True), "three": (["x"], False), "four": (["a"], True)}
    queries = [Asked(text, "fr", frozenset("a")) for text in ("one", "two", "three")] + [
        Asked("four", "fr", frozenset())
    ]
    found = measure(lambda text, _language: answers[text], queries)
    assert (found.queries, found.first, found.third, found.rank) == (4, 1 / 3, 2 / 3, 0.5)
    assert (found.sure, found.right, found.fooled) == (2 / 3, 1 / 3, 1.0)


def test_evaluate_compares_three_engines_on_the_same_queries(tmp_path):
    path = tmp_path / "small-fr.txt"
    path.write_text("cambriolage-velo-vole: on a piqué ma bicyclette\n-: recette de crêpes\n")
    result = RUN.invoke(app, ["evaluate", str(path), "--json"])
    rows = [json.loads(line) for line in result.output.splitlines()]
    assert {row["engine"] for row in rows} == {"ours", "tantivy", "SQLite FTS5"}
    ours = next(row for row in rows if row["engine"] == "ours")
    assert ours["figures"]["first"] == 1.0 and ours["figures"]["fooled"] == 0.0 and ours["p95"] > 0
    assert "right first" in RUN.invoke(app, ["evaluate", str(path), "--ours"]).output


def test_evaluate_refuses_what_is_not_a_file_of_queries(tmp_path):
    path = tmp_path / "x-fr.txt"
    path.write_text("no colon\n")
    result = RUN.invoke(app, ["evaluate", str(path)])
    said = "".join(result.output.replace("│", "").split())  # however the terminal breaks a long path
    assert result.exit_code == 2 and "x-fr.txt:1" in said
