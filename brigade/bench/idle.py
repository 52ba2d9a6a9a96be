"""Citizens who are connected and silent: what one process needs for them."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack

import psutil

from brigade.bench.lab import Lab
from brigade.book import Book, Opened, Opening
from brigade.client import Citizen
from brigade.transcript import Transcript
from brigade.vocabulary import Urgency

_AT_ONCE = 50
_WATCHED = 5  # seconds
_WITHIN = 60.0


async def measure(lab: Lab, count: int, step: Callable[[], None]) -> float:
    """The most resident memory, in MB, of the web chat's process with ``count`` citizens connected."""
    pid = lab.stack.children["webchat"].pid
    process = psutil.Process(pid)
    async with AsyncExitStack() as leave:
        slots = asyncio.Semaphore(_AT_ONCE)

        async def connect(opened: Opened) -> None:
            async with slots:
                citizen = await leave.enter_async_context(Citizen(lab.web))
                citizen.id, citizen.token = opened.id, opened.token
                await citizen.listen()
                await citizen.wait(lambda event: event.get("state") == "received", _WITHIN)
                step()

        await asyncio.gather(*[connect(opened) for opened in await _book(lab, count)])
        most = 0
        for _ in range(_WATCHED):
            await asyncio.sleep(1)
            most = max(most, process.memory_info().rss)
    return most / 2**20


async def _book(lab: Lab, count: int) -> list[Opened]:
    """Conversations as the relay writes them down, but without their rooms: Synapse would take half an hour."""
    book, transcript = Book(lab.storage, "webchat", 3600.0), Transcript(lab.storage)
    found: list[Opened] = []
    opening = Opening("webchat", "gendarmerie", "fr")
    while len(found) < count:
        async with lab.storage.write() as tx:
            for _ in range(min(100, count - len(found))):
                opened = await book.open(tx, opening, Urgency.NORMAL, None)
                await transcript.append(tx, opened.id, "status:received", {"type": "status", "state": "received"})
                found.append(opened)
    return found
