"""What is of the moment: the operator types, has read, the queue moved. Never stored, lost when nobody listens."""

from collections.abc import Awaitable, Callable
from typing import Any

from sqlalchemy import update

from brigade.book import Page
from brigade.relay import Relay
from brigade.storage.tables import conversation

Hint = Callable[[str, dict[str, Any]], Awaitable[None]]


class Hints:
    """Turns ephemeral events of the homeserver, and the queue, into hints for one channel's citizens."""

    def __init__(self, relay: Relay, hint: Hint) -> None:
        self._relay = relay
        self._hint = hint

    async def take(self, edu: dict[str, Any]) -> None:
        """One ephemeral event, as the application service gets it: ``m.typing`` or ``m.receipt`` of one room."""
        room_id, content = edu.get("room_id"), edu.get("content")
        if not isinstance(room_id, str) or not isinstance(content, dict):
            return
        page = await self._relay.book.by_room(room_id)
        if page is None or page.left_at or page.state.operator is None:
            return
        if edu.get("type") == "m.typing":
            users = content.get("user_ids")
            typing = isinstance(users, list) and page.state.operator in users
            await self._hint(page.id, {"type": "typing", "typing": typing})
        elif edu.get("type") == "m.receipt":
            await self._receipt(page, content)

    async def _receipt(self, page: Page, content: dict[str, Any]) -> None:
        """The operator has read: up to the event when the citizen knows it, else up to the moment."""
        assert page.state.operator
        for event_id, kinds in content.items():
            receipt = kinds.get("m.read", {}).get(page.state.operator) if isinstance(kinds, dict) else None
            if not isinstance(receipt, dict) or receipt.get("thread_id", "main") != "main":
                continue
            async with self._relay.storage.read() as tx:
                entry = await self._relay.transcript.by_event(tx, page.id, event_id)
            moment = receipt.get("ts")
            if entry is None and isinstance(moment, int):
                entry = await self._relay.transcript.last_before(page.id, moment / 1000)
            if entry and entry.seq > page.seen_seq:
                async with self._relay.storage.write() as tx:
                    row = conversation.c.id == page.id
                    await tx.execute(update(conversation).where(row).values(seen_seq=entry.seq))
                await self._hint(page.id, {"type": "read", "up_to": entry.seq})

    async def places(self) -> None:
        """Tell those who wait that their place has changed."""
        for page_id, place in (await self._relay.queue.moved()).items():
            minutes = self._relay.queue.minutes
            hint = {"type": "status", "state": "waiting", "position": place}
            await self._hint(page_id, hint | ({"wait_minutes": minutes} if minutes else {}))
