"""Language of citizens' messages."""

import logging
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from brigade.language import OTHER, detect
from brigade.texts import LANGUAGES

CORPORA = Path(__file__).parents[1] / "corpora"


def messages() -> list[tuple[str, str]]:
    said = [
        yaml.safe_load((CORPORA / f"{name}.yaml").read_text("utf-8")) for name in ("emergency", "emergency-heldout")
    ]
    return [(language, m) for one in said for language in LANGUAGES for kind in one[language].values() for m in kind]


@pytest.mark.parametrize("default", ["other", "fr"])
def test_the_corpora_are_recognised(default: str) -> None:
    long = [detect(m, default) == language for language, m in messages() if len(m.split()) >= 4]
    short = [detect(m, default) == language for language, m in messages() if len(m.split()) < 4]
    assert sum(long) / len(long) >= 0.98
    assert sum(short) / len(short) >= 0.85


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("Bonjour", "fr"), ("au secours", "fr"), ("hello", "en"), ("help", "en"), ("hola", "es"), ("ayuda", "es"),
        ("Hallo", "de"), ("HILFE!!", "de"), ("ciao", "it"), ("aiuto", "it"), ("grazie mille", "it"),
    ],
)  # fmt: skip
def test_one_word_is_enough(text: str, language: str) -> None:
    assert detect(text) == language


@pytest.mark.parametrize(
    "text",
    [
        "Olá, preciso de ajuda", "Проблема с документами, помогите", "مرحبا أحتاج مساعدة", "你好我需要帮助",
        "Hallo ik heb een vraag over mijn auto", "Dzień dobry, zgubiłem paszport", "merhaba bir sorum var",
    ],
)  # fmt: skip
def test_a_language_that_we_do_not_speak_is_other_whatever_the_page(text: str) -> None:
    assert {detect(text), detect(text, "fr"), detect(text, "en")} == {OTHER}


@pytest.mark.parametrize("text", ["", " ", "😀😀", "17", "???", "\x00", "https://example.org/une/page", "a@b.org"])
def test_without_words_the_page_decides(text: str) -> None:
    assert detect(text, "it") == "it"
    assert detect(text) == OTHER
    assert detect(text, "pt") == OTHER


@pytest.mark.parametrize(("text", "pages"), [("ok", LANGUAGES), ("si", ("fr", "es", "it")), ("no", ("en", "es", "it"))])
def test_a_word_of_several_languages_is_the_page_s(text: str, pages: tuple[str, ...]) -> None:
    assert [detect(text, page) for page in pages] == [*pages]


@pytest.mark.parametrize(
    "text", ["a" * 100_000, "é" * 100_000, "<" * 100_000, "https://" + "a" * 100_000, "\u0301" * 100_000]
)
def test_a_hundred_kilobytes_cost_no_more_than_a_message(text: str) -> None:
    detect("bonjour")
    start = time.process_time()
    detect(text)
    assert time.process_time() - start < 0.1


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=300), st.sampled_from([*LANGUAGES, OTHER]))
def test_any_text_gets_an_answer(text: str, default: str) -> None:
    assert detect(text, default) in (*LANGUAGES, OTHER)


def test_words_never_reach_the_logs(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    detect("un mot secret " * 1_000)
    assert not caplog.records
