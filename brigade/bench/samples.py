"""Measured durations and what is read from them."""

import asyncio
import contextlib
import math
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any


class Samples(list[float]):
    """Durations in seconds."""

    def at(self, share: float) -> float:
        """The least duration that ``share`` of all do not exceed; 0.5 is the median."""
        return sorted(self)[max(0, math.ceil(share * len(self)) - 1)]

    @property
    def p50(self) -> float:
        """The median."""
        return self.at(0.5)

    @property
    def p95(self) -> float:
        """What 95 of 100 do not exceed."""
        return self.at(0.95)


async def timed(act: Callable[[], Awaitable[object]], arrival: Coroutine[Any, Any, object]) -> float:
    """Seconds from the beginning of ``act`` to the end of ``arrival``, which listens from before it."""
    listening = asyncio.create_task(_stamped(arrival))
    await asyncio.sleep(0)
    began = time.perf_counter()
    try:
        await act()
        return await listening - began
    finally:
        listening.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await listening


async def _stamped(arrival: Coroutine[Any, Any, object]) -> float:
    await arrival
    return time.perf_counter()
