"""The base of channels on other people's platforms: what arrives is stored and worked off in order for each person,
what leaves is carried by the postman. A leaf translates its platform's events and calls.
"""

import asyncio
from abc import abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from brigade.book import Opened, Opening, Page
from brigade.channel import CONTINUE, Channel
from brigade.config import Config, Section
from brigade.config.services import read_secret
from brigade.errors import Refused
from brigade.files import Shelf
from brigade.inbox import Inbox
from brigade.language import OTHER, detect
from brigade.post.arrivals import Arrival
from brigade.post.capabilities import Capabilities
from brigade.post.fetch import Fetcher
from brigade.post.filing import LATER, Filing, Remote, Stored
from brigade.post.parcels import Parcel
from brigade.post.persons import Person, Persons
from brigade.post.postman import Postman
from brigade.post.reception import Reception
from brigade.post.settings import PostSettings
from brigade.post.wording import read_answer, read_payload, texts
from brigade.relay import Relay
from brigade.vocabulary import Answer, Prompt

__all__ = ["Post", "Remote", "Stored"]

log = structlog.get_logger(__name__)

_LOOKED_BACK = 200  # entries in which the question that somebody answers is looked for


class Post(Channel):
    """One channel, one process; several accounts of ours may share it."""

    capabilities: ClassVar[Capabilities]
    platform: ClassVar[str]  # as citizens call it

    def __init__(self, settings: Section, config: Config, relay: Relay) -> None:
        super().__init__(settings, config, relay)
        assert isinstance(settings, PostSettings)
        self._options = settings
        self.origin = settings.origin or (config.emulator_url(settings.emulator) if settings.emulator else "")
        relay.storage.be_polite()
        self.name = relay.book.channel
        self.persons = Persons(relay.storage, self.name, read_secret(config.paths.secrets / "persons.key"))
        self.arrivals = Inbox(relay.storage, f"{self.name}.post", self._arrived, Arrival.parse)
        self._reception = Reception(self.arrivals.store)
        self.postman = Postman(relay, self.persons, self.capabilities, self._send, self._look)
        self._shelf = Shelf(relay.media, settings.image_pixels)
        self.fetcher = Fetcher(relay.media, settings.attachment_bytes, self.private_origins())
        self._watching: asyncio.Task[None] | None = None
        self._filing = Filing(relay, self._shelf, self.fetcher, self.arrivals.store, self.authorise)

    # What a leaf must or may say.

    @abstractmethod
    async def take(self, arrival: Arrival, person: Person) -> None:
        """Translate one stored event into ``said``, ``edited``, ``seen`` …; may be called again after a crash.

        Raises Temporary to be asked again; what it cannot understand it tells the team with ``tell``.
        """

    @abstractmethod
    async def send(self, person: Person, parcel: Parcel) -> str | None:
        """Give one message to the platform; what the platform calls it.

        Raises Unreachable when it may have been taken, Temporary when it was not and later may be better, Refused
        with a French clause that tells the operator why and what to do.
        """

    async def look(self, person: Person, parcel: Parcel) -> str | None:
        """Whether the platform already has a message whose sending ended without an answer; its id there."""
        return None

    def reply_until(self, person: Person) -> float | None:
        """Until when a gendarme may write to them, in seconds since 1970; None: for ever."""
        window = self.capabilities.window
        return person.heard_at + window if window else None

    async def authorise(self, account: str, url: str) -> Mapping[str, str]:
        """Headers that a file of the platform is fetched with; made anew each time and written nowhere."""
        return {}

    def private_origins(self) -> frozenset[str]:
        """Origins in a private network from which files may be fetched: an emulator's. Real platforms are public."""
        return frozenset({self.origin}) if self.origin.startswith("http://") else frozenset()

    async def watch(self) -> None:
        """What goes on beside, as long as the channel runs: whether the platform still tells us."""

    def courtesy(self, language: str, reference: str) -> str | None:
        """The first automatic message (requirement S22): who keeps a copy, the numbers, the web chat's offer."""
        return texts(
            language,
            "You are writing to the digital brigade. {platform} keeps a copy of this conversation. This is not an "
            "emergency service: in danger, call 17 or 112, or send a text message to 114.",
            platform=self.platform,
        )

    def offer(self, language: str, link: str) -> str:
        """The invitation to go on in the web chat, under the first automatic message."""
        return texts(language, "To go on without this copy, open our web chat: {link}", link=link)

    # What the platform sends.

    def arrival(self, event_id: str, at: float, account: str, address: str, event: dict[str, Any]) -> Arrival:
        """One event as it is stored; ``at`` in seconds since 1970."""
        return Arrival(event_id[:255], self.persons.id(account, address), at, account, address, event)

    async def accept(self, arrivals: Sequence[Arrival]) -> None:
        """Store what came; acknowledge after this. Raises Temporary while the database is away."""
        if arrivals:
            await self._reception.take([each.stored() for each in arrivals])

    async def _arrived(self, arrival: Arrival) -> None:
        if LATER in arrival.event:
            return await self._filing.again(arrival)
        known = await self.persons.get(self.persons.id(arrival.account, arrival.address))
        await self.take(arrival, known or await self.persons.meet(arrival.account, arrival.address, 0.0))

    async def start(self) -> None:
        """Go on with what was stored."""
        self._shelf.sweep()
        await self.arrivals.resume()
        await self.postman.resume()
        self._watching = asyncio.create_task(self.watch(), name=f"{self.name} watch")

    async def stop(self) -> None:
        """What runs comes to its end; the rest is stored."""
        if self._watching:
            self._watching.cancel()
            await asyncio.gather(self._watching, return_exceptions=True)
        await self.arrivals.lanes.stop()
        await self.postman.lanes.stop()

    async def show(self, conversation_id: str) -> None:
        """The postman looks."""
        self.postman.lanes.wake(conversation_id)

    # Words for leaves: what the person did.

    async def said(
        self, arrival: Arrival, person: Person, text: str, *, payload: str | None = None,
        files: Sequence[Remote | Stored] = (),
        name: str | None = None, entry_point: str | None = None, key: str | None = None,
        language: str | None = None, postcode: str | None = None,
    ) -> Page:  # fmt: skip
        """They wrote; ``payload``: a native button's; ``key``: the message's id when the event has another one."""
        source = key or arrival.id
        person = await self.persons.meet(arrival.account, arrival.address, arrival.at)
        page = await self.page(person)
        if page and (answer := await self._answer(page, source, text, payload)):
            await self.relay.answer(page, source, answer)
            return page
        if page is None or not (page.state.open or await self.known(page, source)):
            opening = Opening(
                self.name, entry_point or self._options.entry_point, language or self._spoken(text),
                pseudonym=name or person.name, postcode=postcode, text=text or None, client_id=source,
                ghost=person.ghost, person=person.id,
            )  # fmt: skip
            page = await self._open(person, opening)
        else:
            if text:
                await self.relay.say(page, source, text)
            await self._deadlines(page, person, source)
        for number, remote in enumerate(files):
            await self._filing.take(arrival, page, f"{source}:{number}", remote)
        return page

    async def edited(self, person: Person, source: str, text: str, change: str) -> None:
        """They changed the message ``source``; ``change`` is this change's own id."""
        if page := await self.page(person):
            await self.relay.changes.edited(page, source, text, change)

    async def taken_back(self, person: Person, source: str) -> None:
        """They took the message ``source`` back."""
        if page := await self.page(person):
            await self.relay.changes.taken_back(page, source)

    async def tell(self, person: Person, source: str, sentence: str) -> None:
        """A French line for the team about something that is no message; nothing when no conversation goes on."""
        if page := await self.page(person):
            await self.relay.desk.note(page, source, sentence)

    async def assistant(self, page: Page, source: str, text: str, *, moves: bool = False) -> None:
        """An automatic message to the person, once for each ``source``; ``moves``: with the way to the web chat."""
        who = {"from": "assistant", "alias": texts(page.language, "Assistant"), "lang": page.language}
        message = {"type": "message", "text": text, "moves": moves and self._options.web_chat} | who
        async with self.relay.storage.write() as tx:
            await self.relay.transcript.append(tx, page.id, source, message)
        await self.show(page.id)

    async def page(self, person: Person) -> Page | None:
        """The conversation that goes on with them here, or was closed so recently that they may still rate it."""
        known = await self.persons.get(person.id)
        page = await self.relay.book.page(known.conversation_id) if known and known.conversation_id else None
        return page if page and page.channel == self.name and page.alive else None

    async def known(self, page: Page, source: str) -> bool:
        """Whether the message ``source`` of theirs is in the conversation."""
        async with self.relay.storage.read() as tx:
            return await self.relay.transcript.by_source(tx, page.id, f"me:{source}") is not None

    def _spoken(self, text: str) -> str:
        language = detect(text, default=self._options.language) if text else self._options.language
        return self._options.language if language == OTHER else language

    async def _open(self, person: Person, opening: Opening) -> Page:
        spoken, name, until = opening.language, opening.pseudonym, self._until(person)

        async def also(tx: AsyncConnection, opened: Opened) -> None:
            memory = person.memory | ({"automatic_until": until["automatic_until"]} if until else {})
            known = {"conversation_id": opened.id, "memory": memory} | ({"name": name} if name else {})
            await self.persons.change(tx, person.id, **known)
            if courtesy := self.courtesy(spoken, opened.reference):
                alias = texts(spoken, "Assistant")
                message = {"type": "message", "from": "assistant", "alias": alias, "text": courtesy, "lang": spoken}
                await self.relay.transcript.append(
                    tx, opened.id, "courtesy", message | {"moves": self._options.web_chat}
                )

        previous = await self.relay.book.past(person.id)
        declared = {"previous": previous, "account": person.account} | until
        opened = await self.relay.open(opening, declared, also)
        page = await self.relay.book.page(opened.id)
        assert page
        await self.show(page.id)
        return page

    def _until(self, person: Person) -> dict[str, Any]:
        """For the sheet: until when a gendarme may write, and until when the bots may."""
        until, window = self.reply_until(person), self.capabilities.window
        return {"reply_until": int(until), "automatic_until": int(person.heard_at + window)} if until and window else {}

    async def _deadlines(self, page: Page, person: Person, source: str) -> None:
        """Told again when they have moved by an hour: the sheet says rather less than is so."""
        until = self._until(person)
        if until and until["automatic_until"] > person.memory.get("automatic_until", 0) + 3600:
            await self.relay.desk.declare(page, f"until:{source}", until)
            await self.persons.recall(person, automatic_until=until["automatic_until"])

    async def _answer(self, page: Page, source: str, text: str, payload: str | None) -> Answer | None:
        """What they answer, when the last thing that they were shown is a question and this answers it."""
        entries = await self.relay.transcript.since(page.id, page.last_seq - _LOOKED_BACK, _LOOKED_BACK)
        asked = [
            prompt for entry in entries if (prompt := Prompt.parse(entry.payload.get("prompt"))) and entry.event_id
        ]
        if payload and (chosen := read_payload(payload, asked)):
            return chosen
        if not asked or await self.known(page, source):
            return None
        given = {entry.payload["answer"]["prompt"] for entry in entries if entry.payload.get("answer")}
        return read_answer(text, asked[-1]) if asked[-1].id not in given else None

    # What leaves.

    async def _send(self, page: Page, person: Person, parcel: Parcel) -> str | None:
        if parcel.moves and self._options.web_chat:
            offer = self.offer(parcel.language, await self.link(page))
            parcel = replace(parcel, text=f"{parcel.text}\n\n{offer}")
        return await self.send(person, parcel)

    async def _look(self, page: Page, person: Person, parcel: Parcel) -> str | None:
        try:
            return await self.look(person, parcel)
        except Refused as error:  # the platform cannot tell: better twice than never
            log.info("cannot_look", channel=self.name, code=error.code)
            return None

    async def link(self, page: Page) -> str:
        """One tap to the web chat under the same reference. The key works once and is in the fragment, which is not
        sent to servers nor kept in logs.
        """
        async with self.relay.storage.write() as tx:
            token = await self.relay.book.new_token(tx, page.id)
        return f"{self.config.web_url}{CONTINUE}#{page.id}.{token}"
