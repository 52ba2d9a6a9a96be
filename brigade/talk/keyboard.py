"""Lines from a person or from a pipe, without stopping the event loop."""

import asyncio
import contextlib
import readline
import sys
import threading
from collections.abc import AsyncIterator

PROMPT = "› "


class Keyboard:
    """``is_person``: whether somebody types, who then has history and editing; ``is_reading``: they may type now."""

    def __init__(self) -> None:
        self.is_reading = False
        self.is_person = sys.stdin.isatty() and sys.stdout.isatty()
        self._lines: asyncio.Queue[str | None] = asyncio.Queue()

    async def lines(self) -> AsyncIterator[str]:
        """Until the end of the input."""
        # A daemon: nobody can be asked to stop typing when we end.
        threading.Thread(target=self._read, args=(asyncio.get_running_loop(),), daemon=True).start()
        while (line := await self._lines.get()) is not None:
            yield line

    def typed(self) -> str:
        """What stands on the line that is being typed, prompt included."""
        return PROMPT + readline.get_line_buffer() if self.is_person and self.is_reading else ""

    def _read(self, loop: asyncio.AbstractEventLoop) -> None:
        with contextlib.suppress(EOFError, RuntimeError):  # RuntimeError: the loop has ended before the input
            while True:
                self.is_reading = True
                loop.call_soon_threadsafe(self._lines.put_nowait, input(PROMPT if self.is_person else ""))
        with contextlib.suppress(RuntimeError):
            loop.call_soon_threadsafe(self._lines.put_nowait, None)
