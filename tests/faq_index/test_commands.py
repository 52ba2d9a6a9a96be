"""``brigade faq …`` as it is typed."""

import json
from pathlib import Path

from typer.testing import CliRunner

from faq_index.commands import app

RUN = CliRunner()


def test_search_says_the_answer():
    result = RUN.invoke(app, ["search", "on m'a volé mon vélo", "--limit", "2"])
    assert result.exit_code == 0
    assert "cambriolage-velo-vole" in result.output and "Portez plainte" in result.output


def test_search_without_a_sure_answer_says_so():
    assert "sure enough" in RUN.invoke(app, ["search", "recette de la tarte aux pommes"]).output
    assert "Nothing found" in RUN.invoke(app, ["search", "***"]).output


def test_json_is_one_line():
    result = RUN.invoke(app, ["search", "my bag was stolen", "--lang", "en", "--limit", "1", "--json"])
    row = json.loads(result.output)
    assert set(row) == {"q", "lang", "results", "confident"}
    assert row["confident"] is True and row["lang"] == "en"
    assert set(row["results"][0]) == {"id", "score", "question"}
    assert row["results"][0]["question"].startswith("What must I do")


def test_one_query_a_line_on_standard_input():
    lines = b'tapage nocturne\n\n"(AND\nmon chat a disparu\n\xff\xfe\n'
    result = RUN.invoke(app, ["search", "--limit", "3"], input=lines)
    rows = [json.loads(line) for line in result.output.splitlines()]
    assert [row["q"] for row in rows][:4] == ["tapage nocturne", "", '"(AND', "mon chat a disparu"]
    assert [row["confident"] for row in rows] == [True, False, False, True, False]


def test_an_unknown_language_is_refused():
    result = RUN.invoke(app, ["search", "vol", "--lang", "pt"])
    assert result.exit_code == 2 and "fr, en, es, de, it" in result.output


def test_lint_fails_with_the_path_and_line(tmp_path: Path):
    (tmp_path / "x.yaml").write_text("theme: x\ntitle: X\nentries:\n  - id: seul\n")
    result = RUN.invoke(app, ["lint", "--content", str(tmp_path)])
    assert result.exit_code == 1 and f"{tmp_path}/x.yaml:4" in result.output


def test_stats_counts_by_theme_and_language():
    lines = RUN.invoke(app, ["stats"]).output.splitlines()
    total = next(line.split() for line in lines if line.startswith("total"))
    assert int(total[1]) >= 70 and all(int(count) >= 20 for count in total[2:6]) and total[6] == "0"
