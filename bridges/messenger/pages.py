"""Whether Meta still tells us what happens on our pages; what we missed when it did not."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import structlog
from sqlalchemy import func, select

from bridges.messenger.events import Item
from bridges.messenger.settings import FIELDS, Account, Settings
from brigade.errors import BrigadeError, Temporary
from brigade.post.graph import Graph
from brigade.relay import Relay
from brigade.storage.tables import conversation, person
from brigade.vocabulary import Status

log = structlog.get_logger(__name__)

Accept = Callable[[list[Item]], Awaitable[None]]
_OVERLAP = 3600.0  # seconds: what we know already is known by its id
_FAR = 7 * 86400.0


class Pages:
    """``watch`` runs for ever; ``missing`` is for /readyz. ``accept`` stores what the platform still remembers."""

    def __init__(self, settings: Settings, graph: Graph, relay: Relay, accept: Accept) -> None:
        self._settings = settings
        self._graph = graph
        self._relay = relay
        self._accept = accept
        self._wrong: dict[str, str] = {each.page: "not asked yet" for each in settings.accounts}
        self._policy: dict[str, str] = {}

    def missing(self) -> str | None:
        """What an administrator has to know."""
        wrong = self._policy | self._wrong | self._graph.refused
        return "; ".join(f"page {page}: {reason}" for page, reason in wrong.items()) or None

    def policy(self, page: str, reason: str | None) -> None:
        """Meta has taken a measure against a page, or taken it back."""
        if reason is None:
            self._policy.pop(page, None)
        else:
            self._policy[page] = reason

    async def watch(self) -> None:
        """Look at each page again and again; soon when something is wrong."""
        wait = 0.2
        while True:
            for account in self._settings.accounts:
                await self._look(account)
            await self._remind()
            wait = min(30.0, wait * 2, self._settings.check_seconds) if self._wrong else 0.2
            await asyncio.sleep(wait if self._wrong else self._settings.check_seconds)

    async def _look(self, account: Account) -> None:
        try:
            await self._subscribe(account)
            self._wrong.pop(account.page, None)
        except BrigadeError as error:
            self._wrong[account.page] = str(error)
            log.warning("page_not_watched", page=account.page, reason=str(error))
        except Exception as error:  # the loop must go on whatever one answer holds
            self._wrong[account.page] = type(error).__name__
            log.exception("page_not_watched", page=account.page)

    async def _subscribe(self, account: Account) -> None:
        """After an hour of failures Meta unsubscribes us without a word: we look, and subscribe again."""
        page = account.page
        apps = (await self._graph.get(page, f"{page}/subscribed_apps")).get("data", [])
        mine = next((app for app in apps if str(app.get("id")) == self._settings.app_id), None)
        if mine and set(FIELDS) <= set(mine.get("subscribed_fields", [])):
            return
        await self._graph.post(page, f"{page}/subscribed_apps", {"subscribed_fields": ",".join(FIELDS)})
        log.warning("page_subscribed_again", page=page, was=bool(mine))
        if mine is None:
            await self._catch_up(page)

    async def _catch_up(self, page: str) -> None:
        """Messages since we last heard anybody there; a page that is new to us has none."""
        async with self._relay.storage.read() as tx:
            mine = (person.c.channel == self._relay.book.channel, person.c.account == page)
            last = (await tx.execute(select(func.max(person.c.heard_at)).where(*mine))).scalar_one_or_none()
        if not last:
            return
        since = max(last - _OVERLAP, time.time() - _FAR)
        query = {"platform": "messenger", "fields": "updated_time,messages.limit(20){id,message,from,created_time}"}
        found = await self._graph.get(page, f"{page}/conversations", query)
        missed = [
            item
            for each in found.get("data", [])
            for message in each.get("messages", {}).get("data", [])
            if (item := _missed(page, message)) and item.at >= since
        ]
        await self._accept(sorted(missed, key=lambda item: item.at))
        log.warning("caught_up", page=page, messages=len(missed))

    async def tell_all(self, page: str, source: str, sentence: str) -> None:
        """A line for the team in each conversation that goes on with somebody of that page."""
        for conversation_id in await self._open(person.c.account == page):
            if found := await self._relay.book.page(conversation_id):
                await self._relay.desk.note(found, source, sentence)

    async def _remind(self) -> None:
        """Who has not been answered, or not for the last time, before the 24 hours end."""
        now, warn = time.time(), self._settings.warn_hours * 3600
        ends = person.c.heard_at + 86400.0
        try:
            for conversation_id in await self._open(ends > now, ends < now + warn):
                if found := await self._relay.book.page(conversation_id):
                    async with self._relay.storage.read() as tx:
                        row = select(person.c.heard_at).where(person.c.id == found.person)
                        heard = (await tx.execute(row)).scalar_one()
                    await self._relay.desk.note(found, f"deadline:{heard:.0f}", self._deadline(heard + 86400.0 - now))
        except Temporary as away:
            log.info("not_reminded", reason=str(away))

    def _deadline(self, left: float) -> str:
        minutes = max(1, round(left / 60))
        shown = f"{minutes} min" if minutes < 90 else f"{round(minutes / 60)} h"
        after = (
            "seuls vos propres messages passeront, pendant 6 jours, et la note ne pourra plus être demandée"
            if self._settings.human_agent
            else "rien ne partira plus sans que le citoyen réécrive"
        )
        return f"Dans {shown}, les 24 heures de Messenger sont passées : {after}. Si l’échange est fini : `!clore`."

    async def _open(self, *conditions: Any) -> list[str]:
        """The ids of this channel's conversations that go on."""
        query = (
            select(conversation.c.id)
            .join(person, person.c.conversation_id == conversation.c.id)
            .where(person.c.channel == self._relay.book.channel, conversation.c.channel == self._relay.book.channel)
            .where(conversation.c.status != Status.CLOSED, conversation.c.left_at.is_(None), *conditions)
        )
        async with self._relay.storage.read() as tx:
            return [str(found) for found in (await tx.execute(query)).scalars()]


def _missed(page: str, message: dict[str, Any]) -> Item | None:
    """A person's message as the webhook would have told it."""
    sender = message.get("from", {}).get("id")
    if not sender or str(sender) == page or not message.get("id"):
        return None
    try:
        at = datetime.strptime(str(message.get("created_time")), "%Y-%m-%dT%H:%M:%S%z").timestamp()
    except ValueError:
        return None
    mid = str(message["id"])
    text = str(message.get("message") or "") or "[image ou fichier envoyé pendant une panne : voir la page]"
    return Item(f"message:{mid}", page, str(sender), "message", at, False, {"mid": mid, "text": text})
