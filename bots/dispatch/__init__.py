"""Dispatch: one card in the lobby for each conversation, one operator for each card, nobody left waiting in silence."""

from collections.abc import Mapping
from typing import ClassVar
from zoneinfo import ZoneInfo

from bots.dispatch.alarm import Alarm
from bots.dispatch.board import Board
from bots.dispatch.card import CARD, HAND
from bots.dispatch.claim import Claims
from bots.dispatch.clock import Clock
from bots.dispatch.ending import Ending
from bots.dispatch.orders import COMMANDS, Orders
from bots.dispatch.people import Operators
from bots.dispatch.settings import Settings
from bots.dispatch.trained import Trained
from bots.dispatch.turns import Turns
from brigade.bot import Bot as Base
from brigade.bot import Desk
from brigade.command import Command, Usage
from brigade.config import Config
from brigade.events import MEMBER, Event
from brigade.place import Place
from brigade.room import Room
from brigade.vocabulary import DEPARTURE, Status

__all__ = ["Bot", "Settings"]

_SKIN = dict.fromkeys(range(0x1F3FB, 0x1F400))  # hands come in colours


class Bot(Base):
    """Hooks only; what they do is in the modules beside."""

    commands: ClassVar[Mapping[str, Usage]] = COMMANDS
    settings: Settings

    def __init__(self, settings: Settings, config: Config, desk: Desk) -> None:
        super().__init__(settings, config, desk)
        self.operators = Operators(desk)
        self.board = Board(desk, self.operators, ZoneInfo(settings.timezone))
        self.alarm = Alarm(desk, self.operators, settings.repeat_seconds)
        self.claims = Claims(self.board, self.operators, self.alarm)
        self.orders = Orders(desk, self.operators, self.claims)
        self.turns = Turns()
        self.trained = Trained(desk, self.operators, settings.trained)
        self.clock = Clock(settings, desk, self.operators, self.claims, self.alarm, self.turns)
        self.ending = Ending(self.claims, settings.archive_after)

    async def opened(self, room: Room) -> None:
        """Somebody may be waiting for this card: nothing comes before it."""
        await self.board.open(room)
        await self.alarm.opened(room)
        await self.trained.call(room)

    async def changed(self, room: Room) -> None:
        """Card and sheet say what is so."""
        if room.conversation.status is not Status.ASSIGNED:
            self.turns.forget(room.id)
        await self.board.refresh(room)
        await self.trained.call(room)

    async def said(self, room: Room, event: Event) -> None:
        """Whose turn it is; whether the citizen is still there."""
        self.turns.said(room, event)
        if event.own(DEPARTURE) is not None:
            await self.ending.departed(room, event.at)
            await self.board.refresh(room)

    async def replied(self, room: Room, event: Event) -> None:
        """Whose turn it is."""
        if event.sender == room.conversation.operator:
            self.turns.replied(room, event)

    async def member(self, room: Room, event: Event) -> None:
        """An operator who leaves the room gives the conversation back."""
        left = event.content.get("membership") in ("leave", "ban")
        if left and event.state_key and event.state_key == room.conversation.operator:
            name = await self.operators.name(event.state_key)
            await self.claims.take_back(room, event.at, f"{name} a quitté le salon")

    async def tick(self, room: Room, now: float) -> None:
        """What is due by the clock, and what changed without a change of state (the rating, a proposal accepted)."""
        if await self.ending.tick(room, now):
            self.turns.forget(room.id)
            self.board.forget(room.id)
            return
        await self.clock.tick(room, now)
        await self.board.refresh(room)

    async def lobby(self, event: Event) -> None:
        """✋ on a card takes the conversation."""
        if event.type == MEMBER and event.state_key:
            self.operators.forget(event.state_key)
        if event.reaction and self.operators.present(event.sender):
            target, key = event.reaction
            if key.translate(_SKIN) == HAND and (room := await self._by_card(target)):
                await self.orders.take(room, event, self.desk.lobby.by(event.id))

    async def _by_card(self, card_id: str) -> Room | None:
        for room in self.desk.rooms.values():
            if room.memory.get("card") == card_id:
                return room
        # A reminder, or a card that was replaced.
        lobby = self.desk.lobby
        card = await lobby.account.event(lobby.id, card_id)
        named = card.own(CARD) if card and card.sender == lobby.account.user_id else None
        room_id = named.get("room_id") if isinstance(named, Mapping) else None
        return self.desk.rooms.get(room_id) if isinstance(room_id, str) else None

    async def desk_command(self, place: Place, command: Command, event: Event) -> bool:
        """In the lobby, the team or the alerts room."""
        return await self.orders.at_desk(place, command, event)

    async def command(self, room: Room, command: Command, event: Event) -> None:
        """In the conversation's room."""
        await self.orders.in_room(room, command, event)
