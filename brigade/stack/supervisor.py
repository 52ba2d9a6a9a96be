"""The process behind ``brigade up``: starts a stack, tells how it goes on its standard output (one JSON object a line)
until all is ready, then keeps it alive until it is asked to end."""

import argparse
import asyncio
import json
import os
import signal
import sys
from pathlib import Path

import structlog

from brigade.config import Plan, read
from brigade.errors import BrigadeError
from brigade.logs import set_up
from brigade.stack.keep import keep_alive
from brigade.stack.lock import Lock
from brigade.stack.stack import Stack

log = structlog.get_logger(__name__)


def _tell(**what: str) -> None:
    try:
        sys.stdout.write(json.dumps(what) + "\n")
        sys.stdout.flush()
    except OSError:  # whoever asked has gone; the stack goes on
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


async def _supervise(plan: Plan) -> int:
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    stack = Stack(plan, lambda step, state: _tell(step=step, state=state))
    starting = asyncio.create_task(stack.start(), name="start")
    stopping = asyncio.create_task(stop.wait(), name="stop")
    await asyncio.wait({starting, stopping}, return_when=asyncio.FIRST_COMPLETED)
    if not starting.done():
        starting.cancel()
        await asyncio.gather(starting, return_exceptions=True)
        return 0
    try:
        starting.result()
    except BrigadeError as error:
        log.error("not started", reason=str(error))
        _tell(failed=str(error))
        return 1
    _tell(ready="ok")
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    keeping = keep_alive(stack)
    await stop.wait()
    for task in keeping:
        task.cancel()
    await stack.stop()
    return 0


def main() -> None:
    """``python -m brigade.stack.supervisor FILE``: the configuration as ``brigade up`` wrote it."""
    parser = argparse.ArgumentParser()
    parser.add_argument("file", type=Path)
    plan = read(parser.parse_args().file)
    set_up(plan.config.logging.level, plan.config.logging.format)
    lock = Lock(plan.config.paths.run)
    if not lock.take():
        _tell(failed="Another `brigade up` is starting this stack.")
        sys.exit(1)
    sys.exit(asyncio.run(_supervise(plan)))


if __name__ == "__main__":
    main()
