"""What the citizen did to a message that they had sent: changed it, or took it back."""

from brigade.book import Page
from brigade.relay.inward import Inward
from brigade.storage import Storage
from brigade.transcript import Transcript


class Changes:
    """Of one channel. ``client_id`` is the message's own id, as it was given to ``Relay.say``."""

    def __init__(self, storage: Storage, inward: Inward, transcript: Transcript) -> None:
        self._storage = storage
        self._inward = inward
        self._transcript = transcript

    async def edited(self, page: Page, client_id: str, text: str, source: str) -> bool:
        """Their message reads otherwise now; False when there is none of that id. ``source``: this change's own id."""
        target = f"me:{client_id}"
        async with self._storage.write() as tx:
            entry = await self._transcript.by_source(tx, page.id, target)
            if entry is None:
                return False
            await self._transcript.rewrite(tx, entry, text=text)
            await self._inward.queue(tx, page.id, source, "edit", {"target": target, "body": text})
        self._inward.wake(page.id)
        return True

    async def taken_back(self, page: Page, client_id: str) -> bool:
        """Their message is gone, for the team too; False when there is none of that id."""
        target = f"me:{client_id}"
        async with self._storage.write() as tx:
            entry = await self._transcript.by_source(tx, page.id, target)
            if entry is None:
                return False
            await self._transcript.rewrite(tx, entry, text="", attachment=None, deleted=True)
            await self._inward.queue(tx, page.id, f"back:{client_id}", "redact", {"target": target})
        self._inward.wake(page.id)
        return True
