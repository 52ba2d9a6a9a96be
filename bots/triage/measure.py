"""How good triage is on labelled messages: recall and precision per class and language, confusions, errors."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from bots.triage.classify import Assessment, assess
from bots.triage.examples import Example
from bots.triage.vocabulary import Theme
from brigade.vocabulary import Urgency

SHORT = 4  # words: below this a message is short, for the accuracy of languages
_RANK = {Urgency.EMERGENCY: 2, Urgency.PRIORITY: 1, Urgency.NORMAL: 0}


@dataclass(frozen=True, slots=True)
class Judged:
    """One message, and what triage made of it without any help of the page."""

    example: Example
    found: Assessment

    @property
    def right_urgency(self) -> bool:
        """One of those that good operators would give."""
        return self.found.urgency in self.example.urgencies

    @property
    def right_theme(self) -> bool:
        """Likewise."""
        return self.found.theme in self.example.themes

    @property
    def cost(self) -> int:
        """How bad the error is: a missed emergency first; 0 when there is none."""
        if self.right_urgency:
            return 0 if self.right_theme else 1
        wanted, given = max(_RANK[one] for one in self.example.urgencies), _RANK[self.found.urgency]
        return 10 * (wanted - given) + 5 if given < wanted else 2 * (given - wanted)


def judge(known: Iterable[Example], hint: str | None = None) -> list[Judged]:
    """Each message alone, as the first of its conversation; ``hint``: the page's language, None: the message's own."""
    return [Judged(one, assess([one.text], "", hint or one.language)) for one in known]


@dataclass(frozen=True, slots=True)
class Share:
    """``part`` of ``whole``."""

    part: int
    whole: int

    @property
    def value(self) -> float:
        """1 when there is nothing to count."""
        return self.part / self.whole if self.whole else 1.0

    def __str__(self) -> str:
        return f"{100 * self.value:5.1f} % ({self.part}/{self.whole})" if self.whole else "    –"


def share(judged: Iterable[Judged], counted: Callable[[Judged], bool], among: Callable[[Judged], bool]) -> Share:
    """How many of those ``among`` are ``counted``."""
    whole = [one for one in judged if among(one)]
    return Share(sum(map(counted, whole)), len(whole))


@dataclass(frozen=True, slots=True)
class Figures:
    """The figures that the project promises."""

    emergency_recall: Share
    raised: Share
    priority_recall: Share
    theme: Share
    language: Share
    language_short: Share

    @classmethod
    def of(cls, judged: Sequence[Judged]) -> "Figures":
        """Of these messages."""
        return cls(
            share(judged, _is_emergency, lambda one: one.example.urgencies == (Urgency.EMERGENCY,)),
            share(judged, _is_emergency, lambda one: Urgency.EMERGENCY not in one.example.urgencies),
            share(judged, _is_urgent, lambda one: Urgency.NORMAL not in one.example.urgencies),
            share(judged, lambda one: one.right_theme, lambda one: bool(one.example.themes)),
            share(judged, _right_language, lambda one: len(one.example.text.split()) >= SHORT),
            share(judged, _right_language, lambda one: len(one.example.text.split()) < SHORT),
        )


def _is_emergency(one: Judged) -> bool:
    return one.found.urgency is Urgency.EMERGENCY


def _is_urgent(one: Judged) -> bool:
    return one.found.urgency is not Urgency.NORMAL


def _right_language(one: Judged) -> bool:
    return one.found.language == one.example.language


def classes(judged: Sequence[Judged]) -> dict[Theme, tuple[Share, Share, float]]:
    """Recall, precision and F1 of each theme that is there; an error counts for the first theme of the label."""
    pairs = [(one.found.theme if one.right_theme else one.example.themes[0], one.found.theme) for one in judged]
    right = Counter(wanted for wanted, given in pairs if wanted is given)
    wanted, given = Counter(first for first, _ in pairs), Counter(second for _, second in pairs)
    found: dict[Theme, tuple[Share, Share, float]] = {}
    for theme in (one for one in Theme if wanted[one]):
        recall, precision = Share(right[theme], wanted[theme]), Share(right[theme], given[theme])
        found[theme] = recall, precision, 2 * right[theme] / (wanted[theme] + given[theme])
    return found


def macro_f1(judged: Sequence[Judged]) -> float:
    """The mean of the themes' F1."""
    found = classes(judged)
    return sum(f1 for _, _, f1 in found.values()) / (len(found) or 1)


def confusions(judged: Sequence[Judged]) -> Counter[tuple[Urgency, Urgency]]:
    """How often an urgency (the label's, or its first when it is wrong) was taken for which."""
    return Counter(
        (one.found.urgency if one.right_urgency else one.example.urgencies[0], one.found.urgency) for one in judged
    )


def worst_errors(judged: Iterable[Judged], most: int = 10) -> list[Judged]:
    """Missed dangers first."""
    return sorted((one for one in judged if one.cost), key=lambda one: -one.cost)[:most]
