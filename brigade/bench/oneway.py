"""One message, one way, in a claimed conversation: ours and the floor's in turns."""

import asyncio
from collections.abc import Awaitable, Callable

from brigade.bench.lab import Lab
from brigade.bench.samples import Samples, timed
from brigade.client import Citizen

_REST = 0.08  # seconds between two samples: what follows one of ours must not count against the floor
PATHS = ("floor_in", "ours_in", "floor_out", "ours_out")


class OneWay:
    """``in``: citizen to operator; ``out``: operator to citizen. One conversation, nothing else happens."""

    def __init__(self, lab: Lab, citizen: Citizen, room: str) -> None:
        self._lab = lab
        self._citizen = citizen
        self._room = room

    @classmethod
    async def prepare(cls, lab: Lab) -> "OneWay":
        """With a conversation that the operator has taken."""
        return cls(lab, *await lab.claimed())

    async def measure(self, rounds: int, step: Callable[[], None]) -> dict[str, Samples]:
        """``rounds`` samples of each path; ``step`` is called after each round."""
        found = {path: Samples() for path in PATHS}
        for _ in range(rounds):
            for path in PATHS:
                once: Callable[[str], Awaitable[float]] = getattr(self, f"_{path}")
                found[path].append(await once(self._lab.words()))
                await asyncio.sleep(_REST)
                self._lab.operator.seen.clear()
                self._citizen.seen.clear()
            step()
        return found

    async def close(self) -> None:
        """Hang up."""
        await self._citizen.close()

    async def _floor_in(self, text: str) -> float:
        return await timed(lambda: self._lab.floor.say(text), self._lab.heard(text))

    async def _ours_in(self, text: str) -> float:
        return await timed(lambda: self._citizen.say(text), self._lab.heard(text))

    async def _floor_out(self, text: str) -> float:
        lab = self._lab
        return await timed(lambda: lab.operator.say(lab.floor.room, text), lab.floor.hear(text))

    async def _ours_out(self, text: str) -> float:
        return await timed(lambda: self._lab.operator.say(self._room, text), self._citizen.hear(text, 30))
