"""The floor: an application service that does nothing but listen, registered in the bench's own Synapse as one more
bridge (a dotted stanza names this module; no process of ours runs it)."""

import asyncio
from typing import Any

from aiohttp import web

from brigade.appservice import MAX_TRANSACTION
from brigade.config import Config
from brigade.matrix import Account, Homeserver, txn

STANZA = __name__
NAME = STANZA.rpartition(".")[2]
_GHOST = "Citoyen"


class Floor:
    """A ghost that speaks, an ear for transactions. Raises what ``Account`` raises."""

    def __init__(self, config: Config) -> None:
        self._config = config
        service = config.services[NAME]
        self._homeserver = Homeserver(config.homeserver_url, config.server_name, service.tokens().as_token)
        self.ghost = Account(self._homeserver, config.user_id(f"{service.ghost_prefix}0"))
        self.room = ""
        self._runner: web.AppRunner | None = None
        self._expected: dict[str, asyncio.Future[None]] = {}

    async def open(self, operator: str) -> None:
        """Listen, and make a room with ``operator`` (who enters by the invitation)."""
        app = web.Application(client_max_size=MAX_TRANSACTION)
        app.router.add_put("/_matrix/app/v1/transactions/{txn}", self._transaction)
        self._runner = web.AppRunner(app, access_log=None)
        await self._runner.setup()
        listen = self._config.listen
        await web.TCPSite(self._runner, listen.host, listen.processes[NAME]).start()
        await self._homeserver.open()
        await self.ghost.register(_GHOST)
        self.room = await self.ghost.create_room({"preset": "private_chat", "invite": [operator]})

    async def close(self) -> None:
        """Stop listening."""
        await self._homeserver.close()
        if self._runner:
            await self._runner.cleanup()

    async def say(self, text: str) -> None:
        """The bare way of a citizen's message: `PUT send`."""
        await self.ghost.send(self.room, {"msgtype": "m.text", "body": text}, txn(text))

    async def create(self) -> None:
        """The bare way to open a room."""
        await self.ghost.create_room({"preset": "private_chat"})

    async def hear(self, text: str) -> None:
        """Until a transaction brings ``text``; TimeoutError after 30 s."""
        self._expected[text] = asyncio.get_running_loop().create_future()
        async with asyncio.timeout(30):
            await self._expected[text]

    async def _transaction(self, request: web.Request) -> web.Response:
        for event in (await request.json())["events"]:
            self._arrived(event["content"])
        return web.json_response({})

    def _arrived(self, content: dict[str, Any]) -> None:
        expected = self._expected.pop(str(content.get("body")), None)
        if expected and not expected.done():
            expected.set_result(None)
