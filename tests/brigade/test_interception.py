"""S18: danger is recognised in five languages, false alarms stay rare; both measured on versioned corpora."""

import itertools
import time
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from brigade import interception
from brigade.interception.judgement import MIN_SIGNALS
from brigade.interception.lexicon import Danger, lexicon, lexicons
from brigade.interception.phrases import PhraseBook, PhraseError, Trials
from brigade.interception.spelling import sentences
from brigade.texts import LANGUAGES

CORPORA = Path(__file__).parents[1] / "corpora"
MIN_RECALL, MIN_RECALL_OF_A_LANGUAGE, MAX_RAISED = 0.95, 0.90, 0.08
MIN_MESSAGES = {"fr": 60, "en": 30, "es": 30, "de": 30, "it": 30}


def corpus(name: str) -> dict[str, dict[str, list[str]]]:
    found = yaml.safe_load((CORPORA / f"{name}.yaml").read_text(encoding="utf-8"))
    return {language: found[language] for language in LANGUAGES}


@pytest.fixture(scope="module", autouse=True)
def warm() -> None:
    interception.warm()


def caught(messages: list[str], language: str | None) -> list[str]:
    return [message for message in messages if interception.assess(message, language).emergency]


@pytest.mark.parametrize("name", ["emergency", "emergency-heldout"])
def test_S18_the_corpus_reaches_its_thresholds(name: str) -> None:
    messages = corpus(name)
    found = {language: len(caught(said["emergency"], language)) for language, said in messages.items()}
    raised = {language: caught(said["other"], language) for language, said in messages.items()}
    recall = {language: found[language] / len(said["emergency"]) for language, said in messages.items()}
    assert sum(found.values()) / sum(len(said["emergency"]) for said in messages.values()) >= MIN_RECALL, recall
    assert min(recall.values()) >= MIN_RECALL_OF_A_LANGUAGE, recall
    assert sum(map(len, raised.values())) / sum(len(said["other"]) for said in messages.values()) <= MAX_RAISED, raised


def test_S18_the_corpora_are_large_enough_and_do_not_overlap() -> None:
    tuned, kept = corpus("emergency"), corpus("emergency-heldout")
    for language, least in MIN_MESSAGES.items():
        for messages in (tuned, kept):
            assert sum(map(len, messages[language].values())) >= least
        assert not {*tuned[language]["emergency"], *tuned[language]["other"]} & {
            *kept[language]["emergency"],
            *kept[language]["other"],
        }


def test_a_wrong_language_hint_does_not_hide_a_danger() -> None:
    messages = [m for said in corpus("emergency-heldout").values() for m in said["emergency"]]
    for hint in (None, "fr", "other", "pt", "de"):
        assert len(caught(messages, hint)) / len(messages) >= 0.90, hint


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Il est devant ma porte", "il est devant ma porte"),
        ("he has a KNIFE", "he has a knife"),
        ("Er hat ein Messer.", "er hat ein messer"),
    ],
)
def test_the_reason_quotes_the_words_and_names_the_danger_in_french(text: str, words: str) -> None:
    found = interception.assess(text)
    assert found.emergency
    assert any(f"— dit : {words}" in reason for reason in found.reasons), found.reasons
    assert found.dangers


@pytest.mark.parametrize(
    "text",
    [
        "ILLL EST DEVANNT MA PORTTTE",
        "il est d3vant ma p0rte",
        "іl еst dеvаnt mа роrtе",  # Cyrillic look-alikes
        "i\u0336l\u0336 e\u0336s\u0336t\u0336 d\u0336e\u0336v\u0336a\u0336n\u0336t\u0336 ma porte",
        "<b>il est</b> devant&nbsp;ma <i>porte</i>",
        "il e\u200bst dev\u200bant ma por\u200bte",
        "ｉｌ ｅｓｔ devant ma porte",
        "il est devnat ma prote",
        "Bonjour. " * 300 + "Il est devant ma porte. " + "Merci. " * 300,
        "x " * 50_000 + "il est devant ma porte",
    ],
)
def test_a_disguised_cry_is_heard(text: str) -> None:
    assert interception.assess(text, "fr").emergency


@pytest.mark.parametrize(
    ("calm", "danger"),
    [
        ("il n'est pas devant ma porte", "il est devant ma porte"),
        ("hier il était devant ma porte", "il est devant ma porte maintenant"),
        ("dans mon roman il est devant ma porte", "il est devant ma porte"),
        ("que faire si un homme est devant ma porte ?", "un homme est devant ma porte"),
        ("he does not have a knife", "he has a knife"),
        ("er hat kein Messer", "er hat ein Messer"),
    ],
)
def test_negation_past_fiction_and_supposition_are_not_danger(calm: str, danger: str) -> None:
    assert not interception.assess(calm).emergency
    assert interception.assess(danger).emergency


def test_small_signals_count_once_and_only_together() -> None:
    assert not interception.assess("mon frère", "fr").emergency
    assert not interception.assess("j'ai peur de mon frère", "fr").emergency
    found = interception.assess("un type exhibe un cutter et insulte les passagers du train", "fr")
    assert found.dangers == (Danger.SIGNS,)
    assert MIN_SIGNALS > 2


@pytest.mark.parametrize(
    "text", ["", " ", "a", "?", "\x00", "\ud800", "😀" * 10, "你好", "שלום", "مرحبا", ",", "'", "~^$()[]{}&*"]
)
def test_hostile_small_inputs_are_calm(text: str) -> None:
    assert not interception.assess(text).emergency


