"""Measured durations and what is read from them."""

import asyncio
import contextlib
import math
import statistics
import time
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any

BLOCK = 40


class Samples(list[float]):
    """Durations in seconds."""

    def at(self, share: float) -> float:
        """The least duration that ``share`` of all do not exceed; 0.5 is the median."""
        return sorted(self)[max(0, math.ceil(share * len(self)) - 1)]

    def blocks(self) -> "list[Samples]":
        """In the order of time, forty at a time (or all, when there are fewer); a short rest belongs to the last."""
        count = max(1, len(self) // BLOCK)
        ends = [*range(BLOCK, BLOCK * count, BLOCK), len(self)]
        return [Samples(self[start:end]) for start, end in zip([0, *ends], ends, strict=False)]

    @property
    def p50(self) -> float:
        """The median."""
        return self.at(0.5)

    @property
    def p95(self) -> float:
        """What 95 of 100 do not exceed."""
        return self.at(0.95)


def ratio(ours: Samples, floor: Samples, share: float) -> tuple[float, float, float]:
    """(ours to the floor, ours, floor) at ``share``: of each the median over the blocks, so that somebody else's minute
    on this machine does not decide.
    """
    pairs = [(mine.at(share), bare.at(share)) for mine, bare in zip(ours.blocks(), floor.blocks(), strict=True)]
    columns = ([mine / bare for mine, bare in pairs], *zip(*pairs, strict=True))
    middle, mine, bare = (statistics.median(column) for column in columns)
    return middle, mine, bare


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
