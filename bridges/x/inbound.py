"""What X told, translated: one method for each kind of event. Each may be called again after a crash."""

import time
from collections.abc import Callable
from typing import Any

import structlog

from bridges.x.api import Api
from bridges.x.chat import Chats
from bridges.x.events import snowflake_time
from bridges.x.outbound import Outbound
from bridges.x.settings import Account, Settings
from bridges.x.webhook import told
from bridges.x.words import Words
from brigade.clean import one_line
from brigade.errors import Temporary
from brigade.language import OTHER, detect
from brigade.post import Arrival, Person, Post
from brigade.post.channel import Remote
from brigade.relay.aside import Aside
from brigade.texts import Texts

log = structlog.get_logger(__name__)
texts = Texts("x")

_PATIENCE = 60.0  # seconds that a copy of ours may come before the answer that names it
_REVOKED = "Notre compte X « {name} » a retiré son autorisation : rien n’arrive ni ne part. Prévenez l’administrateur."


class Inbound:
    """``take`` is the channel's; ``memory`` of a person: ``chat`` (how to answer by X Chat: conversation, token)."""

    def __init__(
        self, post: Post, settings: Settings, outbound: Outbound, chats: Chats, api: Api, revoked: Callable[[str], None]
    ) -> None:
        self._post = post
        self._accounts = {account.user: account for account in settings.accounts}
        self._outbound = outbound
        self._chats = chats
        self._api = api
        self._revoked = revoked
        self._aside = Aside()

    async def take(self, arrival: Arrival, person: Person) -> None:
        """Raises Temporary to be asked again."""
        act = getattr(self, f"_{arrival.event['kind']}", self._unknown)
        await act(arrival, person, arrival.event["content"])

    # Words.

    async def _message(self, arrival: Arrival, person: Person, content: dict[str, Any]) -> None:
        if "chat" in person.memory:  # they have come back to messages that are not encrypted
            person = await self._post.persons.recall(person, chat=None)
        await self._said(arrival, person, Words.of(content), content["name"], content["dm"])

    async def _said(self, arrival: Arrival, person: Person, words: Words, name: str, key: str) -> None:
        account = self._accounts[arrival.account]
        if person.blocked:
            await self._post.persons.note(person, blocked=False)
        files = [Remote(self._api.download(arrival.account, url)) for url in words.files]
        payload, shown = words.payload or None, one_line(name) or None
        page = await self._post.said(
            arrival, person, words.text, payload=payload, files=files, name=shown, key=key,
            entry_point=account.entry_point, language=_language(words.text, account),
        )  # fmt: skip
        empty = not (words.text or files or words.notes)
        for number, note in enumerate(words.notes + ["Le citoyen a envoyé un message sans contenu."] * empty):
            await self._post.relay.desk.note(page, f"odd:{key}:{number}", note)

    async def _sent(self, arrival: Arrival, person: Person, content: dict[str, Any]) -> None:
        """Ours comes back; anything else was written by a colleague in X's own app."""
        words = Words.of(content)
        if await self._outbound.is_ours(person, content["dm"], words.text):
            return
        page = await self._post.page(person)
        if page and time.time() - arrival.at < _PATIENCE and await self._post.postman.unsettled(page):
            raise Temporary("an answer of the platform is still to come", 1.0)
        shown = f" : « {words.text} »" if words.text else " par une image."
        await self._post.tell(person, arrival.id, f"Un collègue a répondu depuis l’application X{shown}")

    # Signs.

    async def _typing(self, arrival: Arrival, person: Person, content: dict[str, Any]) -> None:
        if time.time() - arrival.at < 10 and (page := await self._post.page(person)):
            self._aside.do(self._post.relay.typing(page, True))

    async def _read(self, arrival: Arrival, person: Person, content: dict[str, Any]) -> None:
        """Up to an event, whoever wrote it: ids hold their time."""
        until = snowflake_time(content["last"])
        if until and (page := await self._post.page(person)):
            await self._post.postman.seen(page, until=until + 1)

    async def _block(self, arrival: Arrival, person: Person, content: dict[str, Any]) -> None:
        """As far as is documented, X tells it when our account blocks somebody; the other way round it may not."""
        await self._post.persons.note(person, blocked=True)
        sentence = "Le citoyen nous a bloqués sur X : il ne recevra plus rien ici."
        if content["by_us"]:
            sentence = "Notre compte a bloqué cette personne sur X : rien n’arrive plus d’elle tant que c’est ainsi."
        await self._post.tell(person, arrival.id, sentence)

    async def _revoke(self, arrival: Arrival, person: Person, content: dict[str, Any]) -> None:
        self._revoked(arrival.account)
        log.error("authorisation_revoked", account=arrival.account)

    # X Chat.

    async def _chat(self, arrival: Arrival, person: Person, content: dict[str, Any]) -> None:
        opened = await self._chats.read(arrival.account, content)
        if opened is None:
            await self._closed(arrival, person)
        elif opened.sort != "Message":
            told("chat-event", arrival.account, opened.sort)
        else:
            known = {"conversation": content["conversation"], "token": content.get("conversation_token", "")}
            person = await self._post.persons.recall(person, chat=known)
            notes = [] if opened.verified else ["X n’a pas pu prouver de qui vient ce message chiffré."]
            await self._said(arrival, person, Words(opened.text, notes=notes), "", f"chat:{opened.id}")

    async def _closed(self, arrival: Arrival, person: Person) -> None:
        """We have no keys, or they do not fit: the team knows, and the person is asked over to the web chat."""
        page = await self._post.page(person)
        if page is None or not page.state.open:
            page = await self._post.said(arrival, person, "", entry_point=self._accounts[arrival.account].entry_point)
        day = int(arrival.at // 86400)
        sentence = (
            "Le citoyen a écrit par X Chat, chiffré de bout en bout : ce message n’est pas lu ici. Il est invité à "
            "venir sur le chat web ; l’application X du compte permet de le lire."
        )
        await self._post.relay.desk.note(page, f"encrypted:{arrival.id}", sentence)
        language = page.language
        text = texts(language, "We cannot read your encrypted message here. Please write to us in our web chat.")
        await self._post.assistant(page, f"encrypted:{day}", text, moves=True)

    async def _chat_sent(self, arrival: Arrival, person: Person, content: dict[str, Any]) -> None:
        opened = await self._chats.read(arrival.account, content)
        if opened is None or opened.sort != "Message" or await self._outbound.is_ours(person, opened.id, opened.text):
            return
        page = await self._post.page(person)
        if page and time.time() - arrival.at < _PATIENCE and await self._post.postman.unsettled(page):
            raise Temporary("an answer of the platform is still to come", 1.0)
        await self._post.tell(person, arrival.id, f"Un collègue a répondu depuis l’application X : « {opened.text} »")

    async def _chat_join(self, arrival: Arrival, person: Person, content: dict[str, Any]) -> None:
        told("chat-join", arrival.account)

    # What we do not know.

    async def _unknown(self, arrival: Arrival, person: Person, content: Any) -> None:
        """Counted; told when it came from somebody we are talking with."""
        told("event-unknown", arrival.account, content)
        if arrival.address:
            sentence = "X a signalé quelque chose que ce logiciel ne connaît pas encore. Le reste est à jour."
            await self._post.tell(person, arrival.id, sentence)


def _language(text: str, account: Account) -> str:
    spoken = detect(text, default=account.language) if text else account.language
    return account.language if spoken == OTHER else spoken
