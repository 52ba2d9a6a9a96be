"""The committed models are those of the committed examples, and training again gives the same."""

import random
from pathlib import Path

import numpy as np
import pytest

from bots.triage import learned, training
from bots.triage.examples import examples, fingerprint, read
from bots.triage.vocabulary import Intent, Theme
from brigade.errors import Malformed
from brigade.interception import likeness
from brigade.interception.model import Model, load, save
from brigade.texts import LANGUAGES
from brigade.vocabulary import Urgency

MOST_BYTES = 20_000_000


def test_the_models_were_made_of_these_examples_and_data_files() -> None:
    made_of = fingerprint()
    assert likeness.model().hash == learned.model().hash == made_of, "run `brigade triage train` and commit the models"


def test_the_models_are_small_and_hold_numbers_only() -> None:
    for path in (likeness.FILE, learned.FILE):
        assert path.stat().st_size < MOST_BYTES
        with np.load(path, allow_pickle=False) as file:
            assert {file[key].dtype.kind for key in file.files} <= {"f", "i", "U"}


def test_training_again_gives_the_same_model(tmp_path: Path) -> None:
    few = examples()[::80]
    first, again = training.train(few), training.train(few)
    for one, other in zip(first, again, strict=True):
        assert_same(one, other)
        save(tmp_path / "model.npz", one)
        assert_same(load(tmp_path / "model.npz"), one)


def assert_same(one: Model, other: Model) -> None:
    assert one.hash == other.hash and one.questions.keys() == other.questions.keys()
    assert np.array_equal(one.idf, other.idf)
    for name, question in one.questions.items():
        again = other.questions[name].arrays()
        assert {key: array.tobytes() for key, array in question.arrays().items()} == {
            key: array.tobytes() for key, array in again.items()
        }


def test_there_are_thousands_of_examples_of_everything() -> None:
    known = examples()
    assert len(known) >= 5_000
    assert {(one.language, one.themes[0]) for one in known} == {(lang, theme) for lang in LANGUAGES for theme in Theme}
    assert {(one.language, one.urgencies[0]) for one in known} == {(lang, u) for lang in LANGUAGES for u in Urgency}
    assert {one.intent for one in known} == {*Intent}


def test_a_slip_changes_little() -> None:
    chance = random.Random(1)
    for text in ("il est devant ma porte", "a", "17", "😀"):
        assert abs(len(training.slip(text, chance)) - len(text)) <= 3


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ("no heading", "x.txt:1: a heading"),
        ("== urgent recrutement question\nx", "x.txt:1: 'urgent'"),
        ("== normal recrutement\nx", "write “== urgency theme intent”"),
        ("== normal nonsense question\nx", "'nonsense'"),
    ],
)
def test_a_wrong_file_is_refused_with_its_line(tmp_path: Path, lines: str, said: str) -> None:
    path = tmp_path / "x.txt"
    path.write_text(lines, "utf-8")
    with pytest.raises(Malformed, match=said.replace("(", r"\(")):
        list(read(path, "fr"))
