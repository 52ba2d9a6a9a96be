"""A platform's webhook: how soon it is acknowledged while Synapse works and while it is dead, and how a burst is worked
off. A stack of its own, with the Messenger bridge and its emulator: citizens of a chat are not to be disturbed.
"""

import asyncio
import json
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import aiohttp
import psutil
from sqlalchemy import func, select

from brigade.bench.samples import Samples
from brigade.config import Plan, plan
from brigade.config.services import read_secret
from brigade.emulators.messenger.delivery import encoded, signature
from brigade.stack.ports import free_listen
from brigade.stack.stack import HOMESERVER, Stack
from brigade.storage import Storage
from brigade.storage.tables import inbox, transcript

A_SECOND = 200
_PEOPLE = 200
_BATCH = 50  # events of one delivery in a burst
_WITHIN = 900.0
_PAGE = "100000000000001"


@dataclass(frozen=True, slots=True)
class Burst:
    """``events`` at once: worked off after ``seconds``; ``lost`` and ``disordered`` must be 0; ``rss`` in MB."""

    events: int
    seconds: float
    lost: int
    disordered: int
    rss: float


@dataclass(frozen=True, slots=True)
class Hooks:
    """Acknowledgements at 200 a second, and a burst."""

    acknowledged: Samples
    while_down: Samples
    burst: Burst


class Sender:
    """What Meta does: signed deliveries; ``sent`` counts each person's messages."""

    def __init__(self, stack: Stack, session: aiohttp.ClientSession) -> None:
        config = stack.config
        self._url = f"http://{config.listen.host}:{config.listen.public('messenger')}/webhook"
        self._secret = read_secret(config.paths.secrets / "messenger.app_secret")
        self._session = session
        self.sent = [0] * _PEOPLE
        self._next = 0

    def event(self) -> dict[str, Any]:
        """The next person's next message."""
        who = self._next % _PEOPLE
        self._next += 1
        self.sent[who] += 1
        message = {"mid": f"m_{who}_{self.sent[who]}", "text": f"{who} {self.sent[who]}"}
        at = int(time.time() * 1000)
        item = {"sender": {"id": f"7{who:06d}"}, "recipient": {"id": _PAGE}, "timestamp": at, "message": message}
        return {"id": _PAGE, "time": at, "messaging": [item]}

    async def post(self, entries: list[dict[str, Any]]) -> float:
        """Seconds until it was acknowledged. Raises ClientError when it was not."""
        body = encoded({"object": "page", "entry": entries})
        headers = {"X-Hub-Signature-256": signature(self._secret, body), "Content-Type": "application/json"}
        began = time.perf_counter()
        async with self._session.post(self._url, data=body, headers=headers) as answer:
            answer.raise_for_status()
            await answer.read()
        return time.perf_counter() - began

    async def steadily(self, count: int, step: Callable[[], None]) -> Samples:
        """One event a delivery, 200 a second, whatever the answers take."""
        began, calls = time.perf_counter(), []
        for number in range(count):
            await asyncio.sleep(max(0.0, began + number / A_SECOND - time.perf_counter()))
            calls.append(asyncio.create_task(self.post([self.event()])))
            step()
        return Samples(await asyncio.gather(*calls))


async def measure(folder: Path, count: int, burst: int, step: Callable[[], None]) -> Hooks:
    """``count`` events at 200 a second twice, then ``burst`` at once."""
    with tempfile.TemporaryDirectory(prefix="bench-", dir=folder) as var:
        stack = Stack(_plan(var), processes=["messenger", "emulate"])
        await stack.start()
        storage = Storage(stack.config.database_url)
        try:
            async with aiohttp.ClientSession() as session:
                return await _measure(stack, storage, Sender(stack, session), count, burst, step)
        finally:
            await storage.close()
            await stack.stop()


async def _measure(
    stack: Stack, storage: Storage, sender: Sender, count: int, burst: int, step: Callable[[], None]
) -> Hooks:
    up = await sender.steadily(count, step)
    await _worked_off(storage, sum(sender.sent))
    watched = asyncio.create_task(_memory(stack.children["messenger"].pid))
    began = time.perf_counter()
    entries = [sender.event() for _ in range(burst)]
    await asyncio.gather(*(sender.post(entries[at : at + _BATCH]) for at in range(0, burst, _BATCH)))
    await _worked_off(storage, sum(sender.sent))
    seconds = time.perf_counter() - began
    await stack.kill(HOMESERVER)
    down = await sender.steadily(count, step)
    await _worked_off(storage, sum(sender.sent))
    lost, disordered = await _compared(storage, sender.sent)
    watched.cancel()
    rss = max([0.0, *(await asyncio.gather(watched, return_exceptions=False))[0]])
    return Hooks(up, down, Burst(burst, seconds, lost, disordered, rss))


async def _worked_off(storage: Storage, count: int) -> None:
    """Until every delivery is in its person's transcript."""
    waits = select(func.count()).where(inbox.c.service == "messenger.post", inbox.c.state == "pending")
    came = select(func.count()).where(inbox.c.service == "messenger.post")
    async with asyncio.timeout(_WITHIN):
        while True:
            async with storage.read() as tx:
                if (await tx.execute(came)).scalar_one() >= count and not (await tx.execute(waits)).scalar_one():
                    return
            await asyncio.sleep(0.1)


async def _compared(storage: Storage, sent: list[int]) -> tuple[int, int]:
    """(messages that are in no transcript, messages that stand after a later one)."""
    async with storage.read() as tx:
        rows = await tx.execute(select(transcript.c.payload).order_by(transcript.c.conversation_id, transcript.c.seq))
        said = [json.loads(payload) for payload in rows.scalars()]
    found: dict[int, list[int]] = {}
    for payload in said:
        if payload.get("from") == "me":
            who, number = map(int, payload["text"].split())
            found.setdefault(who, []).append(number)
    lost = sum(len(set(range(1, last + 1)) - set(found.get(who, ()))) for who, last in enumerate(sent))
    return lost, sum(_disordered(numbers) for numbers in found.values())


def _disordered(numbers: Iterable[int]) -> int:
    return sum(later <= earlier for earlier, later in pairwise(numbers))


async def _memory(pid: int | None) -> list[float]:
    """Resident MB of a process, again and again until cancelled."""
    found: list[float] = []
    try:
        while True:
            found.append(psutil.Process(pid).memory_info().rss / 2**20)
            await asyncio.sleep(0.25)
    except (asyncio.CancelledError, psutil.Error):
        return found


def _plan(var: str) -> Plan:
    raw = {"var": var, "listen": free_listen(), "bridges": {"messenger": {}}, "bots": {}}
    return plan(raw | {"help_centre": {"enabled": False}})
