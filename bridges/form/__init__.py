"""The contact form: written on a page, answered by mail, and the citizen's replies come back into the room."""

import asyncio
import hashlib
import re
import time
from email.message import EmailMessage
from typing import ClassVar

from aiohttp import web

from bridges.form.given import Given
from bridges.form.letter import Enclosed, Kind, Letter, read
from bridges.form.mailbox import Mailbox
from bridges.form.outgoing import Outgoing, texts
from bridges.form.pages import Pages
from bridges.form.settings import Settings
from brigade.book import Page
from brigade.config import Config, Section
from brigade.errors import Refused
from brigade.files import sync
from brigade.post import Arrival, Capabilities, Parcel, Person, Post
from brigade.post.channel import Stored
from brigade.relay import Relay

__all__ = ["Channel", "Settings"]

MAIL = "mail"  # the account of those who write by mail or want to be answered so
UNPROVEN = "mail-unproven"  # … of whom the mail server does not know that the address is theirs
UNSAFE = "form"  # … of those who must not be written to
_PATIENCE = 3.0  # seconds that a citizen waits for the reference
_KEY = re.compile(r"^<([0-9a-f]{32})\.(\d+)\.(\d+)@")


class Channel(Post):
    """Form and mail; a person is a mail address, or one sending of the form when they gave none."""

    settings: Settings
    capabilities: ClassVar[Capabilities] = Capabilities(length=20_000, media=True)
    platform: ClassVar[str] = "mail"

    def __init__(self, settings: Section, config: Config, relay: Relay) -> None:
        super().__init__(settings, config, relay)
        self.outgoing = Outgoing(self.settings, (config.listen.host, config.listen.emulators["smtp"]), relay.media)
        self.folder = relay.media
        self.pages = Pages(self, config.web_url)
        port = config.listen.channels[f"{self.name}-mail"]
        self._mailbox = Mailbox(self.settings, config.listen.host, port, relay.media, self._brought)

    def public(self) -> web.Application:
        """The form's pages and API."""
        return self.pages.application()

    async def start(self) -> None:
        """Also listen for mail."""
        await super().start()
        await self._mailbox.start()

    async def stop(self) -> None:
        """Mail first: what is brought now can no longer be stored."""
        await self._mailbox.stop()
        await super().stop()

    def courtesy(self, language: str, reference: str) -> str | None:
        """The confirmation with its reference."""
        return texts(
            language,
            "We have received your message. Its reference is {reference}. A gendarme will answer you. "
            "To add something, reply to this mail.",
            reference=reference,
        )

    def offer(self, language: str, link: str) -> str:
        """The chat is faster, and leaves nothing in a mailbox."""
        return texts(
            language, "To talk directly, or to leave nothing more in this mailbox, open our chat: {link}", link=link
        )

    # What comes.

    async def submit(self, given: Given, files: list[dict[str, str]]) -> tuple[Page | None, str | None]:
        """See ``pages.Desk``. Raises Temporary while the database is away."""
        address = given.writable
        account, address = (MAIL, address) if address else (UNSAFE, given.client_id)
        event = given.model_dump(include={"text", "language", "pseudonym", "postcode"}) | {"files": files}
        arrival = self.arrival(f"form:{given.client_id}", time.time(), account, address, event)
        await self.accept([arrival])
        page = await self._opened(arrival)
        return page, await self.link(page) if page and account == UNSAFE and page.channel == self.name else None

    async def _opened(self, arrival: Arrival) -> Page | None:
        """The conversation of what was just stored; None when that takes long, which loses nothing."""
        until = time.monotonic() + _PATIENCE
        while time.monotonic() < until:
            person = await self.persons.get(arrival.room_id)
            page = await self.page(person) if person else None
            async with self.relay.storage.read() as tx:
                if page and await self.relay.transcript.by_source(tx, page.id, f"me:{arrival.id}"):
                    return page
            await asyncio.sleep(0.02)
        return None

    async def _brought(self, name: str, recipient: str) -> None:
        """Store a mail; who sent it is decided now, so that each person's mails keep their order. Raises Temporary."""
        raw = await asyncio.to_thread((self.relay.media / name).read_bytes)
        letter = read(raw, self.settings.trusted)
        account, address = await self._whose(letter, recipient)
        event_id = hashlib.sha256(f"{letter.id}\x1f{letter.sender}".encode() if letter.id else raw).hexdigest()
        await self.accept([self.arrival(event_id, time.time(), account, address, {"mail": name})])

    async def _whose(self, letter: Letter, recipient: str) -> tuple[str, str]:
        """By the address that we gave to one person alone, by what it answers to, else by its sender, if proven."""
        tag = recipient.partition("@")[0].partition("+")[2]
        person = await self.persons.tagged(tag) if re.fullmatch(r"[0-9a-f]{24}", tag) else None
        for found in () if person else letter.references:
            if key := _KEY.match(found):
                page = await self.relay.book.page(key[1])
                person = await self.persons.get(page.person) if page and page.person else None
                break
        if person:
            return person.account, person.address
        proven = letter.dmarc == "pass" or self.settings.trusted is None
        return (MAIL if proven else UNPROVEN), letter.sender or "unknown"

    async def take(self, arrival: Arrival, person: Person) -> None:
        """A form or a mail."""
        if "mail" in arrival.event:
            return await self._mail(arrival, person)
        form = arrival.event
        files = [Stored(each["file"], each["name"]) for each in form["files"]]
        await self.said(
            arrival, person, form["text"], files=files, name=form["pseudonym"], language=form["language"],
            postcode=form["postcode"],
        )  # fmt: skip
        return None

    async def _mail(self, arrival: Arrival, person: Person) -> None:
        path = self.relay.media / arrival.event["mail"]
        if not path.exists():
            return  # worked off before a crash
        letter = read(await asyncio.to_thread(path.read_bytes), self.settings.trusted)
        if letter.kind is Kind.BOUNCE:
            await self._bounce(arrival, person, letter)
        elif letter.kind is Kind.MACHINE:
            await self.tell(
                person, arrival.id, f"Réponse automatique de la messagerie du citoyen :\n{letter.text[:500]}"
            )
        elif letter.dmarc == "fail":
            sentence = "Un courriel qui se présente comme celui du citoyen n’est pas authentique (DMARC) ; il disait :"
            await self.tell(person, arrival.id, f"{sentence}\n{letter.text[:2000]}")
        else:
            await self._reply(arrival, person, letter)
        path.unlink(missing_ok=True)

    async def _reply(self, arrival: Arrival, person: Person, letter: Letter) -> None:
        if letter.id:
            await self.persons.note(person, memory=person.memory | {"last": letter.id})
        if await self.page(person) is None and not self.settings.mailbox.accept_new:
            return
        files = [await asyncio.to_thread(self._keep, arrival, n, each) for n, each in enumerate(letter.files)]
        text = letter.text or ("" if files else "(courriel vide)")
        if len(text) > self.settings.text_characters * 4:
            text = f"{text[: self.settings.text_characters * 4]}\n[…]"
        page = await self.said(arrival, person, text, files=files, name=letter.name or None)
        if arrival.account == UNPROVEN:
            sentence = "Adresse de courriel non vérifiée : rien ne prouve que ce courriel vient de cette adresse."
            await self.relay.desk.note(page, "unproven", sentence)

    def _keep(self, arrival: Arrival, number: int, enclosed: Enclosed) -> Stored:
        name = f"{arrival.id[:40]}-{number}.enclosed"
        path = self.relay.media / name
        path.write_bytes(enclosed.data)
        path.chmod(0o600)
        sync(path)
        return Stored(name, enclosed.name)

    async def _bounce(self, arrival: Arrival, person: Person, letter: Letter) -> None:
        page = await self.page(person)
        for found in letter.references if page else ():
            if page and _KEY.match(found) and await self.postman.ours(found):
                reason = (
                    f"le courriel est revenu ({letter.status or 'sans code'}). Vérifiez l’adresse, proposez le tchat"
                )
                await self.postman.failed_later(page, found, reason)
                return
        await self.tell(person, arrival.id, f"Rapport de la messagerie du citoyen :\n{letter.text[:500]}")

    # What leaves.

    async def send(self, person: Person, parcel: Parcel) -> str | None:
        """One mail; nothing to somebody who said that their mail is not safe (S8, S15)."""
        if person.account == UNSAFE:
            if not parcel.human:
                return None
            raise Refused(
                "le citoyen a demandé de ne pas lui écrire par courriel ; il lira dans le tchat s’il l’ouvre", "unsafe"
            )
        page = await self.relay.book.page(parcel.key.partition(":")[0])
        mail: EmailMessage = self.outgoing.write(person, parcel, page.reference if page else "")
        await self.outgoing.send(mail)
        return str(mail["Message-ID"])
