"""The content that ships: it lints clean, and a mistake in it is told with its path and line while the rest goes on."""

from datetime import date
from pathlib import Path

import pytest
import yaml

from faq_index.content import CONTENT, LANGUAGES, load
from faq_index.lint import lint
from faq_index.words import problems

ON_REVIEW_DAY = date(2026, 11, 22)

ENTRY = """\
  - id: {id}
    question: "{question}"
    short: "Une phrase. Une autre phrase."
    full: "{full}"
    asks: [un, deux mots, trois mots ici, quatre mots de plus, cinq autres mots {id}]
    sources: [{{title: Code pénal}}]
    related: [{related}]
    teleservices: [{service}]
    audience: [tout public]
    reviewed: 2026-01-01
    valid_until: 2027-01-01
    status: {status}
    validated_by: null
"""


def entry(key: str, question: str = "Où est la brigade\u00a0?", **kw: str) -> str:
    values = {"full": "mot " * 60, "related": "", "service": "urgence-17", "status": "draft"} | kw
    return ENTRY.format(id=key, question=question, **values)


def theme(folder: Path, name: str, *entries: str) -> Path:
    path = folder / f"{name}.yaml"
    path.write_text(f"theme: {name}\ntitle: Un titre\nentries:\n{''.join(entries)}")
    return path


@pytest.fixture(scope="module")
def library():
    return load()


def test_it_lints_clean(library):
    assert [str(problem) for problem in lint(library, ON_REVIEW_DAY)] == []


def test_every_question_is_answered_and_can_be_found_in_five_languages(library):
    assert len(library.entries) == 713
    assert len(library.themes) == 31
    for code in LANGUAGES[1:]:
        missing = [entry.id for entry in library.entries if code not in entry.translations]
        assert not missing, code
        assert set(library.titles[code]) == set(library.themes)


@pytest.mark.parametrize("code", LANGUAGES[1:])
def test_the_most_useful_questions_are_answered_in_five_languages(library, code):
    chosen = yaml.safe_load((CONTENT.parent / "translated.yaml").read_text())
    wanted = [key for group in chosen.values() for key in group.split()]
    assert len(set(wanted)) == 120
    assert [key for key in wanted if not library.by_id[key].speaks(code)] == []


def test_nothing_claims_a_validation(library):
    assert {(entry.status, entry.validated_by) for entry in library.entries} == {("draft", None)}


def test_an_answer_about_danger_names_the_emergency_numbers(library):
    for entry_id in ("conjugal-danger-immediat", "sexuel-que-faire-apres-viol", "disparition-fugue-mineur"):
        emergency = library.by_id[entry_id].emergency
        assert emergency is not None
        assert "17" in emergency and "112" in emergency


def test_an_untranslated_entry_answers_in_french_and_says_so(library):
    untranslated = library.by_id["armes-couteau-port"]
    answer = untranslated.answer("de")
    assert answer.language == "fr" and answer.question.startswith("A-t-on")
    assert answer.short == untranslated.short
    assert library.by_id["conjugal-3919"].answer("de").language == "de"


def test_entries_are_frozen(library):
    with pytest.raises(AttributeError):
        library.entries[0].short = "autre"


def test_a_broken_file_is_told_with_its_line_and_the_others_go_on(tmp_path):
    theme(tmp_path, "bon", entry("une"))
    broken = tmp_path / "casse.yaml"
    broken.write_text('theme: casse\ntitle: "sans fin\nentries: []\n')
    library = load(tmp_path)
    assert list(library.by_id) == ["une"]
    (problem,) = library.problems
    assert problem.path == broken and problem.line >= 2 and "YAML" in problem.message


def test_a_mistake_in_an_entry_is_told_with_its_line_and_its_neighbours_go_on(tmp_path):
    path = theme(
        tmp_path, "mixte", entry("une"), entry("deux").replace("status: draft", "status: fini"), entry("trois")
    )
    library = load(tmp_path)
    assert list(library.by_id) == ["une", "trois"]
    (problem,) = library.problems
    line = path.read_text().splitlines()[problem.line - 1]
    assert problem.path == path and "status: fini" in line and "status" in problem.message


