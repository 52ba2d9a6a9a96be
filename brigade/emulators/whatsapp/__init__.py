"""WhatsApp's Cloud API as its documentation describes it: webhook deliveries and Graph API, with faults on demand."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from brigade.config import Config
from brigade.config.services import read_secret
from brigade.emulators import listening
from brigade.emulators.whatsapp.control import Control
from brigade.emulators.whatsapp.graph import Graph
from brigade.emulators.whatsapp.world import GraphError, Options, World

PORTS = ("whatsapp",)
SECRETS = ("whatsapp.app_secret", "whatsapp.verify_token", "whatsapp.token")


@web.middleware
async def _refusals(request: web.Request, handler: Any) -> web.StreamResponse:
    try:
        found: web.StreamResponse = await handler(request)
    except GraphError as error:
        return error.answer()
    return found


def application(options: Options) -> web.Application:
    """The platform; it begins to tell its app what happens as soon as it is served."""
    world = World(options)

    async def running(_: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(world.run(), name="deliveries")
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    app = web.Application(client_max_size=110 * 2**20, middlewares=[_refusals])
    app.add_routes(Control(world).routes() + Graph(world).routes())
    app.cleanup_ctx.append(running)
    return app


def endpoints(config: Config) -> dict[str, str]:
    """What others need to send what the platform sends."""
    origin, options = config.emulator_url("whatsapp"), _options(config)
    known = {"webhook": options.webhook, "graph": origin, "app_secret": options.app_secret}
    return known | {"number": options.numbers[0], "demo_page": f"{origin}/"}


@asynccontextmanager
async def serve(config: Config) -> AsyncIterator[None]:
    """Beside the bridge of this configuration."""
    async with listening(application(_options(config)), config.listen.host, config.listen.emulators["whatsapp"]):
        yield


def _options(config: Config) -> Options:
    """By the bridge's settings: we import no bridge."""
    bridge: Any = next(section for section in config.bridges.values() if section.emulator == "whatsapp")
    secret, verify, token = (read_secret(config.paths.secrets / name) for name in SECRETS)
    webhook = f"http://{config.listen.host}:{config.listen.channels['whatsapp']}/webhook"
    return Options(secret, verify, token, webhook, bridge.numbers)
