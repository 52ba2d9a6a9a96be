"""The index on disk and the shelf: kept, rebuilt, replaced, shared; broken content; changes while queries go on."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from faq_index import keeping
from faq_index.index import Index
from faq_index.postings import Postings
from faq_index.search import Faq, Results
from faq_index.shelf import Shelf

PACKAGED = Path(__file__).parents[2] / "faq_index" / "content"
DEAF = "urgence-114-sms-tchat-visio"


@pytest.fixture
def content(tmp_path):
    folder = tmp_path / "content"
    folder.mkdir()
    bring(folder, "urgences")
    return folder


def bring(folder: Path, theme: str) -> None:
    (folder / f"{theme}.yaml").write_bytes((PACKAGED / f"{theme}.yaml").read_bytes())


def first(content: Path, root: Path) -> str:
    return Faq.load(content, root).search("je suis sourd").hits[0].entry.id


def test_the_index_on_disk_is_kept_and_rebuilt_when_a_file_is_damaged_or_missing(content, tmp_path):
    root = tmp_path / "index"
    assert first(content, root) == DEAF
    (folder,) = (path for path in root.iterdir() if path.is_dir())
    before = {path: path.stat().st_mtime_ns for path in folder.glob("*.npz")}
    assert len(before) == 5
    assert first(content, root) == DEAF
    assert {path: path.stat().st_mtime_ns for path in before} == before

    (folder / "fr.npz").write_bytes(b"half")
    assert first(content, root) == DEAF
    Index.read(folder / "fr.npz")
    (folder / "de.npz").unlink()
    assert first(content, root) == DEAF
    assert (folder / "de.npz").exists()


def test_an_index_of_other_content_or_of_another_version_is_replaced(content, tmp_path):
    root = tmp_path / "index"
    assert first(content, root) == DEAF
    bring(content, "voisinage")
    assert Faq.load(content, root).search("tapage nocturne").hits[0].entry.id == "voisinage-tapage-nocturne"
    assert [path.name for path in root.iterdir() if path.is_dir()] == [keeping.fingerprint(content)]
    keeping.built(root, "of-another-version", content, lambda _language: None)
    assert first(content, root) == DEAF
    assert [path.name for path in root.iterdir() if path.is_dir()] == [keeping.fingerprint(content)]


def test_a_folder_that_cannot_be_written_is_an_error_of_the_disk(content, tmp_path):
    (tmp_path / "taken").write_text("a file where the folder should be")
    with pytest.raises(OSError, match="taken"):
        Faq.load(content, tmp_path / "taken")


def test_a_broken_file_does_not_stop_the_search(content):
    (content / "casse.yaml").write_text("theme: [")
    faq = Faq.load(content)
    assert faq.search("je suis sourd").hits[0].entry.id == DEAF
    assert [(problem.path.name, problem.line) for problem in faq.library.problems] == [("casse.yaml", 2)]


def test_no_content_at_all_finds_nothing(tmp_path):
    assert Faq.load(tmp_path).search("vol") == Results((), False)


def test_one_entry_alone_is_found(tmp_path):
    lines = (PACKAGED / "urgences.yaml").read_text().split("\n  - id: ")
    (tmp_path / "urgences.yaml").write_text("\n  - id: ".join(lines[:2]))
    assert [hit.entry.id for hit in Faq.load(tmp_path).search("appeler le 17").hits] == ["urgence-quand-appeler-17"]


def test_nobody_waits_for_what_is_learned(content):
    faq = Faq.load(content, background=True)
    plain = faq.finders
    assert faq.search("je suis sourd").hits[0].entry.id == DEAF
    until(lambda: faq.finders is not plain)
    assert faq.search("je suis sourd").hits[0].entry.id == DEAF
    assert len(faq.finders["fr"].index.model.weights.keys)


def until(reached: Callable[[], bool]) -> None:
    end = time.monotonic() + 90
    while not reached():
        assert time.monotonic() < end, "it never came"
        time.sleep(0.05)


def test_the_shelf_takes_over_a_change_and_no_query_is_dropped(content):
    shelf = Shelf(content, every=0.1)
    try:
        assert shelf.current.get("voisinage-tapage-nocturne") is None
        bring(content, "voisinage")
        answers = []

        def asked() -> bool:
            answers.append(shelf.current.search("je suis sourd").hits[0].entry.id)
            return shelf.current.get("voisinage-tapage-nocturne") is not None

        until(asked)
        assert set(answers) == {DEAF}
        assert shelf.current.search("tapage nocturne").hits[0].entry.id == "voisinage-tapage-nocturne"

        (content / "voisinage.yaml").write_text("theme: [")
        until(lambda: bool(shelf.current.library.problems))
        assert shelf.current.search("je suis sourd").hits[0].entry.id == DEAF
    finally:
        shelf.close()


def test_postings_give_back_what_was_put_in():
    table = {"vol": {0: 1.0, 2: 0.5}, "vélo": {1: 2.0}}
    postings = Postings.of(table)
    places = postings.find(["vélo", "vol", "train"])
    assert places[2] == -1
    assert [dict(zip(*map(list, postings.at(place)), strict=True)) for place in places[:2]] == [
        {1: 2.0},
        {0: 1.0, 2: 0.5},
    ]
    assert Postings.of({}).find(["vol"]) == [-1]
