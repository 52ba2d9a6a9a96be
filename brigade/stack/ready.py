"""Waiting until a process can work."""

import asyncio
import json
from collections.abc import Mapping
from typing import Any

import aiohttp

from brigade.errors import Misconfigured
from brigade.stack.child import Child

_PERIOD = 0.05  # seconds between two looks


async def until_ready(child: Child, seconds: float) -> None:
    """Returns when ``child`` says that it is ready. Raises Misconfigured: it ended, or what it still waits for."""
    death = asyncio.create_task(child.wait(), name=f"death of {child.program.name}")
    readiness = asyncio.create_task(_poll(child.program.ready), name=f"readiness of {child.program.name}")
    try:
        done, _ = await asyncio.wait({death, readiness}, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        if death in done:
            raise child.death(death.result())
        if not done:
            missing = await why_not(child.program.ready)
            last = child.last_line()
            said = f"{missing}; it last said: {last}" if last else missing
            raise Misconfigured(f"{child.program.name} is not ready after {seconds:.0f} s: {said} (see {child.log})")
    finally:
        death.cancel()
        readiness.cancel()


async def _poll(url: str) -> None:
    while True:
        if await why_not(url) is None:
            return
        await asyncio.sleep(_PERIOD)


async def why_not(url: str) -> str | None:
    """What a process misses according to its ``/readyz``, None when it is ready."""
    try:
        async with (
            aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as session,
            session.get(url) as response,
        ):
            if response.status == 200:
                return None
            return _missing(await response.text(), response.status)
    except (aiohttp.ClientError, TimeoutError, OSError):
        return "it does not answer yet"


def _missing(text: str, status: int) -> str:
    try:
        found: Any = json.loads(text)
    except ValueError:
        found = None
    missing = found.get("missing") if isinstance(found, Mapping) else None
    if isinstance(missing, Mapping) and missing:
        return ", ".join(f"{name}: {reason}" for name, reason in missing.items())
    return f"it answers {status}"
