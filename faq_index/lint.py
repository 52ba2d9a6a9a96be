"""What is wrong in the content, told to an editor with a path and a line. Pure: reads a Library, changes nothing."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from itertools import combinations

from faq_index.content import LANGUAGES, Entry, Library
from faq_index.lines import Problem
from faq_index.words import language, tokens

SHORT_LONGEST = 420  # characters: two sentences that fit a chat bubble
SENTENCES = 2
FULL_WORDS = (60, 200)
ASKS = 5
TRANSLATED_ASKS = 3
TRANSLATED_WORDS = (40, 230)  # German is longer, and shorter in words
ALIKE = 0.8  # share of stems in common from which two questions nearly say the same

_SENTENCE = re.compile(r"[.!?…](?=\s+[A-ZÀÂÇÉÈÊÎÔÙÛ«“]|\s*$)")
_ABBREVIATION = re.compile(r"\b(?:M|Mme|art|n)\.\s")
_LINK = re.compile(r"https?://\S+")
_NO_SPACE = re.compile(r" [:;!?»]|« |(?<=[\w’)])[!?;](?=\s|$)|[a-zé]:(?=\s)")
_STRAIGHT = re.compile(r"(?<=\w)'(?=\w)")


def lint(library: Library, today: date) -> list[Problem]:
    """Every problem, errors of reading first; a review that is due on ``today`` is a warning."""
    found = list(library.problems)
    for entry in library.entries:
        path, line = library.places[entry.id]
        for check in _CHECKS:
            found += [Problem(path, line, f"{entry.id}: {message}") for message in check(entry, library)]
        if entry.valid_until < today:
            found.append(Problem(path, line, f"{entry.id}: review due since {entry.valid_until}", "warning"))
    return found + list(_twins(library))


def _lengths(entry: Entry, _: Library) -> Iterator[str]:
    if len(entry.short) > SHORT_LONGEST:
        yield f"short has {len(entry.short)} characters, at most {SHORT_LONGEST}"
    if (count := len(_SENTENCE.findall(_ABBREVIATION.sub("", entry.short)))) > SENTENCES:
        yield f"short has {count} sentences, at most {SENTENCES}"
    words, (least, most) = len(entry.full.split()), FULL_WORDS
    if not least <= words <= most:
        yield f"full has {words} words, wanted {least} to {most}"


def _asks(entry: Entry, _: Library) -> Iterator[str]:
    if len(entry.asks) < ASKS:
        yield f"{len(entry.asks)} asks, at least {ASKS}"
    told = [" ".join(tokens(ask)) for ask in (entry.question, *entry.asks)]
    for ask in sorted({each for each in told if told.count(each) > 1}):
        yield f"asks the same twice: “{ask}”"
    for code, translation in entry.translations.items():
        if len(translation.asks) < TRANSLATED_ASKS:
            yield f"{code}: {len(translation.asks)} asks, at least {TRANSLATED_ASKS}"


def _translations(entry: Entry, _: Library) -> Iterator[str]:
    """A translated answer is whole, or it is not there and the French one is given."""
    for code, told in entry.translations.items():
        if (told.short is None) is not (told.full is None):
            yield f"{code}: short and full go together"
        if len(told.short or "") > SHORT_LONGEST:
            yield f"{code}: short has {len(told.short or '')} characters, at most {SHORT_LONGEST}"
        words, (least, most) = len((told.full or "").split()), TRANSLATED_WORDS
        if told.full and not least <= words <= most:
            yield f"{code}: full has {words} words, wanted {least} to {most}"


def _links(entry: Entry, library: Library) -> Iterator[str]:
    for other in entry.related:
        if other == entry.id:
            yield "related to itself"
        elif other not in library.by_id:
            yield f"related “{other}” does not exist"
    for service in entry.teleservices:
        if service not in library.teleservices:
            yield f"teleservice “{service}” does not exist"
    if not entry.sources:
        yield "no source"
    for source in entry.sources:
        if source.url and not source.url.startswith("https://"):
            yield f"source “{source.title}” needs an https address"


def _validation(entry: Entry, _: Library) -> Iterator[str]:
    if (entry.status == "validated") != bool(entry.validated_by):
        yield "status validated and validated_by go together"
    if entry.valid_until <= entry.reviewed:
        yield "valid_until must be after reviewed"
    if not entry.audience:
        yield "no audience"


def _typography(entry: Entry, _: Library) -> Iterator[str]:
    for name, text in (("question", entry.question), ("short", entry.short), ("full", entry.full)):
        plain = _LINK.sub("", text)
        if bad := _STRAIGHT.search(plain):
            yield f"{name}: straight apostrophe near “{plain[max(0, bad.start() - 12) : bad.end() + 8]}”, write ’"
        if bad := _NO_SPACE.search(plain):
            yield f"{name}: no-break space missing near “{plain[max(0, bad.start() - 12) : bad.end() + 8]}”"


_CHECKS: tuple[Callable[[Entry, Library], Iterator[str]], ...] = (
    _lengths,
    _asks,
    _translations,
    _links,
    _validation,
    _typography,
)


def _twins(library: Library) -> Iterator[Problem]:
    """Two entries that ask nearly the same, or share a wording."""
    french = language("fr")
    stems = {entry.id: frozenset(french.stems(entry.question)) for entry in library.entries}
    for one, other in combinations(library.entries, 2):
        mine, theirs = stems[one.id], stems[other.id]
        both = len(mine | theirs)
        if both and len(mine & theirs) / both >= ALIKE:
            yield Problem(*library.places[other.id], f"{other.id}: asks nearly the same as {one.id}")
    for code in LANGUAGES:
        yield from _same_asks(library, code)


def _same_asks(library: Library, code: str) -> Iterator[Problem]:
    seen: dict[str, str] = {}
    for entry in library.entries:
        told = entry if code == "fr" else entry.translations.get(code)
        for ask in told.asks if told else ():
            first = seen.setdefault(" ".join(tokens(ask)), entry.id)
            if first != entry.id:
                yield Problem(*library.places[entry.id], f"{entry.id}: {code}: “{ask}” is also asked by {first}")
