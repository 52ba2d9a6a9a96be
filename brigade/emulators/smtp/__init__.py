"""A mail server and the citizens' mailboxes behind it: what we send is kept, what citizens write is brought to us.

The mail server's side is aiosmtpd's SMTP (RFC 5321); it adds Authentication-Results (RFC 8601), and on demand refuses,
delays, loses its answer, returns a bounce (RFC 3464) or an automatic reply (RFC 3834).
"""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from aiohttp import web

from brigade.config import Config
from brigade.emulators import listening
from brigade.emulators.smtp.control import Control
from brigade.emulators.smtp.server import Options, Server

__all__ = ["Options", "endpoints", "serve", "serving"]

PORTS = ("smtp", "inbox")
SECRETS: tuple[str, ...] = ()


def endpoints(config: Config) -> dict[str, str]:
    """``submission``: hand in mail here, ours or a citizen's; ``inbox``: the citizens' mailboxes, page and JSON."""
    return {
        "submission": f"smtp://{config.listen.host}:{config.listen.emulators['smtp']}",
        "inbox": config.emulator_url("inbox"),
        "demo_page": f"{config.emulator_url('inbox')}/",
    }


@asynccontextmanager
async def serve(config: Config) -> AsyncIterator[None]:
    """Beside the form's bridge of this configuration."""
    name, section = next((key, each) for key, each in config.bridges.items() if each.emulator == "smtp")
    address = str(getattr(section, "address"))  # noqa: B009 - the bridge's settings: we import no bridge
    listen = config.listen
    port = listen.channels[f"{name.rpartition('.')[2]}-mail"]
    async with serving(Options(address, listen.host, listen.emulators["smtp"], port), listen.emulators["inbox"]):
        yield


@asynccontextmanager
async def serving(options: Options, inbox: int) -> AsyncIterator[Server]:
    """The mail server and the mailboxes' page on the port ``inbox``. Raises Misconfigured when a port is taken."""
    server = Server(options)
    app = web.Application(client_max_size=30 * 2**20)
    app.add_routes(Control(server).routes())
    await server.start()
    try:
        async with listening(app, options.host, inbox):
            yield server
    finally:
        await server.stop()
