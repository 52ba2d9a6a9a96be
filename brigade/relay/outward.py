"""From the room to the citizen: every event is judged by ``audience``; what passes is written to the transcript."""

import hashlib
import secrets
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import structlog
from sqlalchemy import delete
from sqlalchemy.ext.asyncio import AsyncConnection

from brigade import metrics, vocabulary
from brigade.audience import Exchange, Held, audience
from brigade.book import Book, Page
from brigade.errors import Refused
from brigade.events import MEDIA, MESSAGE, REDACTION, Event
from brigade.matrix import Account, txn
from brigade.relay.aside import Aside
from brigade.relay.queue import Queue
from brigade.relay.rooms import Rooms
from brigade.relay.thread import line
from brigade.storage import Storage
from brigade.storage.tables import attachment
from brigade.texts import Texts
from brigade.transcript import Transcript
from brigade.vocabulary import Conversation, Prompt, Status

log = structlog.get_logger(__name__)

texts = Texts("relay")
Shown = Callable[[str], Awaitable[None]]
MAX_FILE = 10 * 2**20
_STATES = {
    Status.WAITING: "waiting",
    Status.ASSIGNED: "in_progress",
    Status.HANDED_OVER: "handed_over",
    Status.CLOSED: "closed",
}
# Why a message was held back and what to do, for the operator; French, as the desk is.
_HELD = {
    Held.NOT_YOURS: "Non transmis au citoyen : cette conversation n’est pas la vôtre (`!prendre` la reprend).",
    Held.CLOSED: "Non transmis au citoyen : la conversation est close.",
    Held.WAITING: "Non transmis au citoyen : personne n’a pris la conversation. Écrivez `!prendre`, puis renvoyez.",
    Held.NOTICE: "Non transmis au citoyen : les messages « notice » restent dans l’équipe. Renvoyez en texte simple.",
    Held.REPLY_TO_TEAM: "Non transmis au citoyen : vous répondez à un message de l’équipe. Renvoyez sans « répondre ».",
    Held.EDIT_OF_TEAM: "Non transmis au citoyen : le message modifié n’avait pas été transmis. Écrivez-en un nouveau.",
    Held.KIND: "Non transmis au citoyen : ce genre de message ne passe pas. Envoyez du texte, une image ou un fichier.",
    Held.ENCRYPTED: "Non transmis au citoyen : message chiffré. Désactivez le chiffrement dans ce salon et renvoyez.",
    Held.EMPTY: "Non transmis au citoyen : le message est vide.",
    Held.GONE: "Non transmis : le citoyen a quitté la conversation, plus rien ne lui est envoyé.",
}


