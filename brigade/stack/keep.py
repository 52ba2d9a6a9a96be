"""A process that dies is started again, after a delay that grows while it keeps dying."""

import asyncio
import time

import structlog

from brigade.stack.child import Child
from brigade.stack.stack import Stack

log = structlog.get_logger(__name__)

_FIRST, _LONGEST = 0.5, 60.0  # seconds before a restart
_HEALTHY = 60.0  # a process that ran this long starts afresh with the first delay


def keep_alive(stack: Stack) -> list[asyncio.Task[None]]:
    """One task a process; cancel them before ``stack.stop()``."""
    return [asyncio.create_task(_keep(child), name=f"keep {name}") for name, child in stack.children.items()]


async def _keep(child: Child) -> None:
    delay = _FIRST
    while True:
        began = time.monotonic()
        code = await child.wait()
        if child.expected:
            return
        if time.monotonic() - began > _HEALTHY:
            delay = _FIRST
        log.error("process died, restarting", process=child.program.name, reason=str(child.death(code)), seconds=delay)
        await asyncio.sleep(delay)
        delay = min(delay * 2, _LONGEST)
        try:
            await child.start()
        except OSError as error:
            log.error("process cannot be started", process=child.program.name, error=str(error))
