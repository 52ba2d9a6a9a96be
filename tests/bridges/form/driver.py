"""How the contract suite plays a person who fills in the form and answers by mail."""

import secrets
from typing import Any

import aiohttp

from brigade.stack.stack import Stack

IN_ORDER = False  # a mail server tries each mail again by itself
SETTINGS: dict[str, Any] = {"per_minute": 1000}


class Driver:
    """One person; the form first, then mail."""

    def __init__(self, stack: Stack, session: aiohttp.ClientSession) -> None:
        assert stack.endpoints and stack.endpoints.smtp
        self._form = f"http://127.0.0.1:{stack.config.listen.channels['form']}/api/v1/form"
        self._inbox = stack.endpoints.smtp["inbox"]
        self._session = session
        self._keys: set[str] = set()
        self.identity = f"{secrets.token_hex(6)}@example.org"

    async def says(self, text: str, key: str) -> None:
        mails = await self._mails()
        if not mails or key in self._keys:
            self._keys.add(key)
            said = {"client_id": key, "language": "fr", "text": text, "email": self.identity, "safe": True}
            async with self._session.post(self._form, json=said) as answer:
                assert answer.status == 202, await answer.text()
            return
        headers = mails[-1]["headers"]
        reply = {"to": headers["reply-to"], "in_reply_to": headers["message-id"], "message_id": f"<{key}@example.org>"}
        await self._mail({"text": text} | reply)

    async def got(self) -> list[str]:
        return [mail["text"] for mail in await self._mails()]

    async def forges(self, text: str) -> None:
        """A mail whose sender their own server disowns."""
        async with self._session.post(f"{self._inbox}/_emulator/faults", json={"fault": "dmarc_fail"}) as answer:
            assert answer.status == 200
        await self._mail({"text": text})

    async def _mail(self, mail: dict[str, Any]) -> None:
        async with self._session.post(f"{self._inbox}/_emulator/say", json={"from": self.identity} | mail) as answer:
            assert answer.status == 200

    async def _mails(self) -> list[dict[str, Any]]:
        query = {"to": self.identity}
        async with self._session.get(f"{self._inbox}/_emulator/sent", params=query) as answer:
            return list(await answer.json())
