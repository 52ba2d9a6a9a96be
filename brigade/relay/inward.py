"""From the citizen to the room: a durable queue for each conversation, told to the homeserver in order."""

import asyncio
import contextlib
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import Row, bindparam, case, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from brigade import metrics, vocabulary
from brigade.book import Book, Page
from brigade.errors import Refused, Temporary
from brigade.lanes import Lanes
from brigade.matrix import Account, txn
from brigade.relay.rooms import Rooms
from brigade.relay.thread import line
from brigade.storage import Storage
from brigade.storage.tables import conversation
from brigade.storage.tables import outgoing as table
from brigade.texts import Texts
from brigade.transcript import Transcript

log = structlog.get_logger(__name__)

texts = Texts("relay")
_LONGEST_WAIT = 30.0  # seconds; the homeserver's return wakes everybody at once
Shown = Callable[[str], Awaitable[None]]
# Seconds in which the homeserver brings the message to the operator while we do not compete for the processor with our
# bookkeeping (1 ms of 30 at the median, 3 at p95, on two cores); only when nobody else's message waits.
_BREATH = 0.01
# What was queued since another channel has taken the conversation over is for that channel.
_PENDING = (
    select(table)
    .join(conversation, conversation.c.id == table.c.conversation_id)
    .where(table.c.conversation_id == bindparam("conversation"), table.c.state == "pending")
    .where(conversation.c.channel == bindparam("channel"))
    .order_by(case((table.c.action == "adopt", 0), else_=1), table.c.id)
    .limit(20)
)


