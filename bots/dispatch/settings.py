"""What an administrator decides about dispatch; times in seconds."""

from typing import Annotated
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import Field, StringConstraints, field_validator

from brigade.config import Section
from brigade.vocabulary import Urgency


class Reminders(Section):
    """How long a conversation waits before the lobby is reminded; then after twice, four times … as long."""

    normal: float = Field(300, gt=0, description="Of a normal conversation.")
    priority: float = Field(120, gt=0, description="Of a priority one: everybody available is mentioned.")

    def of(self, urgency: Urgency) -> float:
        """For one urgency."""
        return self.normal if urgency is Urgency.NORMAL else self.priority


class Settings(Section):
    """Lobby cards, claims and reminders; times in seconds."""

    repeat_seconds: float = Field(60, gt=0, description="An emergency that nobody took is called again every so often.")
    remind_after: Reminders = Field(Reminders(), description="A conversation that nobody took.")
    reassure_after: float = Field(600, gt=0, description="The citizen is told that nobody has answered yet.")
    nudge_after: float = Field(300, gt=0, description="The operator is reminded of a citizen who waits for an answer.")
    release_after: float = Field(900, gt=0, description="The conversation goes back to the lobby after so long.")
    archive_after: float = Field(86400, ge=0, description="A closed conversation's room is left after so long.")
    trained: tuple[Annotated[str, StringConstraints(pattern=r"^@[^:\s]+:\S+$")], ...] = Field(
        (), description="Matrix ids of the operators trained for victims: they are called first for a priority."
    )
    timezone: str = Field("Europe/Paris", description="Of the times that operators read.")

    @field_validator("timezone")
    @classmethod
    def _known(cls, name: str) -> str:
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ValueError(f"there is no time zone {name!r}: write one such as Europe/Paris") from error
        return name
