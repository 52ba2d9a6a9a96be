"""The only line that knows both a citizen's address and a room.

A channel calls what the citizen does (``open``, ``say`` …) and is called back (``shown``) when the citizen's transcript
has grown. What the citizen does is stored before these methods return, and told to the homeserver afterwards.
"""

import json
import secrets
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from brigade import interception, metrics, vocabulary
from brigade.book import Book, Opened, Opening, Page
from brigade.errors import Refused
from brigade.matrix import Account, txn
from brigade.relay.aside import Aside
from brigade.relay.changes import Changes
from brigade.relay.desk import Desk
from brigade.relay.erasure import Erasure
from brigade.relay.inward import Inward
from brigade.relay.numbers import Numbers
from brigade.relay.outward import Outward
from brigade.relay.prompts import find_prompt, label_of
from brigade.relay.queue import Queue
from brigade.relay.rooms import Rooms
from brigade.storage import Storage
from brigade.storage.tables import attachment
from brigade.transcript import Transcript
from brigade.vocabulary import Answer, Rating, Urgency

__all__ = ["Opening", "Relay", "Upload"]

log = structlog.get_logger(__name__)

With = Callable[[AsyncConnection, Opened], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Upload:
    """A file whose bytes the channel has put at ``relay.media / id``; ``size`` in bytes."""

    id: str
    name: str
    type: str
    size: int
    sha256: str
    description: str | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """``lifetime`` of a token and its ``grace`` after closure, in seconds; ``ready``: how many rooms are kept ready.

    ``known``: people are known again, each has a ghost of their own; ``heirs``: other bridges' Matrix users that may
    take a conversation over; ``confirms``: what is in the transcript has reached the citizen.
    """

    lifetime: float = 86400.0
    grace: float = 1800.0
    ready: int = 4
    known: bool = False
    heirs: tuple[str, ...] = ()
    confirms: bool = True


class Relay:
    """One channel's relay; ``listen`` must be called once before it works."""

    def __init__(self, storage: Storage, channel: str, sender: Account, bots: str, media: Path, terms: Terms) -> None:
        self.storage = storage
        self.media = media
        self.book = Book(storage, channel, terms.lifetime)
        self.transcript = Transcript(storage)
        self.rooms = Rooms(storage, sender, channel, bots, terms.ready, ghosts=not terms.known, heirs=terms.heirs)
        self.queue = Queue(self.book)
        self._aside = Aside()
        self.inward = Inward(
            storage, self.book, self.transcript, self.rooms, sender, media, self._grown, copied=terms.known
        )
        self.outward = Outward(
            storage, self.book, self.transcript, self.rooms, self.queue, self._aside, sender, bots, media, terms.grace,
            self._grown, confirms=terms.confirms,
        )  # fmt: skip
        self.desk = Desk(storage, self.inward, self._aside, sender)
        self.changes = Changes(storage, self.inward, self.transcript)
        self.erasure = Erasure(storage, channel, media)
        self._sender = sender
        self._shown: Callable[[str], Awaitable[None]] | None = None
        self._numbers = Numbers()

    def listen(self, shown: Callable[[str], Awaitable[None]]) -> None:
        """``shown(conversation_id)`` is called whenever its transcript has grown."""
        self._shown = shown

    def start(self) -> None:
        """Begin to keep rooms ready; the first citizen in danger must not wait for patterns to be read."""
        interception.warm()
        self.rooms.start()

    async def stop(self) -> None:
        """Come to an end; what is stored goes on at the next start."""
        await self.inward.lanes.stop()
        await self.rooms.stop()

    async def back(self) -> None:
        """The homeserver is there (again): go on at once."""
        self.rooms.wake()
        await self.inward.resume()
        self.inward.lanes.retry_now()

    async def hand_over(self) -> None:
        """Let go of conversations that another channel has taken over."""
        for page in await self.book.taken_over():
            await self.rooms.hand_over(page)

    async def take_over(self, page: Page) -> Opened:
        """Go on here with a conversation of another channel, under the same reference; its token is used up."""
        ghost = f"_{self.book.channel}_{secrets.token_hex(8)}"
        async with self.storage.write() as tx:
            opened = await self.book.move(tx, page, ghost)
            await self.inward.queue(tx, page.id, "adopt", "adopt", {})
            sentence = f"Le citoyen continue ici depuis un autre canal ({page.channel} → {self.book.channel})."
            await self.inward.queue(tx, page.id, "adopted", "note", {"body": sentence, "extra": {}})
        self.inward.wake(page.id)
        return opened

    async def clean_up(self) -> None:
        """Leave the rooms of conversations whose token has died, and erase what nobody can read any more."""
        for page in await self.book.expired():
            if page.state.open:
                await self.leave(page, quick=False)
            else:
                async with self.storage.write() as tx:
                    await self.book.change(tx, page.id, left_at=time.time(), token_hash=None)
        for page in await self.book.over():
            async with self.storage.write() as tx:
                await self.inward.queue(tx, page.id, "vacate", "vacate", {})
            self.inward.wake(page.id)
        await self.erasure.run()

    async def _grown(self, conversation_id: str) -> None:
        if self._shown:
            await self._shown(conversation_id)

    # What the citizen does.

    async def open(self, opening: Opening, declared: dict[str, Any] | None = None, also: With | None = None) -> Opened:
        """A new conversation, stored; the room follows. Raises Temporary when the database is away.

        ``declared``: more of what the team may know of the citizen; ``also``: written in the same transaction.
        """
        heard = interception.assess(opening.text or "", opening.language)
        urgency = Urgency.EMERGENCY if heard.emergency else opening.urgency
        async with self.storage.write() as tx:
            opened = await self.book.open(tx, opening, urgency, await self.rooms.take(tx))
            await self.transcript.append(tx, opened.id, "status:received", {"type": "status", "state": "received"})
            await self.inward.queue(tx, opened.id, "dress", "dress", {})
            if opening.ghost:
                await self.inward.queue(tx, opened.id, "admit", "admit", {})
            if also:
                await also(tx, opened)
            if opening.text:
                source = opening.client_id or "opening"
                await self._store_text(tx, opened.id, opening.language, source, opening.text, heard)
            await self.inward.queue(tx, opened.id, "trim", "trim", declared or {})
        metrics.OPENED.labels(opening.channel, opening.entry_point).inc()
        self.inward.wake(opened.id, urgency.rank)
        return opened

    async def say(self, page: Page, client_id: str, text: str) -> int:
        """A message of the citizen; its number in the transcript. Refused (closed) after closure."""
        heard = interception.assess(text, page.language)  # before the transaction, which others wait for
        async with self.storage.write() as tx:
            seq = await self._store_text(tx, page.id, page.language, client_id, text, heard, page)
        await self._after(page)
        return seq

    async def _store_text(
        self, tx: AsyncConnection, page_id: str, language: str, source: str, text: str,
        heard: interception.Interception, page: Page | None = None,
    ) -> int:  # fmt: skip
        """Refused, and nothing stored, when it is new and ``page`` is closed."""
        mine = {"type": "message", "from": "me", "alias": None, "text": text, "lang": language, "client_id": source}
        entry, new = await self.transcript.append(tx, page_id, f"me:{source}", mine)
        if not new:
            return entry.seq
        if page:
            self._must_be_open(page)
        extra: dict[str, Any] = {}
        if numbers := self._numbers.due(page_id, heard):
            # They do not wait for the homeserver nor for a bot.
            metrics.INTERCEPTED.labels(self.book.channel).inc()
            shown, _ = await self.transcript.append(tx, page_id, f"numbers:{source}", numbers)
            extra[vocabulary.INTERCEPTED] = {"at": shown.payload["at"]}
        await self.inward.queue(tx, page_id, f"me:{source}", "message", {"body": text, "extra": extra})
        return entry.seq

    async def answer(self, page: Page, client_id: str, answer: Answer) -> int:
        """The citizen's choice; ``answer.prompt`` is the prompt's id as shown. Malformed when it answers nothing."""
        asked, prompt = find_prompt(await self.transcript.since(page.id, 0, 10_000), answer)
        label = label_of(prompt, answer)
        given = {"prompt": prompt.id} | {k: v for k, v in answer.content().items() if k != "prompt"}
        mine = {
            "type": "message", "from": "me", "alias": None, "text": label, "lang": page.language,
            "client_id": client_id, "answer": given,
        }  # fmt: skip
        async with self.storage.write() as tx:
            entry, _ = await self.transcript.append(tx, page.id, f"me:{client_id}", mine)
            content = given | {"prompt": asked.event_id}
            payload = {"body": label, "extra": {vocabulary.ANSWER: content}}
            await self.inward.queue(tx, page.id, f"me:{client_id}", "message", payload)
        await self._after(page)
        return entry.seq

    async def attach(self, page: Page, client_id: str, upload: Upload) -> int:
        """A file of the citizen, whose bytes are in place already."""
        described = {"id": upload.id, "name": upload.name, "type": upload.type, "size": upload.size}
        described |= {"description": upload.description} if upload.description else {}
        mine = {
            "type": "message", "from": "me", "alias": None, "text": upload.description or upload.name,
            "lang": page.language, "client_id": client_id, "attachment": described,
        }  # fmt: skip
        async with self.storage.write() as tx:
            if known := await self.transcript.by_source(tx, page.id, f"me:{client_id}"):
                return known.seq
            self._must_be_open(page)
            entry, new = await self.transcript.append(tx, page.id, f"me:{client_id}", mine)
            if new:
                columns = {"conversation_id": page.id, "sha256": upload.sha256, "at": time.time()}
                await tx.execute(attachment.insert().values(**described, **columns))
                await self.inward.queue(tx, page.id, f"me:{client_id}", "attachment", described)
        await self._after(page)
        return entry.seq

    async def rate(self, page: Page, rating: Rating) -> None:
        """What the citizen thought; a changed mind is a second rating, the last one counts."""
        source = f"rating:{txn(json.dumps(rating.content()))}"
        body = f"Note : {rating.score}/10" + (f" — {rating.comment}" if rating.comment else "")
        payload = {"body": body, "extra": {vocabulary.RATING: rating.content()}}
        async with self.storage.write() as tx:
            await self.inward.queue(tx, page.id, source, "message", payload)
        self.inward.wake(page.id)

    async def leave(self, page: Page, quick: bool) -> None:
        """The citizen goes: the token is dead now, and nothing is sent to them any more (S5, S8)."""
        now = time.time()
        async with self.storage.write() as tx:
            await self.book.change(tx, page.id, left_at=now, expires_at=min(page.expires_at, now), token_hash=None)
            await self.inward.queue(tx, page.id, "departure", "departure", {"reason": "exit" if quick else "finish"})
        await self._after(page)

    async def typing(self, page: Page, is_typing: bool) -> None:
        """Of the moment: lost when the homeserver is away."""
        if page.ghost and page.room_id:
            ghost = self.rooms.ghost(page.ghost)
            self._aside.do(ghost.typing(page.room_id, is_typing))

    async def read(self, page: Page, seq: int) -> None:
        """The citizen has read up to ``seq``; the operator sees it as the ghost's read receipt."""
        if seq <= page.read_seq or seq > page.last_seq:
            return
        async with self.storage.write() as tx:
            await self.book.change(tx, page.id, read_seq=seq)
        entry = await self.transcript.at(page.id, seq)
        if entry and entry.event_id and page.ghost and page.room_id:
            self._aside.do(self.rooms.ghost(page.ghost).read(page.room_id, entry.event_id))

    @staticmethod
    def _must_be_open(page: Page) -> None:
        if not page.state.open:
            raise Refused("the conversation is closed", "closed")

    async def _after(self, page: Page) -> None:
        self.inward.wake(page.id, page.state.urgency.rank, page)
        await self._grown(page.id)
