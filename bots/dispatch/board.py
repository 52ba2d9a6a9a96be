"""Keeps the card and the sheet of each conversation saying what is so."""

import hashlib
import json
from collections.abc import Mapping
from typing import Any
from zoneinfo import ZoneInfo

from bots.dispatch.card import HAND, card
from bots.dispatch.facts import Facts
from bots.dispatch.people import Operators
from bots.dispatch.sheet import sheet
from brigade.bot import Desk
from brigade.room import Room


class Board:
    """``memory``: ``card`` and ``sheet`` are event ids, ``marks`` what each said last, ``edits`` how often they did."""

    def __init__(self, desk: Desk, operators: Operators, zone: ZoneInfo) -> None:
        self._desk = desk
        self._operators = operators
        self._zone = zone
        self._told: dict[str, Facts] = {}  # what was last looked at: most ticks find nothing new

    async def facts(self, room: Room) -> Facts:
        """What is known now."""
        operator = room.conversation.operator
        name = await self._operators.name(operator) if operator else None
        return Facts.of(room, name, self._zone)

    async def open(self, room: Room) -> None:
        """The card first: an operator may be waiting for it. Then what makes it useful."""
        await self.post_card(room)
        content = sheet(await self.facts(room))
        room.memory["sheet"] = await room.send(content, key="sheet")
        _mark(room, "sheet", content)

    async def post_card(self, room: Room) -> None:
        """A new card, at the bottom of the lobby; the former one is taken back."""
        content = card(await self.facts(room), await self._operators.available())
        lobby = self._desk.lobby.by(room.cause)
        posted = await lobby.send(content, key="card")
        if room.memory.get("card", posted) != posted:
            room.memory["stale_card"] = room.memory["card"]
        room.memory["card"] = posted
        _mark(room, "card", card(await self.facts(room)))
        await lobby.react(posted, HAND)
        if stale := room.memory.get("stale_card"):
            await lobby.take_back(stale)
            del room.memory["stale_card"]

    async def refresh(self, room: Room) -> None:
        """Edit what no longer says what is so; nothing is written when nothing has changed."""
        facts = await self.facts(room)
        if self._told.get(room.id) == facts:
            return
        if room.sheet:
            await self._edit(room, "sheet", sheet(facts))
        if room.memory.get("card"):
            await self._edit(room, "card", card(facts))
        self._told[room.id] = facts

    def forget(self, room_id: str) -> None:
        """The room is over."""
        self._told.pop(room_id, None)

    async def _edit(self, room: Room, which: str, content: Mapping[str, Any]) -> None:
        if room.memory.get("marks", {}).get(which) == _digest(content):
            return
        # The number keeps A, B, A from being taken for a retry of the first A.
        number = int(room.memory.get("edits", 0)) + 1
        cause = f"{room.id} {which} {number}"
        place = room.by(cause) if which == "sheet" else self._desk.lobby.by(cause)
        await place.edit(room.memory[which], content)
        room.memory["edits"] = number
        _mark(room, which, content)


def _mark(room: Room, which: str, content: Mapping[str, Any]) -> None:
    room.memory["marks"] = {**room.memory.get("marks", {}), which: _digest(content)}


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
