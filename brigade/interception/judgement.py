"""What one language's lexicon sees in the sentences of a text, and what it must not be taken for."""

from collections.abc import Iterable

from brigade.interception.lexicon import Danger, Lexicon, Role, Signal
from brigade.interception.phrases import Trials
from brigade.interception.spelling import Speller

MIN_SIGNALS = 4  # weight in one sentence; chosen on the tuning corpus, where 5 missed and 4 raised 2 % of the calm ones
MAX_REMEMBERED = 400  # sentences of one text judged for fiction, supposition …


def respelled(spoken: list[list[str]], speller: Speller, *, correct: bool = True) -> list[str]:
    """Each different sentence once, as patterns are searched in it: ``" word word "``."""
    memory: dict[str, list[str]] = {}
    return list(
        dict.fromkeys(" " + " ".join(speller.rewrite(words, memory, correct=correct)) + " " for words in spoken)
    )


def dangers(spoken: list[list[str]], known: Lexicon, trials: Trials, *, correct: bool) -> list[tuple[Danger, str]]:
    """Every danger that is neither told, supposed nor invented, with the words that say it."""
    said = respelled(spoken, known.speller, correct=correct)
    found = [(sentence, danger) for sentence in said for danger in _found_in(sentence, known, trials)]
    if not found:
        return []
    roles = {sentence: roles_of(sentence, known, trials) for sentence in said[:MAX_REMEMBERED]}
    if is_invented(roles.values()):
        return []
    return [danger for sentence, danger in found if not _is_told(roles.get(sentence, frozenset()))]


def is_invented(roles: Iterable[frozenset[Role]]) -> bool:
    """The message is fiction, study or statistics, and no sentence says that something is going on."""
    every: frozenset[Role] = frozenset().union(*roles)
    return Role.MESSAGE in every and Role.NOW not in every


def _is_told(roles: frozenset[Role]) -> bool:
    """The sentence speaks of the past, a habit or a supposition, and nothing in it says that it is going on."""
    return Role.SENTENCE in roles and Role.NOW not in roles


def _found_in(sentence: str, known: Lexicon, trials: Trials) -> list[tuple[Danger, str]]:
    candidates = known.book.candidates(sentence.split())
    if not any(isinstance(tag, Danger | Signal) for tag, _ in candidates):
        return []
    sentence = without_figures(sentence, known, trials)
    matches = ((tag, trials.search(phrase, sentence)) for tag, phrase in candidates if isinstance(tag, Danger | Signal))
    found = [(tag, words) for tag, words in matches if words]
    dangers = [(tag, words) for tag, words in found if isinstance(tag, Danger)]
    return dangers or _sum_of([(tag.weight, words) for tag, words in found if isinstance(tag, Signal)])


def _sum_of(signals: list[tuple[int, str]]) -> list[tuple[Danger, str]]:
    """One danger made of many signals, at least one of them heavy; quoted heaviest first. Words count once."""
    counted: list[tuple[int, str]] = []
    for weight, words in sorted(signals, key=lambda signal: (-signal[0], -len(signal[1]))):
        if not any(f" {words} " in f" {longer} " for _, longer in counted):
            counted.append((weight, words))
    if not counted or counted[0][0] < 2 or sum(weight for weight, _ in counted) < MIN_SIGNALS:
        return []
    return [(Danger.SIGNS, " + ".join(words for _, words in counted))]


def without_figures(sentence: str, known: Lexicon, trials: Trials) -> str:
    """The sentence without its ways of speaking ("mort de rire", "au feu rouge")."""
    for tag, phrase in known.book.candidates(sentence.split()):
        if tag is Role.FIGURE and trials.search(phrase, sentence):
            sentence = phrase.regex.sub("_ ", sentence)
    return sentence


def roles_of(sentence: str, known: Lexicon, trials: Trials, *, figures: bool = False) -> frozenset[Role]:
    """Whether the sentence tells, supposes or invents, and whether it says that something is going on; with
    ``figures``, whether it uses a figure of speech, too.
    """
    candidates = known.book.candidates(sentence.split())
    return frozenset(
        tag
        for tag, phrase in candidates
        if isinstance(tag, Role) and (figures or tag is not Role.FIGURE) and trials.search(phrase, sentence)
    )
