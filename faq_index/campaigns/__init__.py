"""Campaigns of prevention: a message, its languages, its period, and where it is shown.

One YAML file a campaign in this folder; a file with a mistake is a Problem with its line, and the others go on.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Literal

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError
from pydantic.dataclasses import dataclass as checked

from faq_index.lines import Problem, Unreadable, read

HERE = Path(__file__).parent
SITES = ("help-centre", "chat", "partners")
Site = Literal["help-centre", "chat", "partners"]
_strict = ConfigDict(extra="forbid", str_strip_whitespace=True, str_min_length=1)


@checked(frozen=True, config=_strict)
class Message:
    """What is said in one language; ``link`` is what the link is called."""

    title: str = Field(max_length=80)
    text: str = Field(max_length=300)
    link: str | None = Field(None, max_length=60)


@checked(frozen=True, config=_strict)
class Campaign:
    """``first`` and ``last`` day; ``question``: the answer that it leads to; ``entry_points``: those of the chat that
    show it, all without them.
    """

    first: date
    last: date
    sites: tuple[Site, ...]
    messages: Mapping[Literal["fr", "en", "es", "de", "it"], Message]
    question: str | None = None
    status: Literal["draft", "validated"] = "draft"
    validated_by: str | None = None
    entry_points: tuple[str, ...] = ()
    id: str = field(default="")

    def message(self, language: str) -> tuple[str, Message]:
        """In ``language``, in French when it is not translated; and the language it is really in."""
        found = self.messages.get(language)  # type: ignore[call-overload]  # any code may be asked for
        return (language, found) if found else ("fr", self.messages["fr"])

    def runs(self, day: date, site: str, entry_point: str | None = None) -> bool:
        """Whether it is shown that day at that place."""
        wanted = not entry_point or not self.entry_points or entry_point in self.entry_points
        return self.first <= day <= self.last and site in self.sites and wanted


@dataclass(frozen=True)
class Campaigns:
    """All that were read."""

    all: tuple[Campaign, ...]
    problems: tuple[Problem, ...]

    def running(self, day: date, site: str, entry_point: str | None = None) -> tuple[Campaign, ...]:
        """Those to show."""
        return tuple(each for each in self.all if each.runs(day, site, entry_point))


_CAMPAIGN: TypeAdapter[Campaign] = TypeAdapter(Campaign)


def load(folder: Path | None = None, questions: Mapping[str, Any] | None = None) -> Campaigns:
    """Read the folder (the packaged one by default); given ``questions``, what each leads to must be one of them."""
    found: list[Campaign] = []
    problems: list[Problem] = []
    for path in sorted((folder or HERE).glob("*.yaml")):
        try:
            document = read(path)
            campaign = _CAMPAIGN.validate_python(document.data | {"id": path.stem})
        except Unreadable as error:
            problems.append(error.problem)
        except ValidationError as error:
            for mistake in error.errors():
                name = ".".join(map(str, mistake["loc"]))
                line = document.line(mistake["loc"])
                problems.append(Problem(path, line, f"{name}: {mistake['msg']}"))
        else:
            wrong = list(_wrong(campaign, questions))
            problems += [Problem(path, document.line((key,)), why) for key, why in wrong]
            found += [] if wrong else [campaign]
    return Campaigns(tuple(found), tuple(problems))


def _wrong(campaign: Campaign, questions: Mapping[str, Any] | None) -> Iterator[tuple[str, str]]:
    if campaign.last < campaign.first:
        yield "last", "must not be before `first`"
    if "fr" not in campaign.messages:
        yield "messages", "needs the French text at least"
    if (campaign.status == "validated") != bool(campaign.validated_by):
        yield "status", "status validated and validated_by go together"
    if questions is not None and campaign.question and campaign.question not in questions:
        yield "question", f"leads to “{campaign.question}”, which is no question"
