"""What a bridge has to say to the team about a conversation: lines in the thread, receipts under messages."""

from typing import Any

from brigade import vocabulary
from brigade.book import Page
from brigade.matrix import Account
from brigade.relay.aside import Aside
from brigade.relay.inward import Inward
from brigade.storage import Storage


class Desk:
    """Of one channel; sentences are French, as the desk is."""

    def __init__(self, storage: Storage, inward: Inward, aside: Aside, sender: Account) -> None:
        self._storage = storage
        self._inward = inward
        self._aside = aside
        self._sender = sender

    async def note(
        self, page: Page, source: str, sentence: str, about: str | None = None, extra: dict[str, Any] | None = None
    ) -> None:
        """A line for the team, stored first; ``source``: its cause, the same twice is one; ``about``: an event id."""
        payload = {"body": sentence, "about": about, "extra": extra or {}}
        async with self._storage.write() as tx:
            await self._inward.queue(tx, page.id, source, "note", payload)
        self._inward.wake(page.id)

    async def declare(self, page: Page, source: str, what: dict[str, Any]) -> None:
        """More of what the team may know of the citizen, for the sheet; stored first."""
        async with self._storage.write() as tx:
            await self._inward.queue(tx, page.id, source, "declare", what)
        self._inward.wake(page.id)

    async def delivered(self, page: Page, event_id: str) -> None:
        """The platform has taken a message of the operator: the bridge's read receipt says so."""
        if page.room_id:
            self._aside.do(self._sender.read(page.room_id, event_id))

    async def failed(self, page: Page, event_id: str | None, reason: str, source: str) -> None:
        """A message cannot reach the citizen; ``reason`` is a French clause that says what to do."""
        told = {vocabulary.DELIVERY: {"event": event_id, "status": "failed", "reason": reason}}
        await self.note(page, source, f"Non remis au citoyen : {reason}", event_id, told if event_id else None)
