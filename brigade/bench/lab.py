"""The place where we measure: a private stack, an operator at the desk, the floor's room and a claimed conversation."""

import asyncio
import itertools
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from brigade.bench.floor import NAME, STANZA, Floor
from brigade.client import Citizen
from brigade.config import Plan, plan
from brigade.events import MEMBER, MESSAGE, Event
from brigade.matrix.person import Person
from brigade.stack.ports import free_listen
from brigade.stack.postgres import Cluster
from brigade.stack.stack import Report, Stack
from brigade.storage import Storage

DatabaseKind = Literal["sqlite", "postgresql"]
_OURS = ("webchat", "bots", "faq")
CARD, HAND = "fr.brigade.card", "✋"
_WITHIN = 30.0


@dataclass
class Lab:
    """What a measurement needs; ``started`` is when all was ready (``time.monotonic``), ``up`` how long that took."""

    stack: Stack
    floor: Floor
    operator: Person
    storage: Storage
    up: float
    started: float
    _numbers: Any = field(default_factory=itertools.count)

    @property
    def web(self) -> str:
        """The address of the citizens' API."""
        return self.stack.config.web_url

    @property
    def help_centre(self) -> str:
        """The address of the help centre."""
        return self.stack.config.help_centre_url

    def words(self) -> str:
        """A text that nobody has said yet and that means nothing to any bot."""
        return f"Mesure {next(self._numbers)}"

    async def heard(self, text: str) -> None:
        """Until the operator's client has this message."""
        await self.operator.wait(lambda event: event.type == MESSAGE and event.content.get("body") == text, _WITHIN)

    async def card(self, citizen: Citizen) -> Event:
        """Until the operator's client has this conversation's card."""

        def is_card(event: Event) -> bool:
            card = event.content.get(CARD)
            return isinstance(card, dict) and card.get("reference") == citizen.reference and not event.replaces

        return await self.operator.wait(is_card, _WITHIN)

    async def claimed(self) -> tuple[Citizen, str]:
        """A conversation that the operator has taken, and its room's id."""
        citizen = Citizen(self.web)
        await citizen.open(self.words())
        await citizen.listen()
        card = await self.card(citizen)
        room_id = str(card.content[CARD]["room_id"])
        await self.operator.react(card.room_id, card.id, HAND)
        await citizen.wait(lambda event: event.get("state") == "in_progress", _WITHIN)
        await self._entered(room_id)
        return citizen, room_id

    async def _entered(self, room_id: str) -> None:
        def is_entry(event: Event) -> bool:
            mine = event.type == MEMBER and event.state_key == self.operator.user_id
            return mine and event.room_id == room_id and event.content.get("membership") == "join"

        await self.operator.wait(is_entry, _WITHIN)

    async def quiet(self, seconds: float) -> None:
        """Until the operator's client has heard nothing for so long; nothing heard before counts any more."""
        while True:
            self.operator.seen.clear()
            await asyncio.sleep(seconds)
            if not self.operator.seen:
                return


@asynccontextmanager
async def lab(folder: Path, database: DatabaseKind, report: Report) -> AsyncIterator[Lab]:
    """Started for the block and gone afterwards, with all it wrote under ``folder``."""
    async with AsyncExitStack() as leave:
        var = leave.enter_context(tempfile.TemporaryDirectory(prefix="bench-", dir=folder))
        stack = Stack(_plan(var, leave.enter_context(Cluster()) if database == "postgresql" else None), report, _OURS)
        began = time.monotonic()
        found = await stack.start()
        leave.push_async_callback(stack.stop)
        ready = time.monotonic()
        account = found.operators[0]
        operator = await Person.login(found.homeserver, account.user_id, account.password)
        leave.push_async_callback(operator.close)
        floor = Floor(stack.config)
        leave.push_async_callback(floor.close)
        await floor.open(account.user_id)
        storage = Storage(stack.config.database_url)
        leave.push_async_callback(storage.close)
        made = Lab(stack, floor, operator, storage, ready - began, ready)
        await made._entered(floor.room)
        yield made


def _plan(var: str, cluster: Cluster | None) -> Plan:
    # Citizens of a bench all come from one address and in a hurry.
    bridges = {"webchat": {"limits": {"enabled": False}}, STANZA: {}}
    raw: dict[str, Any] = {"var": var, "listen": free_listen(NAME), "bridges": bridges}
    if cluster:
        for name in ("brigade", "synapse"):
            cluster.create(name)
        raw |= {"database": {"url": cluster.url("brigade")}}
        raw |= {"homeserver": {"database": cluster.url("synapse", "postgresql")}}
    return plan(raw)