HOSTILE = {
    "letters": "a" * 100_000,
    "words": "il porte couteau mon mari est devant frappe " * 2_300,
    "rare": " ".join(f"mot{n}x" for n in range(14_000)),
    "near": " ".join("portr pirte poete couteua fremme" for _ in range(3_200)),
    "marks": "e\u0301\u0302\u0303" * 25_000,
    "tags": "<" * 100_000,
    "tags with words": "<b " * 33_000,
    "entities": "&amp;" * 20_000,
    "commas": "," * 100_000,
    "apostrophes": "l'" * 50_000,
    "ligatures": "ﷺ" * 100_000,
    "emoji": "😀" * 100_000,
    "dots": "a." * 50_000,
}


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hundred_kilobytes_are_judged_in_bounded_time(name: str) -> None:
    start = time.process_time()
    interception.assess(HOSTILE[name], "fr")
    assert time.process_time() - start < 2.0


def test_a_usual_message_costs_under_two_milliseconds() -> None:
    messages = [m for said in corpus("emergency").values() for kind in said.values() for m in kind]
    caught(messages, "fr")
    start = time.process_time()
    caught(messages, "fr")
    assert (time.process_time() - start) / len(messages) < 0.002


@settings(max_examples=300, deadline=None)
@given(st.text(max_size=400))
def test_any_text_gets_an_answer(text: str) -> None:
    found = interception.assess(text)
    assert found.emergency == bool(found.reasons) == bool(found.dangers)


@settings(max_examples=200, deadline=None)
@given(st.lists(st.sampled_from(sorted({w for k in lexicons() for _, p in k.phrases for w in p.words})), max_size=60))
def test_any_mix_of_our_words_gets_an_answer(words: list[str]) -> None:
    interception.assess(" ".join(words))


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_danger_has_patterns_and_each_is_found_by_one_of_its_words(language: str) -> None:
    known = lexicon(language)
    assert {tag for tag, _ in known.phrases if isinstance(tag, Danger)} == {*Danger} - {Danger.SIGNS, Danger.LIKENESS}
    for tag, phrase in known.phrases:
        book = PhraseBook([(tag, phrase)])
        assert all(book.candidates([anchor.rstrip("*")]) for anchor in phrase.anchors), phrase.source


@pytest.mark.parametrize(
    "source", ["", "[a]", "(a", "a)", "((a))", "(a||b)", "(a|b [c])", "(a ~ b)", "[]", "({nobody})", "~", "a & ", "^ $"]
)
def test_a_wrong_pattern_is_refused_with_a_sentence(source: str) -> None:
    with pytest.raises(PhraseError, match="pattern"):
        lexicon("fr").grammar.phrase(source)


@pytest.mark.parametrize(
    ("source", "sentence", "found"),
    [
        ("il est [juste] devant", " il est devant ", "il est devant"),
        ("il est [juste] devant", " il est juste devant ", "il est juste devant"),
        ("il ~ devant", " il est tout juste devant ", "il est tout juste devant"),
        ("il ~ devant", " il n est pas devant ", ""),
        ("menac*", " menacait ", "menacait"),
        ("^ chut", " chut ", "chut"),
        ("^ chut", " dit chut ", ""),
        ("vite $", " vite merci ", ""),
        ("(vite|$)", " vite ", "vite"),
        ("porte & frappe", " il frappe a la porte ", "frappe a la porte"),
        ("porte & frappe", " frappe" + " mot" * 20 + " porte ", ""),
    ],
)
def test_the_pattern_language(source: str, sentence: str, found: str) -> None:
    assert Trials().search(lexicon("fr").grammar.phrase(source), sentence) == found


def test_a_spent_allowance_finds_nothing_more() -> None:
    trials = Trials(1)
    phrase = lexicon("fr").grammar.phrase("chut")
    assert [trials.search(phrase, " chut "), trials.search(phrase, " chut ")] == ["chut", ""]


def test_long_sentences_are_read_whole_through_windows() -> None:
    words = ["".join(letters) for letters in itertools.product("abcdefghij", repeat=3) if len({*letters}) > 1]
    assert {word for window in sentences(" ".join(words)) for word in window} == set(words)


@pytest.mark.parametrize(
    ("text", "page", "spoken"),
    [
        ("someone is breaking into my house, please come quickly", "fr", "en"),
        ("er steht mit einem Messer vor meiner Tür, helfen Sie mir", "fr", "de"),
        ("au secours", "it", "fr"),
        ("sos", "es", "es"),
        ("🆘", "de", "de"),
        ("pomocy, on ma nóż, HELP HELP he has a knife", "en", "en"),
    ],
)
def test_numbers_are_said_in_the_language_of_the_cry_else_of_the_page(text: str, page: str, spoken: str) -> None:
    found = interception.assess(text, page)
    assert (found.emergency, found.language) == (True, spoken)


@pytest.mark.parametrize(
    "text",
    ["Un", "Deux", "Oui", "Non", "Pardon", "Bonjour", "Chez moi", "Deux minutes", "Rue Hoche", "Yes", "Ja", "Sì", "Sí",
     "Uno", "Pas encore", "Oui chez moi", "Je sais pas", "Merci beaucoup"],
)  # fmt: skip
def test_a_short_answer_is_no_cry(text: str) -> None:
    assert not any(interception.assess(text, language).emergency for language in LANGUAGES)
