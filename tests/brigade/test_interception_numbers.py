"""S17, S18: what the citizen is told at once."""

import pytest

from brigade.interception import assess, numbers, numbers_as_links
from brigade.texts import LANGUAGES


@pytest.mark.parametrize("language", [*LANGUAGES, "other"])
def test_S17_every_language_names_the_numbers_and_the_limits_of_the_chat(language: str) -> None:
    text = numbers(language)
    assert all(number in text for number in ("17", "112", "114", "SMS"))
    assert "<" not in text
    assert len(text.splitlines()) >= 3


def test_each_language_has_its_own_words() -> None:
    assert len({numbers(language) for language in LANGUAGES}) == len(LANGUAGES)
    labels = {tuple(number.label for number in numbers_as_links(language)) for language in LANGUAGES}
    assert len(labels) == len(LANGUAGES)


def test_somebody_who_cannot_speak_reads_114_first() -> None:
    assert numbers("fr", can_speak=False).index("114") < numbers("fr", can_speak=False).index("112")
    assert numbers("fr").index("112") < numbers("fr").index("114")
    assert "114" not in numbers("fr", can_speak=True)
    assert [n.number for n in numbers_as_links("de", can_speak=False)] == ["114", "17", "112"]


def test_links_open_the_phone_or_the_messages() -> None:
    assert [number.href for number in numbers_as_links("fr")] == ["tel:17", "tel:112", "sms:114"]


@pytest.mark.parametrize(
    ("text", "can_speak"),
    [("je ne peux pas parler, il est à côté", False), ("il est devant ma porte", None), ("bonjour", None)],
)
def test_the_interception_says_whether_the_citizen_can_speak(text: str, can_speak: bool | None) -> None:
    assert assess(text, "fr").can_speak is can_speak


def test_french_typography() -> None:
    text = numbers("fr")
    assert "'" not in text
    assert "\u00a0:" in text


def test_a_language_we_do_not_speak_gets_french_and_english() -> None:
    assert numbers("fr") in numbers("other")
    assert numbers("en") in numbers("other")
