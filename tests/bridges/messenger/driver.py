"""How the contract suite plays a person on Messenger."""

import secrets
from typing import Any

import aiohttp

from brigade.emulators.messenger.delivery import encoded, signature
from brigade.stack.stack import Stack

IN_ORDER = True
SETTINGS: dict[str, Any] = {}


class Driver:
    """One person."""

    def __init__(self, stack: Stack, session: aiohttp.ClientSession) -> None:
        assert stack.endpoints and stack.endpoints.messenger
        self._at = stack.endpoints.messenger
        self._session = session
        self.identity = str(7 * 10**15 + secrets.randbelow(10**15))

    async def says(self, text: str, key: str) -> None:
        said = {"psid": self.identity, "text": text, "mid": f"m_{key}"}
        async with self._session.post(f"{self._at['graph']}/_emulator/say", json=said) as answer:
            assert answer.status == 200

    async def got(self) -> list[str]:
        query = {"psid": self.identity}
        async with self._session.get(f"{self._at['graph']}/_emulator/sent", params=query) as answer:
            return [each["text"] for each in await answer.json()]

    async def forges(self, text: str) -> None:
        """Somebody else posts what the platform would have signed."""
        message = {"mid": f"m_{secrets.token_hex(8)}", "text": text}
        item = {"sender": {"id": self.identity}, "recipient": {"id": self._at["page_id"]}, "message": message}
        body = encoded({"object": "page", "entry": [{"id": self._at["page_id"], "messaging": [item]}]})
        header = {"X-Hub-Signature-256": signature(self._at["verify_token"], body)}
        async with self._session.post(self._at["webhook"], data=body, headers=header) as answer:
            assert answer.status in (401, 403)
