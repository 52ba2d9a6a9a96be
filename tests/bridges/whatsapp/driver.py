"""How the contract suite plays a person on WhatsApp: one who hides their phone number behind a user name."""

import secrets
import time
from typing import Any

import aiohttp

from brigade.emulators import whatsapp
from brigade.emulators.whatsapp.world import encoded, signature
from brigade.stack.stack import Stack

IN_ORDER = True
SETTINGS: dict[str, Any] = {}


class Driver:
    """One person."""

    def __init__(self, stack: Stack, session: aiohttp.ClientSession) -> None:
        self._at = whatsapp.endpoints(stack.config)
        self._session = session
        self.identity = f"FR.{secrets.randbelow(10**15):015d}"

    async def says(self, text: str, key: str) -> None:
        said = {"user": self.identity, "text": text, "id": f"wamid.{key}"}
        async with self._session.post(f"{self._at['graph']}/_emulator/say", json=said) as answer:
            assert answer.status == 200

    async def got(self) -> list[str]:
        query = {"user": self.identity}
        async with self._session.get(f"{self._at['graph']}/_emulator/sent", params=query) as answer:
            return [each["text"] for each in await answer.json()]

    async def forges(self, text: str) -> None:
        """Somebody else posts what the platform would have signed."""
        message = {"from_user_id": self.identity, "id": f"wamid.{secrets.token_hex(8)}", "type": "text"}
        message |= {"timestamp": str(int(time.time()))}
        body = encoded(self._at["number"], {"messages": [message | {"text": {"body": text}}]})
        header = {"X-Hub-Signature-256": signature("not the app secret", body)}
        async with self._session.post(self._at["webhook"], data=body, headers=header) as answer:
            assert answer.status in (401, 403)
