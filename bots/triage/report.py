"""The tables that ``brigade triage evaluate`` prints."""

from collections.abc import Sequence

from rich.console import Group
from rich.table import Table
from rich.text import Text

from bots.triage.measure import Figures, Judged, classes, confusions, macro_f1, worst_errors
from brigade.texts import LANGUAGES
from brigade.vocabulary import Urgency

_TITLES = (
    "emergencies found", "others raised", "priority or more found", "theme right", "language, 4 words +", "shorter",
)  # fmt: skip


def report(judged: Sequence[Judged], errors: int) -> Group:
    """Everything, for a terminal."""
    return Group(_figures(judged), _themes(judged), _confusions(judged), _errors(judged, errors))


def _figures(judged: Sequence[Judged]) -> Table:
    table = Table("", *_TITLES, title=f"{len(judged)} messages; theme macro-F1 {macro_f1(judged):.3f}")
    for name in (*LANGUAGES, "all"):
        of = [one for one in judged if name in (one.example.language, "all")]
        if of:
            found = Figures.of(of)
            table.add_row(
                name, str(found.emergency_recall), str(found.raised), str(found.priority_recall), str(found.theme),
                str(found.language), str(found.language_short),
            )  # fmt: skip
    return table


def _themes(judged: Sequence[Judged]) -> Table:
    table = Table("theme", "recall", "precision", "F1")
    for theme, (recall, precision, f1) in classes(judged).items():
        table.add_row(str(theme), str(recall), str(precision), f"{f1:.2f}")
    return table


def _confusions(judged: Sequence[Judged]) -> Table:
    found = confusions(judged)
    table = Table("urgency ↓ taken for →", *map(str, Urgency), "precision")
    for wanted in Urgency:
        given = sum(found[one, wanted] for one in Urgency)
        precision = f"{100 * found[wanted, wanted] / given:.1f} %" if given else "–"
        table.add_row(str(wanted), *(str(found[wanted, one]) for one in Urgency), precision)
    return table


def _errors(judged: Sequence[Judged], most: int) -> Group:
    lines = [Text("The worst errors:", style="bold")]
    for one in worst_errors(judged, most):
        wanted = f"{'/'.join(one.example.urgencies)} {'/'.join(one.example.themes)}"
        lines.append(Text(f"[{one.example.language}] “{one.example.text[:160]}”"))
        danger = max((caught.probability for caught in one.found.caught), default=0.0)
        given = f"{one.found.urgency} {one.found.theme}, danger {100 * danger:.0f} %"
        lines.append(
            Text(f"    wanted {wanted}; found {given}, because {list(one.found.reasons) or 'nothing spoke for more'}")
        )
    return Group(*lines)
