"""Dispatch: one card in the lobby for each conversation, one operator for each card, nobody left waiting in silence."""

from collections.abc import Mapping
from typing import ClassVar
from zoneinfo import ZoneInfo

from pydantic import Field

from bots.dispatch.alarm import Alarm
from bots.dispatch.board import Board
from bots.dispatch.card import CARD, HAND
from bots.dispatch.claim import Claims
from bots.dispatch.people import Operators
from brigade.bot import Bot as Base
from brigade.bot import Desk
from brigade.command import Command, Usage
from brigade.config import Config, Section
from brigade.errors import Refused
from brigade.events import MEMBER, Event
from brigade.place import Place, team
from brigade.room import Room
from brigade.vocabulary import Status

_SKIN = dict.fromkeys(range(0x1F3FB, 0x1F400))


class Settings(Section):
    """Times in seconds."""

    repeat_seconds: float = Field(60, gt=0, description="An emergency that nobody took is called again every so often.")
    timezone: str = Field("Europe/Paris", description="Of the times that operators read.")


class Bot(Base):
    """Hooks only; what they do is in the modules beside."""

    commands: ClassVar[Mapping[str, Usage]] = {
        "prendre": Usage("!prendre [référence]", "prendre la conversation, ou la plus urgente depuis l’accueil"),
        "rendre": Usage("!rendre", "remettre la conversation à l’accueil"),
        "clore": Usage("!clore", "clore la conversation"),
    }
    settings: Settings

    def __init__(self, settings: Settings, config: Config, desk: Desk) -> None:
        super().__init__(settings, config, desk)
        self.operators = Operators(desk)
        self.board = Board(desk, self.operators, ZoneInfo(settings.timezone))
        self.alarm = Alarm(desk, self.operators, settings.repeat_seconds)
        self.claims = Claims(self.board, self.operators, self.alarm)

    async def opened(self, room: Room) -> None:
        """Somebody may be waiting for this card: nothing comes before it."""
        await self.board.open(room)
        await self.alarm.opened(room)

    async def changed(self, room: Room) -> None:
        """Card and sheet say what is so."""
        await self.board.refresh(room)

    async def tick(self, room: Room, now: float) -> None:
        """What is due by the clock."""
        await self.alarm.tick(room, now)

    async def lobby(self, event: Event) -> None:
        """✋ on a card takes the conversation."""
        if event.type == MEMBER and event.state_key:
            self.operators.forget(event.state_key)
        if event.reaction and event.sender in self.desk.operators:
            target, key = event.reaction
            if key.translate(_SKIN) == HAND and (room := await self._by_card(target)):
                await self._take(room, event)

    async def _by_card(self, card_id: str) -> Room | None:
        for room in self.desk.rooms.values():
            if room.memory.get("card") == card_id:
                return room
        # A reminder, or a card that was replaced.
        card = await self.desk.lobby.account.event(self.desk.lobby.id, card_id)
        named = card.own(CARD) if card and card.sender == self.desk.lobby.account.user_id else None
        room_id = named.get("room_id") if isinstance(named, Mapping) else None
        return self.desk.rooms.get(room_id) if isinstance(room_id, str) else None

    async def _take(self, room: Room, event: Event) -> None:
        """From the lobby: the answer, when there is one, goes there too."""
        async with room.lock:
            room.because(event.id)
            try:
                await self.claims.take(room, event.sender, event.at)
            except Refused as error:
                await self.desk.lobby.by(event.id).send(team(str(error)))
            await room.keep()

    async def desk_command(self, place: Place, command: Command, event: Event) -> bool:
        """``!prendre`` in the lobby."""
        if command.name != "prendre":
            return False
        wanted = command.argument.lstrip("#").strip()
        if room := self._by_reference(wanted) if wanted else self._next():
            await self._take(room, event)
        elif wanted:
            await place.send(team(f"Je ne trouve pas de conversation « {wanted} ». Écrivez : `!prendre 2026-000123`."))
        else:
            await place.send(team("Aucune conversation n’attend."))
        return True

    def _by_reference(self, reference: str) -> Room | None:
        return next((r for r in self.desk.rooms.values() if r.state and r.state.reference == reference), None)

    def _next(self) -> Room | None:
        """The most urgent, then the oldest."""
        waiting = [r for r in self.desk.rooms.values() if r.state and r.state.status is Status.WAITING and not r.gone]
        return min(waiting, key=lambda r: (r.conversation.urgency.rank, r.conversation.opened_at), default=None)

    async def command(self, room: Room, command: Command, event: Event) -> None:
        """In the conversation's room."""
        try:
            if command.name == "prendre":
                await self.claims.take(room, event.sender, event.at, over=True)
            elif command.name == "rendre":
                await self.claims.give_back(room, event.at, "rendue")
            else:
                await self.claims.close(room, event.at)
        except Refused as error:
            await room.note(str(error))
