"""The contract of a bot: it knows the room it is given, not the channel nor the homeserver.

A bot is one module (or folder) of ``bots`` with a ``Settings`` (a ``brigade.config.Section``) and ``Bot``, a subclass
of the class below. Hooks may be called again for the same event after a crash: whatever they write through the room is
then the same message. What a bot must remember goes into ``room.memory``, under its own key.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from brigade.command import Command, Usage
from brigade.config import Config, Section
from brigade.events import Event
from brigade.journal import Journal
from brigade.place import Place
from brigade.room import Room


@dataclass(frozen=True, slots=True)
class Desk:
    """The rooms that all operators share: write there with ``desk.lobby.by(room.cause)``. ``operators``: who is in the
    lobby now, kept up to date; ``rooms``: every conversation's handle, to be used under its lock; ``journal``: what
    editors of answers learn.
    """

    lobby: Place
    team: Place
    alerts: Place
    operators: set[str]
    rooms: Mapping[str, Room]
    journal: Journal | None = None


class Bot:
    """One bot; every hook does nothing unless it is overridden."""

    commands: ClassVar[Mapping[str, Usage]] = {}

    def __init__(self, settings: Section, config: Config, desk: Desk) -> None:
        self.settings = settings
        self.config = config
        self.desk = desk

    async def opened(self, room: Room) -> None:
        """A conversation has begun: its state was seen for the first time."""

    async def said(self, room: Room, event: Event) -> None:
        """The citizen wrote, answered, rated or left."""

    async def replied(self, room: Room, event: Event) -> None:
        """A person of the team wrote in the room, not in the thread and not a command."""

    async def reacted(self, room: Room, event: Event) -> None:
        """A person of the team reacted to a message; ``event.reaction`` is (event id, key)."""

    async def changed(self, room: Room) -> None:
        """The conversation's state has changed, by whichever bot."""

    async def member(self, room: Room, event: Event) -> None:
        """Somebody entered or left the room."""

    async def command(self, room: Room, command: Command, event: Event) -> None:
        """One of ``commands`` was written in a conversation's room. Raise Malformed to answer with its form."""

    async def desk_command(self, place: Place, command: Command, event: Event) -> bool:
        """A command in the lobby, the team or the alerts room; whether it was for this bot."""
        return False

    async def lobby(self, event: Event) -> None:
        """Something happened in the lobby."""

    async def tick(self, room: Room, now: float) -> None:
        """Called every few seconds for every open conversation; ``now`` in seconds since 1970. Call ``room.because``
        with what is due (and how often it was) before writing.
        """
