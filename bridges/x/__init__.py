"""X: direct messages of our accounts, several from one process; X Chat where we have an account's keys.

What an administrator sets up, what X keeps and how errors are met: docs/channels/x.md.
"""

from collections.abc import Mapping
from typing import Any, ClassVar

from aiohttp import web

from bridges.x.api import Api
from bridges.x.chat import Chats
from bridges.x.events import Item
from bridges.x.inbound import Inbound
from bridges.x.outbound import Outbound
from bridges.x.settings import Settings
from bridges.x.watch import Watch
from bridges.x.webhook import Webhook, told
from brigade.config import Config, Section
from brigade.config.services import read_secret
from brigade.post import Arrival, Capabilities, Parcel, Person, Post
from brigade.relay import Relay
from brigade.relay.aside import Aside

__all__ = ["Channel", "Settings"]

_OF_THE_ACCOUNT = ("revoke", "unknown")  # kinds of events that are nobody's


class Channel(Post):
    """Wires the parts."""

    # X shows no choices of ours, and nobody else's view changes when we delete.
    capabilities: ClassVar[Capabilities] = Capabilities(length=9900, media=True)
    platform: ClassVar[str] = "X"

    def __init__(self, settings: Section, config: Config, relay: Relay) -> None:
        assert isinstance(settings, Settings)
        super().__init__(settings, config, relay)
        secrets = config.paths.secrets
        url = settings.webhook_url or (
            f"http://{config.listen.host}:{config.listen.public(self.name)}/webhook" if settings.emulator else None
        )
        self._api = Api(self.origin, settings, secrets)
        self._chats = Chats(settings, self._api)
        self._ours = frozenset(each.user for each in settings.accounts)
        self._watch = Watch(settings, self._api, self.persons, url, self._accept)
        self._outbound = Outbound(self, self._api, self._chats, relay.media)
        self._inbound = Inbound(
            self, settings, self._outbound, self._chats, self._api, lambda user: self._watch.revoked.add(user)
        )
        self._webhook = Webhook(self.name, read_secret(settings.file("consumer_secret", secrets)), self._accept)
        self._aside = Aside()

    def public(self) -> web.Application:
        """The webhook."""
        return self._webhook.application()

    async def authorise(self, account: str, url: str) -> Mapping[str, str]:
        """X's own files are for us alone; nobody else's server gets to see our authorisation."""
        return await self._api.authorisation(account, url)

    async def watch(self) -> None:
        """See to it that we are told."""
        await self._watch.run()

    async def stop(self) -> None:
        """Come to an end."""
        await super().stop()
        await self._api.close()

    async def missing(self) -> str | None:
        """A webhook that is not valid, an account that does not tell us, an authorisation that is refused."""
        return self._watch.missing()

    async def _accept(self, found: list[Item]) -> None:
        """Store what is for our accounts."""
        mine = []
        for item in found:
            if item.account not in self._ours:
                told("account-unknown", item.account)
            elif not item.person and item.kind not in _OF_THE_ACCOUNT:
                told("nobody", item.account, item.kind)
            else:
                mine.append(self.arrival(item.id, item.at, item.account, item.person, item.stored()))
        if mine:
            await self.accept(mine)

    async def take(self, arrival: Arrival, person: Person) -> None:
        """See ``Inbound``."""
        await self._inbound.take(arrival, person)

    async def send(self, person: Person, parcel: Parcel) -> str | None:
        """See ``Outbound``."""
        return await self._outbound.send(person, parcel)

    async def look(self, person: Person, parcel: Parcel) -> str | None:
        """See ``Outbound``."""
        return await self._outbound.look(person, parcel)

    async def hint(self, conversation_id: str, payload: dict[str, Any]) -> None:
        """The gendarme writes: X Chat can show it, messages that are not encrypted cannot."""
        if payload["type"] == "typing" and payload.get("typing"):
            self._aside.do(self._typing(conversation_id))

    async def _typing(self, conversation_id: str) -> None:
        page = await self.relay.book.page(conversation_id)
        person = await self.persons.get(page.person) if page and page.person else None
        if person and (chat := person.memory.get("chat")):
            await self._chats.act(person.account, chat["conversation"], "typing")
