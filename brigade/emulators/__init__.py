"""Servers that behave as the platforms do, for development, demonstrations and tests: ``brigade emulate``.

An emulator is a module of this package with what ``Emulator`` says. It is found by its name, which a bridge's settings
give when they use no real platform; `brigade up` then runs it.
"""

import importlib
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Protocol, cast

from aiohttp import web

from brigade.config import Config
from brigade.errors import Misconfigured


class Emulator(Protocol):
    """What a module ``brigade.emulators.<name>`` holds."""

    PORTS: tuple[str, ...]
    """Its keys of ``listen.emulators``."""
    SECRETS: tuple[str, ...]
    """Files of ``var/secrets`` that the platform would have given us; made when they are missing."""

    def endpoints(self, config: Config) -> dict[str, str]:
        """Its key of ``endpoints.json``; ``demo_page``: where a person writes as a citizen."""
        ...

    def serve(self, config: Config) -> AbstractAsyncContextManager[None]:
        """The platform, running inside the block; the bridge may not run yet. Raises Misconfigured (port taken)."""
        ...


def names() -> list[str]:
    """Every emulator that there is."""
    found = [file for file in Path(__file__).parent.iterdir() if not file.name.startswith(("_", "."))]
    return sorted(file.stem for file in found if file.suffix == ".py" or (file / "__init__.py").exists())


def find(name: str) -> Emulator:
    """By name. Raises Misconfigured."""
    if name not in names():
        raise Misconfigured(f"There is no emulator {name}; there are {', '.join(names())}.")
    return cast(Emulator, importlib.import_module(f"brigade.emulators.{name}"))


@asynccontextmanager
async def listening(app: web.Application, host: str, port: int) -> AsyncIterator[None]:
    """``app`` served inside the block. Raises Misconfigured when the port is taken."""
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    try:
        await web.TCPSite(runner, host, port).start()
        yield
    except OSError as error:
        raise Misconfigured(f"cannot listen on {host}:{port}: {error.strerror or error}") from error
    finally:
        await runner.cleanup()
