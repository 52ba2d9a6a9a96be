"""Facebook Messenger: private messages of our pages, several from one process.

What an administrator sets up, what Meta keeps and how errors are met: docs/channels/messenger.md.
"""

from typing import Any, ClassVar

from aiohttp import web

from bridges.messenger.events import Item
from bridges.messenger.faults import fault
from bridges.messenger.inbound import Inbound
from bridges.messenger.outbound import DAY, Outbound
from bridges.messenger.pages import Pages
from bridges.messenger.settings import Settings
from bridges.messenger.webhook import Webhook, told
from brigade.config import Config, Section
from brigade.post import Arrival, Capabilities, Parcel, Person, Post
from brigade.post.graph import Graph
from brigade.relay import Relay
from brigade.relay.aside import Aside

__all__ = ["Channel", "Settings"]


class Channel(Post):
    """Wires the parts."""

    # The platform says "fewer than 2000" and not of what: there is room for letters that count twice.
    capabilities: ClassVar[Capabilities] = Capabilities(
        length=1900, choices=13, media=True, typing=True, read=True, window=DAY
    )
    platform: ClassVar[str] = "Messenger (Meta)"

    def __init__(self, settings: Section, config: Config, relay: Relay) -> None:
        assert isinstance(settings, Settings)
        super().__init__(settings, config, relay)
        secrets = config.paths.secrets
        secret = settings.app_secret(secrets)
        tokens = {each.page: settings.token_file(each, secrets) for each in settings.accounts}
        self._graph = Graph(self.origin, settings.version, secret, tokens, fault)
        self._ours = frozenset(tokens)
        self._pages = Pages(settings, self._graph, relay, self._accept)
        self._inbound = Inbound(self, settings, self._graph, self._pages)
        self._outbound = Outbound(self, settings, self._graph, relay.media)
        self._webhook = Webhook(self.name, secret, settings.verify_token(secrets), self._accept)
        self._extra = 6 * DAY if settings.human_agent else 0.0
        self._aside = Aside()

    def public(self) -> web.Application:
        """The webhook."""
        return self._webhook.application()

    async def watch(self) -> None:
        """See to it that we are told."""
        await self._pages.watch()

    async def stop(self) -> None:
        """Come to an end."""
        await super().stop()
        await self._graph.close()

    async def missing(self) -> str | None:
        """A page that does not tell us, or a token that is refused."""
        return self._pages.missing()

    async def _accept(self, found: list[Item]) -> None:
        """Store what is for our pages."""
        for page in {item.page for item in found} - self._ours:
            told("page-unknown", page[:40])
        mine = [item for item in found if item.page in self._ours]
        await self.accept([self.arrival(each.id, each.at, each.page, each.person, each.stored()) for each in mine])

    async def take(self, arrival: Arrival, person: Person) -> None:
        """See ``Inbound``."""
        await self._inbound.take(arrival, person)

    async def send(self, person: Person, parcel: Parcel) -> str | None:
        """See ``Outbound``."""
        return await self._outbound.send(person, parcel)

    async def look(self, person: Person, parcel: Parcel) -> str | None:
        """See ``Outbound``."""
        return await self._outbound.look(person, parcel)

    def reply_until(self, person: Person) -> float:
        """Six days more for a gendarme, when Meta allows it."""
        return person.heard_at + DAY + self._extra

    async def hint(self, conversation_id: str, payload: dict[str, Any]) -> None:
        """The gendarme writes, or has read."""
        typing = {True: "typing_on", False: "typing_off"}
        action = typing[bool(payload.get("typing"))] if payload["type"] == "typing" else "mark_seen"
        if payload["type"] in ("typing", "read"):
            self._aside.do(self._act(conversation_id, action))

    async def _act(self, conversation_id: str, action: str) -> None:
        page = await self.relay.book.page(conversation_id)
        if page and page.person and (person := await self.persons.get(page.person)):
            await self._outbound.act(person, action)
