"""What a citizen could read back is gone once nobody can read it: "Finish and erase" must be true on the server too.

The room keeps what the team needs, under its own retention. The sealed originals of files that the citizen sent stay
beside their SHA-256: they may be evidence (requirement S23).
"""

from pathlib import Path

from sqlalchemy import delete, exists, select, update

from brigade.storage import Storage
from brigade.storage.tables import attachment, conversation, outgoing, transcript


class Erasure:
    """Of one channel's conversations that were left or whose token has died."""

    def __init__(self, storage: Storage, channel: str, media: Path) -> None:
        self._storage = storage
        self._channel = channel
        self._media = media

    async def run(self) -> int:
        """Erase what is due; how many conversations that were. What is still to be told to the room waits."""
        waits = exists().where(outgoing.c.conversation_id == conversation.c.id, outgoing.c.state == "pending")
        holds = exists().where(transcript.c.conversation_id == conversation.c.id)
        gone = (conversation.c.channel == self._channel, conversation.c.left_at.is_not(None), holds, ~waits)
        async with self._storage.read() as tx:
            ids = (await tx.execute(select(conversation.c.id).where(*gone).limit(100))).scalars().all()
        for conversation_id in ids:
            await self._one(str(conversation_id))
        return len(ids)

    async def _one(self, conversation_id: str) -> None:
        files = select(attachment.c.id).where(attachment.c.conversation_id == conversation_id)
        async with self._storage.write() as tx:
            names = (await tx.execute(files)).scalars().all()
            for table in (transcript, outgoing):
                await tx.execute(delete(table).where(table.c.conversation_id == conversation_id))
            declared = {"pseudonym": None, "postcode": None}
            await tx.execute(update(conversation).where(conversation.c.id == conversation_id).values(**declared))
        for name in names:
            (self._media / str(name)).unlink(missing_ok=True)
