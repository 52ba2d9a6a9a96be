"""Steps, one after the other: how each went, how long it took, what to do when it failed."""

import asyncio
import time
from collections.abc import Callable, Coroutine
from dataclasses import asdict, dataclass, field
from typing import Any, TypeVar

from aiohttp import ClientError

from brigade.errors import BrigadeError

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Step:
    """``ok`` is None for what was not tried; ``advice`` says what to do when it is not True."""

    name: str
    ok: bool | None
    ms: int | None = None
    said: str = ""
    advice: str = ""


class Stopped(Exception):
    """The way ends here."""


@dataclass
class Examination:
    """All steps so far; ``report`` hears of each at once, none may take more than ``within`` seconds."""

    report: Callable[[Step], None]
    within: float
    steps: list[Step] = field(default_factory=list)

    @property
    def ok(self) -> bool:
        """Whether nothing failed."""
        return all(step.ok is not False for step in self.steps)

    def add(self, step: Step) -> None:
        """Note it and say it."""
        self.steps.append(step)
        self.report(step)

    async def look(self, name: str, work: Coroutine[Any, Any, T], advice: str) -> T | None:
        """One step whose failure does not end the way. A text that ``work`` gives is shown."""
        began = time.monotonic()
        try:
            async with asyncio.timeout(self.within):
                found = await work
        except TimeoutError:
            self.add(Step(name, False, _ms(began), f"nothing within {self.within:g} s", advice))
        except (BrigadeError, ClientError, OSError) as error:
            self.add(Step(name, False, _ms(began), str(error) or type(error).__name__, advice))
        else:
            self.add(Step(name, True, _ms(began), found if isinstance(found, str) else ""))
            return found
        return None

    async def step(self, name: str, work: Coroutine[Any, Any, T], advice: str) -> T:
        """One step without which the next ones make no sense. Raises Stopped."""
        found = await self.look(name, work, advice)
        if not self.steps[-1].ok:
            raise Stopped
        return found  # type: ignore[return-value]  # None only when it failed

    def json(self) -> dict[str, Any]:
        """For programs."""
        return {"ok": self.ok, "steps": [asdict(step) for step in self.steps]}


def _ms(began: float) -> int:
    return round((time.monotonic() - began) * 1000)
