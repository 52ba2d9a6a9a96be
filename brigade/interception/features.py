"""What a trained model sees of a text: words and pieces of words, what they mean in any language, what patterns found.

Features are hashed (CRC-32) into a table of fixed size, so that a model is a few arrays and needs no vocabulary.
"""

import re
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from brigade.interception.concepts import concepts
from brigade.interception.spelling import plain

BUCKETS = 1 << 18
MAX_WORDS = 90  # of one window; a longer text is seen through several
WINDOW_STEP = 45
MAX_WINDOWS = 60  # the first and the last ones: a hostile text costs no more

_WORD = re.compile(r"[^\W_]+|[?!]")
_STRETCHED = re.compile(r"(.)\1{2,}")
_MAX_WORD = 30  # letters read of one word
_PIECES = (2, 3, 4, 5)
_NEAR = 4  # concepts that stand together
# What changes everything else in the message, wherever it stands.
_SETTINGS = frozenset({
    "now", "tonight", "yesterday", "often", "longago", "weekday", "fiction", "study", "joke", "question", "negation",
    "safe", "rightnow", "justhappened", "minutesago", "hoursago", "lastnight", "stillgoing", "abouttodo", "soonevent",
    "everytime", "habitually", "since", "againact", "daysago", "lastweek", "lastmonth", "yearsago", "childabusedthen",
    "usedto", "usedtobeat", "nolonger", "itisover", "solvedsince", "fireout", "hejailed", "theyaregone", "safeatfamily",
    "hypothetical", "noturgentsaid", "justquestion", "falsealarm", "nobodyhurt", "jokingact", "writingfictionact",
    "studyingact", "figurativeanger",
})  # fmt: skip


@dataclass(frozen=True, slots=True)
class Features:
    """Buckets, each once: of the words, of the concepts, of the signs."""

    words: tuple[int, ...]
    concepts: tuple[int, ...]
    signs: tuple[int, ...]


def words(text: str) -> list[str]:
    """The words of ``text``, folded: no accents, no case, no stretched letters; ``?`` and ``!`` are words."""
    return [_STRETCHED.sub(r"\1", word)[:_MAX_WORD] for word in _WORD.findall(plain(text))]


def windows(found: list[str]) -> Iterator[list[str]]:
    """``found`` itself, or overlapping windows of it when it is long: a cry for help must not drown in a story."""
    if len(found) <= MAX_WORDS:
        yield found
        return
    starts = list(range(0, len(found) - WINDOW_STEP, WINDOW_STEP))
    if len(starts) > MAX_WINDOWS:
        starts = starts[: MAX_WINDOWS // 2] + starts[-MAX_WINDOWS // 2 :]
    for start in starts:
        yield found[start : start + MAX_WORDS]


def features(found: list[str], language: str, signs: Iterable[str] = ()) -> Features:
    """Of words that belong together; ``signs`` are what patterns say of them."""
    return Features(
        tuple(dict.fromkeys(bucket(feature) for feature, _ in named(found))),
        tuple(dict.fromkeys(bucket(feature) for feature in _of_concepts(concepts(language).of(found)))),
        tuple(dict.fromkeys(bucket("p " + sign) for sign in signs)),
    )


def named(found: list[str]) -> Iterator[tuple[str, str]]:
    """Each feature of these words with the words it stands for."""
    for before, word, after in zip(["^", *found], found, [*found[1:], "$"], strict=False):
        yield "w " + word, word
        yield f"b {before} {word}", f"{before} {word}"
        yield f"t {before} {word} {after}", f"{before} {word} {after}"
        yield f"s {before} {after}", f"{before} {after}"
        whole = f"<{word}>"
        for size in _PIECES:
            for start in range(len(whole) - size + 1):
                yield whole[start : start + size], word
    if found:
        yield f"b {found[-1]} $", found[-1]


def bucket(feature: str) -> int:
    """Where a feature's weight stands."""
    return zlib.crc32(feature.encode("utf-8", "surrogatepass")) % BUCKETS


def _of_concepts(found: list[str]) -> Iterator[str]:
    for at, concept in enumerate(found):
        yield "c " + concept
        for later in found[at + 1 : at + _NEAR]:
            yield f"cc {concept} {later}"
    for setting in _SETTINGS.intersection(found):
        for concept in found:
            yield f"cs {setting} {concept}"
