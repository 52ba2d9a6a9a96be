"""From a file that was received to an attachment of a conversation: recognised, copied, kept, told to the room."""

import asyncio
import hashlib

from sqlalchemy import select

from brigade.book import Page
from brigade.errors import Malformed, Refused
from brigade.files import Received, Shelf, recognise, safe_name
from brigade.relay import Relay, Upload
from brigade.storage.tables import attachment as table


class Passing:
    """Of one channel."""

    def __init__(self, relay: Relay, shelf: Shelf) -> None:
        self._relay = relay
        self._shelf = shelf
        self._turn = asyncio.Lock()

    async def on(self, page: Page, client_id: str, received: Received, description: str | None) -> int:
        """Pass a file on; its number in the transcript. The same ``client_id`` is the same file.

        Raises Malformed with the code ``file-type``, ``file-damaged`` or ``file-huge``, Refused (closed), Temporary.
        """
        file_id = hashlib.sha256(f"{page.id}:{client_id}".encode()).hexdigest()[:32]
        if known := await self.find(page, file_id):
            return await self._relay.attach(page, client_id, known)
        if not (kind := recognise(received.head)):
            raise Malformed("only pictures and PDF documents are taken", "file-type")
        copy = await self._shelf.copy(received, kind)
        try:
            async with self._turn:
                if known := await self.find(page, file_id):
                    return await self._relay.attach(page, client_id, known)
                size = await asyncio.to_thread(self._shelf.keep, file_id, received, copy)
                name = safe_name(received.name, kind)
                return await self._attach(
                    page, client_id, Upload(file_id, name, kind, size, received.sha256, description)
                )
        finally:
            copy.unlink(missing_ok=True)

    async def _attach(self, page: Page, client_id: str, upload: Upload) -> int:
        try:
            return await self._relay.attach(page, client_id, upload)
        except Refused:
            # Only now: after Temporary it may be stored all the same.
            self._shelf.drop(upload.id)
            raise

    async def find(self, page: Page, file_id: str) -> Upload | None:
        """An attachment of this conversation."""
        mine = (table.c.id == file_id, table.c.conversation_id == page.id)
        async with self._relay.storage.read() as tx:
            row = (await tx.execute(select(table).where(*mine))).first()
        return Upload(row.id, row.name, row.type, row.size, row.sha256, row.description) if row else None