@pytest.mark.parametrize(
    ("raw", "line", "says"),
    [
        (b"theme: a\ntitle: \xff\n", 2, "UTF-8"),
        (b"theme: a\ntitle: b\ntheme: c\nentries: []\n", 3, "twice"),
        (b"- liste\n", 1, "mapping"),
        (b"", 1, "mapping"),
        (b"theme: a\ntitle: b\nentries: non\n", 3, "entries"),
        (b"entries: []\n", 1, "theme"),
        (b"theme: a\ntitle: b\nentries:\n  - 3\n", 4, "entry"),
        (b"theme: a\ntitle: b\nentries:\n  - reviewed: 2026-13-45\n", 1, "YAML"),
    ],
)
def test_bad_files_are_told_where(tmp_path, raw, line, says):
    (tmp_path / "x.yaml").write_bytes(raw)
    (problem, *_) = load(tmp_path).problems
    assert (problem.line, says in problem.message) == (line, True), problem


def test_a_missing_folder_is_told(tmp_path):
    (problem, *_) = load(tmp_path / "rien").problems
    assert "folder" in problem.message


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        ([entry("a", related="fantome")], "does not exist"),
        ([entry("a", related="a")], "itself"),
        ([entry("a", service="inconnu")], "teleservice"),
        ([entry("a", full="trop court")], "full has"),
        ([entry("a", full="mot " * 201)], "full has"),
        ([entry("a", status="validated")], "go together"),
        ([entry("a", question="Où est l'arme ?")], "apostrophe"),
        ([entry("a", question="Où est la brigade ?")], "no-break"),
        ([entry("a").replace("un, deux mots,", "")], "at least 5"),
        ([entry("a").replace("un, deux mots,", "trois mots ici,")], "asks the same twice"),
        ([entry("a").replace("Une autre phrase.", "Une autre. Encore. Et encore.")], "sentences"),
        ([entry("a").replace("Une phrase.", "x" * 430)], "characters"),
        ([entry("a", question="Comment voter loin ?"), entry("b", question="Voter loin, comment ?")], "nearly"),
        ([entry("a").replace("2027-01-01", "2025-01-01")], "after reviewed"),
        (
            [entry("a"), entry("b", question="Que faire d’un chat\u00a0?").replace("autres mots b", "autres mots a")],
            "also asked",
        ),
    ],
)
def test_the_linter_refuses(tmp_path, entries, says):
    theme(tmp_path, "t", *entries)
    found = [problem for problem in lint(load(tmp_path), date(2024, 1, 1)) if problem.level == "error"]
    assert any(says in problem.message for problem in found), found


def test_a_review_that_is_due_is_a_warning(tmp_path):
    theme(tmp_path, "t", entry("a"))
    found = lint(load(tmp_path), date(2030, 1, 1))
    assert [(problem.level, "review due" in problem.message) for problem in found] == [("warning", True)]


def test_ids_are_unique_and_each_file_holds_its_theme():
    for path in CONTENT.glob("*.yaml"):
        assert yaml.safe_load(path.read_text())["theme"] == path.stem


def test_an_id_used_twice_is_told(tmp_path):
    theme(tmp_path, "t", entry("a"), entry("a"))
    (problem,) = load(tmp_path).problems
    assert "twice" in problem.message


def test_everyday_words_are_checked(tmp_path):
    assert problems() == []
    (tmp_path / "fr.yaml").write_text("stop: le la\nsynonyms:\n  - [vol, vols]\n  - velo\n")
    (tmp_path / "en.yaml").write_text("stop: [")
    english, french = problems(tmp_path)
    assert "YAML" in english.message
    assert french.line == 4 and "synonyms.1" in french.message


@pytest.mark.parametrize(
    ("translation", "says"),
    [
        ("{question: What?, asks: [one, two words, three words here], short: Half.}", "go together"),
        ("{question: What?, asks: [one]}", "at least 3"),
        ("{question: What?, asks: [one, two words, three words here], short: Half., full: brief}", "full has 1 words"),
        ("{asks: [one, two words, three words here]}", "question"),
    ],
)
def test_the_linter_refuses_half_a_translation(tmp_path, translation, says):
    theme(tmp_path, "t", entry("a"))
    (tmp_path / "en").mkdir()
    (tmp_path / "en/t.yaml").write_text(f"theme: t\nentries:\n  - {{id: a, {translation[1:]}\n")
    found = lint(load(tmp_path), date(2024, 1, 1))
    assert any(says in problem.message for problem in found), found


def test_a_translation_of_nothing_is_told(tmp_path):
    theme(tmp_path, "t", entry("a"))
    (tmp_path / "en").mkdir()
    (tmp_path / "en/t.yaml").write_text("theme: t\nentries:\n  - {id: b, question: What?, asks: [one]}\n")
    assert any("translates no question" in problem.message for problem in load(tmp_path).problems)
