"""The Messenger Platform as its documentation describes it: webhook deliveries and Graph API, with faults on demand.

Written from the public documentation and tried with other people's clients: see docs/channels/messenger.md.
"""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from brigade.config import Config
from brigade.config.services import read_secret
from brigade.emulators import listening
from brigade.emulators.messenger.control import Control
from brigade.emulators.messenger.delivery import Delivery
from brigade.emulators.messenger.graph import Graph
from brigade.emulators.messenger.world import Options, World

__all__ = ["Options", "application", "endpoints", "serve"]

PORTS = ("messenger",)
SECRETS = ("messenger.app_secret", "messenger.verify_token", "messenger.page_token")
_LARGEST = 30 * 2**20  # bytes of a request: an upload of 25 MB and what goes with it


def application(options: Options) -> web.Application:
    """The platform; it begins to tell its app what happens as soon as it is served."""
    world = World(options)
    delivery = Delivery(world)

    async def running(_: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(delivery.run(), name="deliveries")
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    app = web.Application(client_max_size=_LARGEST)
    app.add_routes(Control(world, delivery).routes())
    app.add_routes(Graph(world).routes())
    app.cleanup_ctx.append(running)
    return app


def endpoints(config: Config) -> dict[str, str]:
    """What others need to send what the platform sends."""
    bridge, secrets = _bridge(config), config.paths.secrets
    origin = config.emulator_url("messenger")
    return {
        "webhook": _webhook(config),
        "graph": origin,
        "app_secret": read_secret(secrets / "messenger.app_secret"),
        "verify_token": read_secret(secrets / "messenger.verify_token"),
        "page_id": bridge.accounts[0].page,
        "demo_page": f"{origin}/",
    }


@asynccontextmanager
async def serve(config: Config) -> AsyncIterator[None]:
    """Beside the bridge of this configuration."""
    bridge, secrets = _bridge(config), config.paths.secrets
    options = Options(
        app_id=bridge.app_id,
        app_secret=read_secret(secrets / "messenger.app_secret"),
        verify_token=read_secret(secrets / "messenger.verify_token"),
        webhook=_webhook(config),
        pages={each.page: (each.name, read_secret(bridge.token_file(each, secrets))) for each in bridge.accounts},
        origin=config.emulator_url("messenger"),
    )
    async with listening(application(options), config.listen.host, config.listen.emulators["messenger"]):
        yield


def _bridge(config: Config) -> Any:
    """The bridge's settings: we import no bridge."""
    return next(section for section in config.bridges.values() if section.emulator == "messenger")


def _webhook(config: Config) -> str:
    return f"http://{config.listen.host}:{config.listen.channels['messenger']}/webhook"
