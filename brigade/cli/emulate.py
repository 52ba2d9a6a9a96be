"""``brigade emulate``."""

import asyncio
import signal
from contextlib import AsyncExitStack
from typing import Annotated

import structlog
import typer
from aiohttp import web

from brigade import emulators, logs
from brigade.cli._options import ConfigFile, PortOffset, Var, chosen
from brigade.config import Config
from brigade.config.services import EMULATE
from brigade.emulators import listening
from brigade.health import Health
from brigade.stack.secrets import make_secrets

log = structlog.get_logger(__name__)


def emulate(
    names: Annotated[
        list[str] | None, typer.Argument(help="messenger, x, smtp; without a name those that the bridges ask for.")
    ] = None,
    config: ConfigFile = None,
    var: Var = None,
    port_offset: PortOffset = 0,
) -> None:
    """Play the platforms of the social channels, on this machine, until told to end."""
    found = chosen(config, var, port_offset).config
    asyncio.run(_run(found, names or list(found.emulators)))


async def _run(config: Config, names: list[str]) -> None:
    logs.set_up(config.logging.level, config.logging.format)
    stop = asyncio.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    chosen_ones = {name: emulators.find(name) for name in names}
    config.paths.make()
    make_secrets(config)
    async with AsyncExitStack() as stack:
        for emulator in chosen_ones.values():
            await stack.enter_async_context(emulator.serve(config))
        app = web.Application()
        app.add_routes(Health({}).routes())
        await stack.enter_async_context(listening(app, config.listen.host, config.listen.processes[EMULATE]))
        log.info("emulating", platforms=names)
        await stop.wait()