class Outward:
    """``handle`` takes each event of the inbox; handling one twice changes nothing."""

    def __init__(
        self, storage: Storage, book: Book, transcript: Transcript, rooms: Rooms, queue: Queue, aside: Aside,
        sender: Account,
        bots: str, media: Path, grace: float, shown: Shown, *, confirms: bool = True,
    ) -> None:  # fmt: skip
        self._storage = storage
        self._book = book
        self._transcript = transcript
        self._rooms = rooms
        self._queue = queue
        self._aside = aside
        self._sender = sender
        self._bots = bots
        self._media = media
        self._grace = grace
        self._shown = shown
        self._confirms = confirms

    async def handle(self, event: Event) -> None:
        """Write what the citizen gets; tell the team what was held back. Raises Temporary to be asked again."""
        page = await self._book.by_room(event.room_id)
        if page is None:
            return
        if event.type == vocabulary.CONVERSATION and event.state_key == "":
            await self._state(page, event)
        elif event.type == REDACTION:
            await self._deletion(page, event)
        elif (
            event.type == MESSAGE and event.sender == self._bots and event.own(vocabulary.SHEET) and not event.replaces
        ):
            async with self._storage.write() as tx:
                await self._book.change(tx, page.id, sheet=event.id)
        else:
            await self._judge(page, event)

    async def exchange(self, page: Page, event: Event) -> Exchange:
        """What ``audience`` has to know to judge ``event``."""
        assert page.ghost
        asked = [found for found in (event.replaces, event.replies_to) if found]
        return Exchange(
            state=page.state,
            services={self._sender.user_id, self._bots},
            ghosts={self._rooms.ghost(page.ghost).user_id},
            shown=await self._transcript.shown(page.id, asked),
            gone=page.left_at is not None,
        )

    async def _judge(self, page: Page, event: Event) -> None:
        verdict = audience(event, await self.exchange(page, event))
        if verdict.held:
            metrics.HELD.labels(verdict.held).inc()
            return await self._note(page, event, _HELD[verdict.held])
        if verdict.for_citizen:
            await (self._edit(page, event) if event.replaces else self._message(page, event))

    async def _message(self, page: Page, event: Event) -> None:
        is_bot = event.sender == self._bots
        payload: dict[str, Any] = {
            "type": "message", "from": "assistant" if is_bot else "gendarme", "lang": page.state.language,
            "alias": texts(page.state.language, "Assistant" if is_bot else "Gendarme"), "text": event.body,
        }  # fmt: skip
        if event.msgtype in MEDIA:
            try:
                payload |= await self._fetch(page, event)
            except Refused as error:
                return await self._failed(page, event, str(error))
        if is_bot and (prompt := Prompt.parse(event.own(vocabulary.PROMPT))):
            payload["prompt"] = prompt.content()
        if is_bot and isinstance(language := event.own(vocabulary.LANGUAGE), str):
            payload["lang"] = language
        if is_bot and event.own(vocabulary.INTERCEPTED):
            payload["emergency"] = True
        async with self._storage.write() as tx:
            await self._transcript.append(tx, page.id, event.id, payload, event.id)
        await self._shown(page.id)
        if self._confirms and not is_bot:  # the bridge's read receipt tells the operator: delivered
            self._aside.do(self._sender.read(event.room_id, event.id))

    async def _edit(self, page: Page, event: Event) -> None:
        async with self._storage.write() as tx:
            target = await self._transcript.by_event(tx, page.id, event.replaces or "")
            if target is None or target.payload.get("from") == "me":
                return
            await self._transcript.rewrite(tx, target, text=event.body)
            payload = {"type": "edit", "target": target.seq, "text": event.body}
            await self._transcript.append(tx, page.id, event.id, payload)
        await self._shown(page.id)

    async def _deletion(self, page: Page, event: Event) -> None:
        async with self._storage.write() as tx:
            target = await self._transcript.by_event(tx, page.id, event.redacts or "")
            if target is None:
                return
            file = target.payload.get("attachment")
            if file:
                await tx.execute(delete(attachment).where(attachment.c.id == file["id"]))
                (self._media / file["id"]).unlink(missing_ok=True)
            await self._transcript.rewrite(tx, target, text="", attachment=None, prompt=None, deleted=True)
            await self._transcript.append(tx, page.id, event.id, {"type": "delete", "target": target.seq})
        await self._shown(page.id)

    async def _state(self, page: Page, event: Event) -> None:
        state = Conversation.parse(event.content)
        trusted = event.sender in (self._bots, self._sender.user_id)
        if state is None or not trusted or state.reference != page.reference:
            return
        changes: dict[str, Any] = {"state": state}
        if state.status is Status.CLOSED and page.closed_at is None:
            # Time to rate; then the token dies with the conversation.
            changes |= {"closed_at": time.time(), "expires_at": min(page.expires_at, time.time() + self._grace)}
        if state.status is Status.ASSIGNED and page.state.status is Status.WAITING:
            self._queue.taken(time.time() - page.opened_at)
        async with self._storage.write() as tx:
            await self._book.change(tx, page.id, **changes)
            if state.status is not page.state.status and page.left_at is None:
                await self._status(tx, page, state, event)
        await self._shown(page.id)

    async def _status(self, tx: AsyncConnection, page: Page, state: Conversation, event: Event) -> None:
        payload = {"type": "status", "state": _STATES[state.status]}
        await self._transcript.append(tx, page.id, event.id, payload)

    async def _fetch(self, page: Page, event: Event) -> dict[str, Any]:
        """Keep an operator's file for the citizen; the API serves it, never the homeserver."""
        url, name = event.content.get("url"), event.content.get("filename") or event.content.get("body")
        if not isinstance(url, str) or not url.startswith("mxc://"):
            raise Refused("le fichier n’a pas d’adresse")
        data, kind = await self._sender.homeserver.download(url, self._sender.user_id, MAX_FILE)
        file_id = secrets.token_hex(16)
        found = {"id": file_id, "name": str(name)[:120], "type": kind.split(";")[0], "size": len(data)}
        (self._media / file_id).write_bytes(data)
        async with self._storage.write() as tx:
            await tx.execute(
                attachment.insert().values(
                    **found, conversation_id=page.id, sha256=hashlib.sha256(data).hexdigest(), at=time.time()
                )
            )
        return {"attachment": found}

    async def _failed(self, page: Page, event: Event, reason: str) -> None:
        content = {vocabulary.DELIVERY: {"event": event.id, "status": "failed", "reason": reason}}
        await self._note(page, event, f"Non remis au citoyen : {reason}.", content)

    async def _note(self, page: Page, event: Event, sentence: str, extra: dict[str, Any] | None = None) -> None:
        """One line in the team's thread, as an answer to the message that it is about."""
        content = line(sentence, page.sheet, event.id, extra)
        await self._sender.send(event.room_id, content, txn(event.id, "note"))
