"""The whole measurement, bounded to a few minutes.

    brigade bench [--quick] [--rounds 200] [--database postgresql] [--json]

``up`` → warm-up → one way → opening → idle citizens → danger → the homeserver is killed → danger; then, on a stack with
Messenger, webhooks.
"""

import asyncio
import dataclasses
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from brigade.bench import danger, idle, opening, pages, triage, webhooks
from brigade.bench.lab import DatabaseKind, Lab, lab
from brigade.bench.oneway import OneWay
from brigade.bench.result import Result
from brigade.errors import Temporary
from brigade.process import prepare_for_many
from brigade.stack.stack import HOMESERVER

_SETTLED = 25.0  # seconds after the start during which our processes still check what they may have missed


@dataclass(frozen=True, slots=True)
class Size:
    """How much is measured; ``settle``: whether to wait until a freshly started stack works as it does later."""

    rounds: int = 200
    openings: int = 40
    cries: int = 25
    pages: int = 2000
    idle: int = 2000
    hooks: int = 2000
    burst: int = 10_000
    settle: bool = True


QUICK = Size(rounds=3, openings=2, cries=5, pages=50, idle=50, hooks=40, burst=100, settle=False)
Step = Callable[[], None]


class Progression:
    """How far it is, on standard error: a bar on a terminal, a line a phase elsewhere."""

    def __init__(self, console: Console) -> None:
        self._console = console

    @contextmanager
    def phase(self, name: str, total: int) -> Iterator[Step]:
        """Call what it gives ``total`` times."""
        if not self._console.is_terminal:
            self._console.print(f"{name} …")
            yield lambda: None
            return
        columns = (TextColumn("{task.description:24}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
        with Progress(*columns, console=self._console) as bar:
            task = bar.add_task(name, total=total)
            yield lambda: bar.advance(task)


async def bench(folder: Path, size: Size, database: DatabaseKind, console: Console) -> Result:
    """Everything, on a stack of its own under ``folder``. Raises Misconfigured (it cannot be started), TimeoutError."""
    shown = Progression(console)
    with shown.phase("starting a stack", 1) as step:
        place = lab(folder, database, lambda _step, _state: None)
        found = await place.__aenter__()
        step()
    prepare_for_many()  # after the start: our processes must do so by themselves
    try:
        result = await _measure(found, size, database, shown)
    finally:
        await place.__aexit__(None, None, None)
    with shown.phase("triage", 1) as step:
        result = dataclasses.replace(result, triage=await triage.measure())
        step()
    with shown.phase("webhooks, 200 a second", 2 * size.hooks) as step:
        return dataclasses.replace(result, hooks=await webhooks.measure(folder, size.hooks, size.burst, step))


async def _measure(found: Lab, size: Size, database: DatabaseKind, shown: Progression) -> Result:
    way = await OneWay.prepare(found)
    with shown.phase("warming up", 1) as step:
        await way.measure(3, lambda: None)
        while size.settle and time.monotonic() - found.started < _SETTLED:
            await way.measure(1, lambda: None)
        step()
    with shown.phase("one way", size.rounds) as step:
        oneway = await way.measure(size.rounds, step)
    await way.close()
    with shown.phase("opening", size.openings) as step:
        opened = await opening.measure(found, size.openings, step)
    with shown.phase("citizens in danger", size.cries) as step:
        dangers = {"interception_p95_s": await danger.measure(found, size.cries, step)}
    with shown.phase("idle citizens", size.idle) as step:
        memory = await idle.measure(found, size.idle, step)
    with shown.phase("help centre, 100 a second", size.pages) as step:
        read = await pages.measure(found.help_centre, size.pages, step)
    with shown.phase("danger, Synapse killed", size.cries) as step:
        await found.operator.close()
        await found.stack.kill(HOMESERVER)
        dangers["interception_down_p95_s"] = await danger.measure(found, size.cries, step)
        await found.stack.start_one(HOMESERVER)
    return Result(oneway, opened, dangers, read, (size.idle, memory), found.up, database)


def run(folder: Path, size: Size, database: DatabaseKind, console: Console) -> Result:
    """As ``bench``, for the command line. Raises Temporary when something never came."""
    try:
        return asyncio.run(bench(folder, size, database, console))
    except TimeoutError as error:
        raise Temporary("The measurement was given up: an answer did not come within its time.") from error
