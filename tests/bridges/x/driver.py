"""How the contract suite plays a person on X."""

import json
import secrets
from typing import Any

import aiohttp

from brigade.emulators.x.delivery import signature
from brigade.stack.stack import Stack

IN_ORDER = True
SETTINGS: dict[str, Any] = {}


class Driver:
    """One person."""

    def __init__(self, stack: Stack, session: aiohttp.ClientSession) -> None:
        assert stack.endpoints and stack.endpoints.x
        self._at = stack.endpoints.x
        self._session = session
        self._ids: dict[str, str] = {}
        self.identity = f"7{secrets.randbelow(10**15):015d}"

    async def says(self, text: str, key: str) -> None:
        said = {"user": self.identity, "text": text, "id": self._ids.get(key)}
        async with self._session.post(f"{self._at['api']}/_emulator/say", json=said) as answer:
            assert answer.status == 200
            self._ids[key] = (await answer.json())["id"]

    async def got(self) -> list[str]:
        query = {"user": self.identity}
        async with self._session.get(f"{self._at['api']}/_emulator/sent", params=query) as answer:
            return [each["text"] for each in await answer.json()]

    async def forges(self, text: str) -> None:
        """Somebody else posts what the platform would have signed."""
        create = {"target": {"recipient_id": self._at["account_id"]}, "sender_id": self.identity}
        create |= {"message_data": {"text": text}}
        event = {"type": "message_create", "id": str(secrets.randbits(60)), "message_create": create}
        body = json.dumps({"for_user_id": self._at["account_id"], "direct_message_events": [event]}).encode()
        header = {"x-twitter-webhooks-signature": signature("not the consumer secret", body)}
        async with self._session.post(self._at["webhook"], data=body, headers=header) as answer:
            assert answer.status in (401, 403)
