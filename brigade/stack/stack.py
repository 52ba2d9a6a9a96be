"""Synapse and our processes, started in order and stopped together. ``brigade up`` runs one under a supervisor; a test
runs one in its own event loop:

    stack = Stack(plan({"var": str(folder), "listen": free_listen()}))
    await stack.start()
    stack.endpoints.operators[0].password
    await stack.kill("bots")            # SIGKILL
    await stack.start_one("bots")       # again, until ready
    await stack.stop()
"""

import asyncio
import sys
from collections.abc import Callable, Collection
from pathlib import Path

from brigade.config import Plan
from brigade.config.services import BOTS, EMULATE
from brigade.errors import Misconfigured
from brigade.matrix import Account, Homeserver
from brigade.stack import machine
from brigade.stack.accounts import make_accounts
from brigade.stack.child import Child, Program
from brigade.stack.desk import make_desk
from brigade.stack.endpoints import Endpoints, endpoints
from brigade.stack.ports import check_free
from brigade.stack.ready import until_ready
from brigade.stack.render import render
from brigade.stack.secrets import write_private
from brigade.storage import upgrade_async

HOMESERVER = "homeserver"
ROOT = Path(__file__).parents[2]
Report = Callable[[str, str], None]  # (step, what happens: "…" while it lasts, "ok" when it is done)
READY_WITHIN = 60.0


def _silent(_step: str, _state: str) -> None:
    return None


class Stack:
    """One embedded deployment; ``plan.config`` says where. Not running before ``start()``.

    ``processes``: which of ours to run beside Synapse, all by default; a test may play the others itself.
    """

    def __init__(self, plan: Plan, report: Report = _silent, processes: Collection[str] | None = None) -> None:
        self.plan = plan
        self.config = plan.config
        self.endpoints: Endpoints | None = None
        self._report = report
        paths = self.config.paths
        self.children = {
            program.name: Child(program, paths.log / f"{program.name}.log", paths.run / f"{program.name}.pid")
            for program in self._programs()
            if processes is None or program.name in (HOMESERVER, *processes)
        }

    def _programs(self) -> list[Program]:
        paths, config = self.config.paths, self.config
        synapse = (sys.executable, "-m", "synapse.app.homeserver", "-c", str(paths.synapse / "homeserver.yaml"))
        options = ("--config", str(paths.run / "brigade.yaml"))
        found = [Program(HOMESERVER, synapse, f"{config.homeserver_url}/health", paths.synapse)]
        for name in config.processes:
            own = ("run", name) if name != EMULATE else (EMULATE, *config.emulators)
            command = (sys.executable, "-m", "brigade", *own, *options)
            found.append(Program(name, command, f"{config.process_url(name)}/readyz", ROOT))
        return found

    async def start(self) -> Endpoints:
        """Everything, ready to be used. Raises Misconfigured with one sentence; nothing is left running then."""
        try:
            with machine.sentences(self.config.paths.var):
                return await self._start()
        except BaseException:
            await self.stop()
            raise

    async def _start(self) -> Endpoints:
        machine.check_room(self.config.paths.var)
        check_free(self.config)
        render(self.config)
        write_private(self.config.paths.run / "brigade.yaml", self.plan.dump())
        self._report("database", "…")
        await self.children[HOMESERVER].start()
        await upgrade_async(self.config.database_url)
        self._report("database", "ok")
        await self._ready(HOMESERVER)
        self.endpoints = await self._provision()
        names = [name for name in self.children if name != HOMESERVER]
        await asyncio.gather(*(self.children[name].start() for name in names))
        await asyncio.gather(*(self._ready(name) for name in names))
        self.endpoints.write(self.config.paths.endpoints)
        return self.endpoints

    async def _ready(self, name: str) -> None:
        self._report(name, "…")
        await until_ready(self.children[name], READY_WITHIN)
        self._report(name, "ok")

    async def _provision(self) -> Endpoints:
        """Accounts and rooms, made by the bot's own user so that it owns them."""
        service = self.config.services[BOTS]
        homeserver = Homeserver(self.config.homeserver_url, self.config.server_name, service.tokens().as_token)
        await homeserver.open()
        try:
            bot = Account(homeserver, service.user_id)
            self._report("accounts", "…")
            await bot.register("Brigade")
            passwords = await make_accounts(self.config, bot)
            self._report("accounts", "ok")
            self._report("rooms", "…")
            rooms = await make_desk(self.config, bot)
            self._report("rooms", "ok")
        finally:
            await homeserver.close()
        return endpoints(self.config, rooms, passwords)

    async def stop(self) -> None:
        """End every process and wait: ours first, so that they can still tell the homeserver."""
        own = [child for name, child in self.children.items() if name != HOMESERVER]
        await asyncio.gather(*(child.stop() for child in own))
        await self.children[HOMESERVER].stop()
        self.config.paths.endpoints.unlink(missing_ok=True)

    async def kill(self, name: str) -> None:
        """SIGKILL, as a power cut would."""
        await self._child(name).kill()

    async def stop_one(self, name: str) -> None:
        """SIGTERM and wait."""
        await self._child(name).stop()

    async def start_one(self, name: str) -> None:
        """Start a process that is not running, and wait until it is ready."""
        child = self._child(name)
        if child.pid is None:
            await child.start()
        await until_ready(child, READY_WITHIN)

    def _child(self, name: str) -> Child:
        if name not in self.children:
            raise Misconfigured(f"There is no process {name}; there are {', '.join(self.children)}.")
        return self.children[name]
