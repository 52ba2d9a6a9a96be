"""From what people type to words that patterns can be compared with.

Accents, case, repeated letters, SMS spelling, light leetspeak, look-alike letters, HTML and zero-width characters
are all removed here, so that a pattern is written once, in plain words. Every step is linear in the text.
"""

import html
import re
import unicodedata
from collections.abc import Iterable, Mapping

MAX_CHARACTERS = 120_000  # what lies beyond is not read: no channel accepts that much
MAX_SENTENCE = 80  # words; a longer sentence is read through windows of that many words
WINDOW_STEP = 50
MIN_CORRECTED = 5  # letters; shorter words have too many neighbours to be corrected
MAX_CORRECTIONS = 3_000  # unknown words corrected in one text

_TAG = re.compile(r"<[^<>]{0,300}>")
_THERE = re.compile(r"\blà\b")
_WORD = re.compile(r"[a-z0-9@$']+|,")
_SENTENCE_END = re.compile(r"[.!?;:\n\r…¿¡()\[\]«»\"“”|]+")
_REPEATED = re.compile(r"([a-z@$])\1{2,}")
_LEET = str.maketrans("01345@$", "oieasas")
_QUANTITY = re.compile(r"\d+[a-z]{0,4}|[a-z]\d+")  # 17h, 2eme, a84, d12: numbers, not leetspeak
_SIGNS = str.maketrans(
    {
        "’": "'",
        "‘": "'",
        "`": "'",
        "´": "'",
        "ʼ": "'",
        "œ": "oe",
        "æ": "ae",
        "ø": "o",
        "ł": "l",
        "ı": "i",
        "🆘": " sos ",
    }
)
# Cyrillic and Greek letters that look Latin. A text really in those alphabets becomes nonsense.
_LOOK_ALIKE = str.maketrans(
    "авеѕіјкмнорстухԁһԛԝѵɡɑαοενικρτυχ",
    "abesijkmhopctyxdhqwvgaaoevikptux",
)


def plain(text: str) -> str:
    """``text`` in lower case Latin letters without accents; punctuation kept. Never raises, whatever the string."""
    text = _TAG.sub(" ", html.unescape(text[:MAX_CHARACTERS]))
    # One character can stand for eighteen ("ﷺ"): cut again.
    text = unicodedata.normalize("NFKC", text)[:MAX_CHARACTERS].translate(_SIGNS).casefold().translate(_SIGNS)
    # French "là" is a word of danger ("il est là") and "la" is not: keep them apart while there is an accent.
    text = _THERE.sub("ici", text).translate(_LOOK_ALIKE)
    decomposed = unicodedata.normalize("NFD", text)
    return "".join(c for c in decomposed if unicodedata.category(c) not in ("Mn", "Me", "Cf"))


def sentences(text: str) -> list[list[str]]:
    """The words of each sentence of ``plain(text)``; an apostrophe stays in its word, a comma is a word."""
    found = (_words(part) for part in _SENTENCE_END.split(plain(text)))
    return [window for words in found if words for window in _windows(words)]


def _words(sentence: str) -> list[str]:
    return [_letters(word) for word in _WORD.findall(sentence)]


def _letters(word: str) -> str:
    word = _REPEATED.sub(r"\1", word)
    if word.isalpha() or not any("a" <= c <= "z" for c in word) or _QUANTITY.fullmatch(word):
        return word
    return word.translate(_LEET)


def _windows(words: list[str]) -> Iterable[list[str]]:
    if len(words) <= MAX_SENTENCE:
        return [words]
    return [words[start : start + MAX_SENTENCE] for start in range(0, len(words) - WINDOW_STEP + 20, WINDOW_STEP)]


def split_word(word: str, language: str) -> list[str]:
    """English joins around the apostrophe (``isnt``), the others cut there (``j ai``)."""
    if "'" not in word:
        return [word]
    return [word.replace("'", "")] if language == "en" else [part for part in word.split("'") if part]


class Speller:
    """Rewrites the words of one language: SMS spelling by a table, then typing errors by the patterns' words."""

    def __init__(self, language: str, table: Mapping[str, str], vocabulary: Iterable[str], keep: Iterable[str]) -> None:
        self._language = language
        self._table = {word: meaning.split() for word, meaning in table.items()}
        self._known = {*vocabulary, *keep, *table}
        self._near: dict[str, str] = {}
        for word in sorted(w for w in {*vocabulary} if len(w) >= MIN_CORRECTED):
            for form in (word, *_deletions(word)):
                self._near.setdefault(form, word)

    def rewrite(self, words: Iterable[str], memory: dict[str, list[str]], *, correct: bool) -> list[str]:
        """``words`` as the patterns write them; ``memory`` remembers the text's own words between two calls.

        ``correct`` typing errors only in the text's own language: "vérité" is not a slip for Italian "venite".
        """
        out: list[str] = []
        for word in words:
            known = memory.get(word)
            if known is None:
                known = memory[word] = self._rewrite_one(word, correct=correct and len(memory) < MAX_CORRECTIONS)
            out += known
        return out

    def _rewrite_one(self, word: str, *, correct: bool) -> list[str]:
        out: list[str] = []
        for part in split_word(word, self._language):
            if part in self._table:
                out += self._table[part]
            elif part in self._known or not correct or not MIN_CORRECTED <= len(part) <= 20:
                out.append(part)
            else:
                out.append(self._nearest(part))
        return out

    def _nearest(self, word: str) -> str:
        for form in (word, *_deletions(word)):
            near = self._near.get(form)
            if near is not None and _is_typo(word, near):
                return near
        return word


def _deletions(word: str) -> list[str]:
    return [word[:i] + word[i + 1 :] for i in range(len(word))]


def _is_typo(word: str, meant: str) -> bool:
    """One slip of the finger. First and last letters hold: in our languages a last letter is often a tense."""
    if word[0] != meant[0] or word[-1] != meant[-1] or abs(len(word) - len(meant)) > 1:
        return False
    if len(word) != len(meant):
        longer, shorter = (word, meant) if len(word) > len(meant) else (meant, word)
        return any(longer[:i] + longer[i + 1 :] == shorter for i in range(len(longer)))
    different = [i for i, (a, b) in enumerate(zip(word, meant, strict=True)) if a != b]
    if len(different) == 1:
        return True
    return len(different) == 2 and different[1] == different[0] + 1 and word[different[0]] == meant[different[1]]
