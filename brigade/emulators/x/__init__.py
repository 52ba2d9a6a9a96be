"""X's direct messages as its documentation describes them: REST, webhooks of both generations, with faults on demand.

Written from the public documentation and tried with other people's clients: see docs/channels/x.md.
"""

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from aiohttp import web

from brigade.config import Config
from brigade.config.services import read_secret
from brigade.emulators import listening
from brigade.emulators.x.access import Access
from brigade.emulators.x.api import Messages
from brigade.emulators.x.chat import Chats
from brigade.emulators.x.control import Control
from brigade.emulators.x.delivery import Delivery
from brigade.emulators.x.media import Media
from brigade.emulators.x.setup import Setup
from brigade.emulators.x.world import Options, World

__all__ = ["Options", "application", "endpoints", "serve"]

PORTS = ("x",)
SECRETS = ("x.consumer_key", "x.consumer_secret", "x.bearer", "x.access_token", "x.access_token_secret")
_LARGEST = 16 * 2**20  # bytes of a request


def application(options: Options) -> web.Application:
    """The platform."""
    world = World(options)
    delivery, access = Delivery(world), Access(world)
    chats = Chats(world, access)

    async def running(_: web.Application) -> AsyncIterator[None]:
        task = asyncio.create_task(delivery.run(), name="deliveries")
        yield
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task

    app = web.Application(client_max_size=_LARGEST)
    for part in (Messages(world, access), Media(world, access), Setup(world, access, delivery), chats):
        app.add_routes(part.routes())
    app.add_routes(Control(world, delivery, access, chats).routes())
    app.cleanup_ctx.append(running)
    return app


def endpoints(config: Config) -> dict[str, str]:
    """What others need to send what the platform sends."""
    origin = config.emulator_url("x")
    return {
        "webhook": f"http://{config.listen.host}:{config.listen.channels['x']}/webhook",
        "api": origin,
        "consumer_secret": read_secret(config.paths.secrets / "x.consumer_secret"),
        "account_id": _bridge(config).accounts[0].user,
        "demo_page": f"{origin}/",
    }


@asynccontextmanager
async def serve(config: Config) -> AsyncIterator[None]:
    """Beside the bridge of this configuration."""
    bridge, secrets = _bridge(config), config.paths.secrets
    accounts = {
        each.user: (each.name, *(read_secret(file) for file in bridge.token_files(each, secrets)))
        for each in bridge.accounts
    }
    refresh = {
        str(json.loads(read_secret(each.oauth2_file))["refresh_token"]): each.user
        for each in bridge.accounts
        if each.oauth2_file
    }
    options = Options(
        consumer_key=read_secret(bridge.file("consumer_key", secrets)),
        consumer_secret=read_secret(bridge.file("consumer_secret", secrets)),
        bearer=read_secret(bridge.file("bearer", secrets)),
        accounts=accounts,
        origin=config.emulator_url("x"),
        # A person who tries it writes more in a quarter of an hour than the platform allows.
        limits={"read": 100_000, "send": 100_000, "media": 100_000, "app": 100_000, "chat": 100_000, "other": 100_000},
        strict_urls=False,
        refresh=refresh,
    )
    async with listening(application(options), config.listen.host, config.listen.emulators["x"]):
        yield


def _bridge(config: Config) -> Any:
    """The bridge's settings: we import no bridge."""
    return next(section for section in config.bridges.values() if section.emulator == "x")
