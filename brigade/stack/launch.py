"""Starting and ending a supervised stack from the command line."""

import asyncio
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from typing import IO

from brigade.config import Config, Paths, Plan, read
from brigade.errors import Misconfigured
from brigade.stack import machine
from brigade.stack.endpoints import Endpoints
from brigade.stack.lock import Lock
from brigade.stack.ports import check_free
from brigade.stack.ready import why_not
from brigade.stack.secrets import write_private
from brigade.stack.stack import READY_WITHIN, ROOT, Report

_END_WITHIN = 45.0


def up(plan: Plan, report: Report) -> Endpoints:
    """Start what is not running, wait until all is ready. Raises Misconfigured with one sentence."""
    paths = plan.config.paths
    with machine.sentences(paths.var):
        machine.check_room(paths.var)
        paths.make()
        if not is_up(paths):
            paths.endpoints.unlink(missing_ok=True)
            check_free(plan.config)
            _start(plan, report)
        # What runs may have been started with other options: it is asked where it said it would be.
        return asyncio.run(_running(read(paths.run / "brigade.yaml").config))


def is_up(paths: Paths) -> bool:
    """Whether a supervisor runs, ready or not."""
    return Lock(paths.run).holder() is not None


def down(paths: Paths) -> bool:
    """End everything and wait; False when nothing ran. Raises Misconfigured."""
    return Lock(paths.run).end_holder(_END_WITHIN)


def _start(plan: Plan, report: Report) -> None:
    paths = plan.config.paths
    file = paths.run / "brigade.yaml"
    write_private(file, plan.dump())
    command = [sys.executable, "-m", "brigade.stack.supervisor", str(file)]
    log = os.open(paths.log / "supervisor.log", os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        supervisor = subprocess.Popen(  # noqa: S603 - our own program
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, start_new_session=True, cwd=ROOT
        )
    finally:
        os.close(log)
    assert supervisor.stdout is not None
    try:
        for step, state in _heard(supervisor.stdout):
            report(step, state)
    except KeyboardInterrupt:
        supervisor.terminate()
        supervisor.wait()
        raise


def _heard(lines: IO[bytes]) -> Iterator[tuple[str, str]]:
    """What the supervisor tells until all is ready."""
    for line in lines:
        told: dict[str, str] = json.loads(line)
        if "failed" in told:
            raise Misconfigured(told["failed"])
        if "ready" in told:
            return
        yield told["step"], told["state"]
    raise Misconfigured("The supervisor ended before all was ready: see supervisor.log in the folder log under var.")


async def _running(config: Config) -> Endpoints:
    """Of a stack whose supervisor runs, as soon as all of it is ready."""
    deadline = time.monotonic() + READY_WITHIN
    while True:
        missing = await not_ready(config)
        if not missing and config.paths.endpoints.exists():
            return Endpoints.read(config.paths.endpoints)
        if time.monotonic() > deadline or not is_up(config.paths):
            said = ", ".join(f"{name}: {reason}" for name, reason in missing.items()) or "it is still being set up"
            raise Misconfigured(f"The stack is not ready after {READY_WITHIN:.0f} s: {said} (see {config.paths.log})")
        await asyncio.sleep(0.2)


async def not_ready(config: Config) -> dict[str, str]:
    """What each process misses, by name; empty when all is ready."""
    urls = {"homeserver": f"{config.homeserver_url}/health"}
    urls |= {name: f"{config.process_url(name)}/readyz" for name in config.processes}
    found = await asyncio.gather(*(why_not(url) for url in urls.values()))
    return {name: reason for name, reason in zip(urls, found, strict=True) if reason}
