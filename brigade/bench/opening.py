"""Opening a conversation: from the citizen's call to the card in the lobby, against a bare ``createRoom``."""

import asyncio
import time
from collections.abc import Callable

from sqlalchemy import func, select

from brigade.bench.lab import Lab
from brigade.bench.samples import Samples
from brigade.client import Citizen
from brigade.storage.tables import room

_QUIET = 0.3  # seconds without news: the former opening has settled
_REFILLED = 10.0


async def measure(lab: Lab, rounds: int, step: Callable[[], None]) -> dict[str, Samples]:
    """``bare``: createRoom; ``card``: until the operator's client has it; ``created``: until the 201."""
    found = {name: Samples() for name in ("bare", "card", "created")}
    full = await _ready(lab)
    for _ in range(rounds):
        await _settled(lab, full)
        began = time.perf_counter()
        await lab.floor.create()
        found["bare"].append(time.perf_counter() - began)
        await _settled(lab, full)
        async with Citizen(lab.web) as citizen:
            began = time.perf_counter()
            await citizen.open(lab.words())
            found["created"].append(time.perf_counter() - began)
            await lab.card(citizen)
            found["card"].append(time.perf_counter() - began)
        step()
    return found


async def _settled(lab: Lab, full: int) -> None:
    """Rooms are ready again, as they are when citizens do not all come in the same second."""
    async with asyncio.timeout(_REFILLED):
        while await _ready(lab) < full:  # noqa: ASYNC110 - another process fills it and tells nobody
            await asyncio.sleep(0.05)
        await lab.quiet(_QUIET)


async def _ready(lab: Lab) -> int:
    async with lab.storage.read() as tx:
        return int((await tx.execute(select(func.count()).where(room.c.ready, ~room.c.taken))).scalar_one())