class Inward:
    """``shown``: called with a conversation id when its transcript has grown; ``copied``: somebody else keeps a copy of
    what citizens write.
    """

    def __init__(
        self,
        storage: Storage,
        book: Book,
        transcript: Transcript,
        rooms: Rooms,
        sender: Account,
        media: Path,
        shown: Shown,
        *,
        copied: bool = False,
    ) -> None:
        self._storage = storage
        self._book = book
        self._transcript = transcript
        self._rooms = rooms
        self._sender = sender
        self._media = media
        self._shown = shown
        self._copied = copied
        self._tries: dict[str, int] = {}
        self._pages: dict[str, Page] = {}
        unique = ["conversation_id", "source", "action"]
        self._insert = storage.insert(table).on_conflict_do_nothing(index_elements=unique)
        self.lanes = Lanes(f"outgoing-{book.channel}", 10, self._drain)

    async def queue(
        self, tx: AsyncConnection, conversation_id: str, source: str, action: str, payload: dict[str, Any]
    ) -> None:
        """Store what the homeserver must be told; the same source and action twice is one. Then call ``wake``."""
        row = {
            "conversation_id": conversation_id, "source": source, "action": action, "state": "pending", "attempts": 0,
            "payload": json.dumps(payload, ensure_ascii=False), "created_at": time.time(),
        }  # fmt: skip
        await tx.execute(self._insert, row)

    def wake(self, page_id: str, rank: int = 1, page: Page | None = None) -> None:
        """Something was queued for this conversation; a lower rank goes first. ``page`` saves a query."""
        if page and page.room_id and page.dressed:
            self._pages[page_id] = page
        self.lanes.wake(page_id, rank)

    async def resume(self) -> None:
        """Go on with what was left from before."""
        mine = select(table.c.conversation_id).where(table.c.state == "pending").distinct()
        async with self._storage.read() as tx:
            for conversation_id in (await tx.execute(mine)).scalars().all():
                self._tries.setdefault(conversation_id, 0)
                self.lanes.wake(conversation_id)

    async def _drain(self, conversation_id: str) -> float | None:
        page = self._pages.pop(conversation_id, None) or await self._book.page(conversation_id)
        if page is None or page.channel != self._book.channel:
            return None
        channel = self._book.channel
        try:
            page = await self._with_room(page)
            while True:
                async with self._storage.read() as tx:
                    rows = (await tx.execute(_PENDING, {"conversation": conversation_id, "channel": channel})).all()
                if not rows:
                    self._tries.pop(conversation_id, None)
                    return None
                for row in rows:
                    await self._one(page, row)
        except Temporary as away:
            metrics.SENT.labels("any", "postponed").inc()
            tries = self._tries[conversation_id] = self._tries.get(conversation_id, -1) + 1
            return away.retry_after or min(_LONGEST_WAIT, 0.5 * 2 ** min(tries, 10))

    async def _with_room(self, page: Page) -> Page:
        if page.room_id is not None:
            return page
        if page.alias is None:
            async with self._storage.write() as tx:
                alias = await self._rooms.take(tx) or await self._rooms.reserve(tx)
                await self._book.change(tx, page.id, alias=alias)
            page = replace(page, alias=alias)
        assert page.alias
        await self._rooms.complete(page.alias)
        return await self._book.page(page.id) or page

    async def _one(self, page: Page, row: Row[Any]) -> None:
        act = getattr(self, f"_{row.action}")
        try:
            event_id = await act(page, row.source, json.loads(row.payload))
        except Refused as error:
            log.error("not_told", conversation=page.reference, action=row.action, reason=str(error))
            metrics.SENT.labels(row.action, "refused").inc()
            await self._settle(page, row, state="failed", error=str(error))
            return await self._tell_failure(page, row) if row.action in ("message", "attachment") else None
        metrics.SENT.labels(row.action, "done").inc()
        metrics.DELIVERY_DELAY.labels(page.channel).observe(time.time() - row.created_at)
        if row.action == "message" and self.lanes.busy == 1:
            await asyncio.sleep(_BREATH)
        await self._settle(page, row, state="done", event_id=event_id, payload="")

    async def _settle(self, page: Page, row: Row[Any], **values: Any) -> None:
        async with self._storage.write() as tx:
            await tx.execute(update(table).where(table.c.id == row.id).values(**values))
            if values.get("event_id"):
                await self._transcript.link(tx, page.id, row.source, values["event_id"])

    async def _tell_failure(self, page: Page, row: Row[Any]) -> None:
        sentence = texts(page.language, "Your message could not be passed on. Please send it again or call 17.")
        payload = {"type": "message", "from": "assistant", "alias": texts(page.language, "Assistant"), "text": sentence}
        async with self._storage.write() as tx:
            await self._transcript.append(tx, page.id, f"failed:{row.id}", payload | {"lang": page.language})
        await self._shown(page.id)

    # The actions: each may be done again after a crash and then changes nothing.

    async def _dress(self, page: Page, source: str, payload: dict[str, Any]) -> str | None:
        """Make a ready room the room of this conversation: the one call that the lobby waits for."""
        assert page.room_id
        # Done before, perhaps, when this is a second try: the bots may have changed it since.
        again = page.id in self._tries and await self._sender.state(page.room_id, vocabulary.CONVERSATION)
        if not again:
            await self._sender.put_state(page.room_id, vocabulary.CONVERSATION, page.state.content())
        waiting = {"type": "status", "state": "waiting"}
        async with self._storage.write() as tx:
            await self._book.change(tx, page.id, dressed=True)
            await self._transcript.append(tx, page.id, "status:waiting", waiting)
        await self._shown(page.id)
        return None

    async def _admit(self, page: Page, source: str, payload: dict[str, Any]) -> str | None:
        """The person's own ghost comes in."""
        assert page.room_id and page.ghost
        await self._rooms.admit(page.room_id, page.ghost, page.pseudonym)
        return None

    async def _adopt(self, page: Page, source: str, payload: dict[str, Any]) -> str | None:
        """Take over the room of another bridge, which has invited us and left; before anything else is said there."""
        assert page.room_id and page.ghost and page.alias
        if not await self._rooms.is_ours(page.alias):
            raise Temporary("the other bridge has not let go yet", 0.5)
        await self._sender.join(page.room_id)
        await self._rooms.admit(page.room_id, page.ghost, page.pseudonym)
        declared = await self._sender.state(page.room_id, vocabulary.CITIZEN) or {}
        ghost = {"ghost": self._rooms.ghost(page.ghost).user_id}
        await self._sender.put_state(page.room_id, vocabulary.CITIZEN, declared | ghost)
        return None

    async def _trim(self, page: Page, source: str, payload: dict[str, Any]) -> str | None:
        """What nobody waits for: the room's name and what the citizen declared."""
        assert page.room_id and page.ghost
        ghost = self._rooms.ghost(page.ghost)
        declared = {"ghost": ghost.user_id, "pseudonym": page.pseudonym, "postcode": page.postcode} | payload
        await self._sender.put_state(page.room_id, vocabulary.CITIZEN, declared)
        current = await self._sender.state(page.room_id, "m.room.name")
        if not current:  # afterwards the bots alone name the room
            await self._sender.put_state(page.room_id, "m.room.name", {"name": page.state.room_name})
        if page.pseudonym and page.ghost == page.alias:
            await ghost.set_name(page.pseudonym)
        return None

    async def _declare(self, page: Page, source: str, payload: dict[str, Any]) -> str | None:
        """More of what the citizen declared, or we know of them."""
        assert page.room_id
        declared = await self._sender.state(page.room_id, vocabulary.CITIZEN) or {}
        await self._sender.put_state(page.room_id, vocabulary.CITIZEN, declared | payload)
        return None

    async def _message(self, page: Page, source: str, payload: dict[str, Any]) -> str:
        content = {"msgtype": "m.text", "body": payload["body"]}
        return await self._say(page, source, content | payload.get("extra", {}))

    async def _attachment(self, page: Page, source: str, payload: dict[str, Any]) -> str:
        try:
            data = (self._media / payload["id"]).read_bytes()
        except OSError as error:
            raise Refused(f"the attachment's file cannot be read: {error.strerror}") from error
        assert page.ghost
        mxc = await self._rooms.ghost(page.ghost).upload(data, payload["type"], payload["name"])
        kind = "m.image" if payload["type"].startswith("image/") else "m.file"
        info = {"mimetype": payload["type"], "size": len(data)}
        body = payload.get("description") or payload["name"]
        content = {"msgtype": kind, "body": body, "filename": payload["name"], "url": mxc, "info": info}
        return await self._say(page, source, content)

    async def _departure(self, page: Page, source: str, payload: dict[str, Any]) -> str:
        """Say that the citizen left, then leave: nothing in the room can reach them any more."""
        body = "Sortie rapide utilisée." if payload["reason"] == "exit" else "Le citoyen a mis fin à la conversation."
        content = {
            "msgtype": "m.notice", "body": body, vocabulary.AUDIENCE: "team", vocabulary.DEPARTURE: payload,
        }  # fmt: skip
        assert page.ghost and page.room_id
        ghost = self._rooms.ghost(page.ghost)
        event_id = ""
        member = await self._sender.state(page.room_id, "m.room.member", ghost.user_id)
        if member and member.get("membership") == "join":
            event_id = await self._say(page, source, content)
            await ghost.leave(page.room_id)
        return event_id

    async def _vacate(self, page: Page, source: str, payload: dict[str, Any]) -> str | None:
        """The conversation is over and rated or not: the ghost and the bridge leave its room to the team."""
        assert page.ghost and page.room_id
        for account in (self._rooms.ghost(page.ghost), self._sender):
            with contextlib.suppress(Refused):  # already out
                await account.leave(page.room_id)
        async with self._storage.write() as tx:
            await self._book.change(tx, page.id, vacated_at=time.time())
        return None

    async def _note(self, page: Page, source: str, payload: dict[str, Any]) -> str:
        """A line of the bridge for the team; in their thread, when there is one yet."""
        assert page.room_id
        sheet = page.sheet or await self._book.sheet(page.id)
        content = line(payload["body"], sheet, payload.get("about"), payload["extra"])
        return await self._sender.send(page.room_id, content, txn(page.id, source, "note"))

    async def _edit(self, page: Page, source: str, payload: dict[str, Any]) -> str | None:
        """The citizen has changed what they said."""
        target = await self._transcript.event_of(page.id, payload["target"])
        if target is None:
            return None
        new = {"msgtype": "m.text", "body": payload["body"]}
        content = new | {"body": f"* {payload['body']}", "m.new_content": new}
        return await self._say(page, source, content | {"m.relates_to": {"rel_type": "m.replace", "event_id": target}})

    async def _redact(self, page: Page, source: str, payload: dict[str, Any]) -> str | None:
        """The citizen has taken back what they said."""
        assert page.room_id and page.ghost
        target = await self._transcript.event_of(page.id, payload["target"])
        if target is not None:
            await self._rooms.ghost(page.ghost).redact(page.room_id, target, txn(page.id, source, "redact"))
        return None

    async def _say(self, page: Page, source: str, content: dict[str, Any]) -> str:
        assert page.ghost and page.room_id
        content = content | ({vocabulary.COPIED: True} if self._copied else {})
        return await self._rooms.ghost(page.ghost).send(page.room_id, content, txn(page.id, source))
