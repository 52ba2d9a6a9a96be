"""What nobody waits for and what may be lost: typing, read receipts."""

import asyncio
from collections.abc import Coroutine
from typing import Any

import structlog

from brigade.errors import BrigadeError

log = structlog.get_logger(__name__)


class Aside:
    """Does things beside the road; keeps hold of them until they are done."""

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[None]] = set()

    def do(self, call: Coroutine[Any, Any, None]) -> None:
        """Begin ``call``; that it cannot be done is of no consequence."""
        task = asyncio.create_task(self._quietly(call))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    @staticmethod
    async def _quietly(call: Coroutine[Any, Any, None]) -> None:
        try:
            await call
        except BrigadeError as error:
            log.debug("hint_lost", reason=str(error))
