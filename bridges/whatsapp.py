"""WhatsApp (Cloud API): messages to our numbers, several from one process. See docs/channels/whatsapp.md."""

import re
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

from aiohttp import web
from pydantic import Field

from brigade.clean import cleaned, dicts, one_line
from brigade.config import Config, Section
from brigade.config.services import read_secret
from brigade.errors import BrigadeError, Refused, Temporary, Unreachable
from brigade.post import Arrival, Capabilities, Parcel, Person, Post, PostSettings, meta
from brigade.post.channel import Remote
from brigade.post.graph import Graph, TokenRefused
from brigade.post.parcels import File
from brigade.post.webhook import NotOurs, told
from brigade.post.wording import numbered, payload
from brigade.relay import Relay

_DAY = 86400.0
_PATIENCE = 60.0  # seconds that a message waits for the address of its file
_STATUS_WITHIN = 15.0  # seconds in which a status tells whether a call without an answer was carried out
_MEDIA = ("image", "audio", "video", "document", "sticker")
_META = re.compile(r"https://[\w.-]+\.(fbsbx|facebook|fbcdn|whatsapp)\.(com|net)/")
_RATES = {4: 30.0, 80007: 60.0, 130429: 10.0, 131056: 6.0, 131057: 60.0}
_FINAL = {
    131026: "cette personne n’est pas joignable sur WhatsApp (blocage, ou application trop ancienne)",
    131047: "les 24 heures où WhatsApp nous laisse répondre sont passées : le citoyen doit d’abord réécrire",
} | dict.fromkeys(
    (3, 10, *range(200, 300), 368, 131030, 131031, 131042, 131048),
    "Meta ne laisse pas écrire notre compte WhatsApp : prévenez l’administrateur",
)
_MALFORMED = (AttributeError, KeyError, TypeError, ValueError)


class Settings(PostSettings):
    """WhatsApp: messages to numbers of the Cloud API."""

    graph: str | None = Field(
        None, pattern=r"^https?://[^/]+$", description="https://graph.facebook.com; empty: our emulator."
    )
    version: str = Field("v25.0", pattern=r"^v\d+\.\d+$", description="Version of the Graph API.")
    numbers: tuple[str, ...] = Field(("200000000000001",), min_length=1, description="phone_number_id of our numbers.")
    secrets_folder: Path | None = Field(None, description="Folder of the secrets `whatsapp.*`; empty: var/secrets.")

    @property
    def origin(self) -> str | None:
        """Of the API."""
        return self.graph

    @property
    def emulator(self) -> str | None:
        """Without a platform."""
        return "whatsapp" if self.graph is None else None


class Webhook(meta.Webhook[dict[str, Any]]):
    """What is told of numbers; other objects of Meta are answered 404."""

    def read(self, payload: Any) -> list[dict[str, Any]]:
        """The values of the field `messages`. Raises NotOurs."""
        if not isinstance(payload, dict) or payload.get("object") != "whatsapp_business_account":
            raise NotOurs(404, "object")
        changes = [each for entry in dicts(payload.get("entry")) for each in dicts(entry.get("changes"))]
        return dicts([cleaned(each.get("value")) for each in changes if each.get("field") == "messages"])


class Channel(Post):
    """One process: `brigade run whatsapp`."""

    settings: Settings
    capabilities: ClassVar[Capabilities] = Capabilities(length=3600, choices=3, media=True, window=_DAY)
    platform: ClassVar[str] = "WhatsApp (Meta)"

    def __init__(self, settings: Section, config: Config, relay: Relay) -> None:
        assert isinstance(settings, Settings)
        super().__init__(settings, config, relay)
        secrets = settings.secrets_folder or config.paths.secrets
        secret = read_secret(secrets / "whatsapp.app_secret")
        self._webhook = Webhook(self.name, secret, read_secret(secrets / "whatsapp.verify_token"), self._accept)
        tokens = dict.fromkeys(settings.numbers, secrets / "whatsapp.token")
        self._graph = Graph(self.origin, settings.version, secret, tokens, fault)

    async def missing(self) -> str | None:
        """A token that is refused."""
        return next(iter(self._graph.refused.values()), None)

    async def stop(self) -> None:
        """Come to an end."""
        await super().stop()
        await self._graph.close()

    def public(self) -> web.Application:
        """The webhook."""
        return self._webhook.application()

    async def _accept(self, values: list[dict[str, Any]]) -> None:
        """Store what is for our numbers. An event that is not shaped as one takes no other down."""
        found: list[Arrival] = []
        for value in values:
            metadata = value.get("metadata")
            number = str(metadata.get("phone_number_id") if isinstance(metadata, dict) else "")[:40]
            if number not in self.settings.numbers:
                told(self.name, "number-unknown", number)
                continue
            contacts = dicts(value.get("contacts"))
            for event in (*dicts(value.get("messages")), *dicts(value.get("statuses"))):
                try:
                    if "status" in event:
                        found += await self._became(number, event)
                    else:
                        found.append(self._said(number, event, contacts))
                except _MALFORMED:
                    told(self.name, "event-odd", number, sorted(event)[:20])
        await self.accept(found)

    def _said(self, number: str, message: dict[str, Any], contacts: list[dict[str, Any]]) -> Arrival:
        who = [each for each in (message.get("from"), message.get("from_user_id")) if each]
        contact = next((each for each in contacts if each.get("wa_id") in who or each.get("user_id") in who), {})
        address = str(message.get("from_user_id") or contact.get("user_id") or message["from"])[:200]
        event = {"message": message, "name": contact.get("profile", {}).get("name") or ""}
        return self.arrival(message["id"], float(message["timestamp"]), number, address, event)

    async def _became(self, number: str, status: dict[str, Any]) -> list[Arrival]:
        """By the key that we sent along: a status may know the person by another address than we do."""
        page = await self.relay.book.page(str(status.get("biz_opaque_callback_data")).partition(":")[0])
        person = await self.persons.get(page.person) if page and page.person else None
        if not person or (person.channel, person.account) != (self.name, number):
            return []
        key, at = f"{status['status']}:{status['id']}", float(status["timestamp"])
        return [self.arrival(key, at, number, person.address, {"status": status})]

    async def take(self, arrival: Arrival, person: Person) -> None:
        """Raises Temporary to be asked again."""
        try:
            await self._take(arrival, person, arrival.event.get("message") or {"type": "status"})
        except _MALFORMED:
            told(self.name, "event-odd", arrival.account)
            await self.tell(person, arrival.id, "WhatsApp a signalé quelque chose que ce logiciel ne comprend pas.")

    async def _take(self, arrival: Arrival, person: Person, message: dict[str, Any]) -> None:
        kind = message["type"]
        about = message.get(kind) or {}
        if kind == "status":
            await self._status(arrival, person, arrival.event["status"])
        elif kind == "edit":
            source, inner = about["original_message_id"], about["message"]
            if (page := await self.page(person)) and await self.known(page, source):
                await self.edited(person, source, _words(inner), arrival.id)
            else:
                await self._message(arrival, person, inner, source)
        elif kind == "revoke":
            await self.taken_back(person, about["original_message_id"])
        elif kind in ("reaction", "system"):
            person = await self.persons.meet(arrival.account, arrival.address, arrival.at)
            emoji, body = str(about.get("emoji") or "")[:10], one_line(str(about.get("body")))[:200]
            did = f"Le citoyen a réagi {emoji}" if emoji else "Le citoyen a retiré sa réaction"
            await self.tell(person, arrival.id, f"{did if kind == 'reaction' else f'WhatsApp signale : {body}'}.")
        else:
            await self._message(arrival, person, message, arrival.id)

    async def _message(self, arrival: Arrival, person: Person, message: dict[str, Any], key: str) -> None:
        kind, files, text, note = message["type"], [], _words(message), ""
        about = message.get(kind) or {}
        if kind in _MEDIA:
            try:
                files = [await self._file(arrival, kind, about)]
            except Refused as error:
                note = f"Un fichier du citoyen n’a pas été repris : {error}."
        elif not text:
            note = f"Le citoyen a envoyé un contenu de genre « {kind[:40]} », que WhatsApp ne transmet pas."
        reply = about.get(about.get("type"), about) if isinstance(about, dict) else {}
        chosen = reply.get("id") or reply.get("payload") if kind in ("button", "interactive") else None
        name = one_line(arrival.event["name"])[:80] or None
        page = await self.said(arrival, person, text, payload=chosen, files=files, key=key, name=name)
        if note:
            await self.relay.desk.note(page, f"odd:{key}", note)

    async def _file(self, arrival: Arrival, kind: str, about: dict[str, Any]) -> Remote:
        """Where the platform has it: an address that is good for five minutes."""
        try:
            found = await self._graph.get(arrival.account, str(int(about["id"])))
            return Remote(found["url"], str(about.get("filename") or kind)[:100])
        except Temporary as error:
            if time.time() - arrival.at < _PATIENCE:
                raise
            raise Refused("WhatsApp n’en donne pas l’adresse : faites-le renvoyer") from error

    async def authorise(self, account: str, url: str) -> Mapping[str, str]:
        """Our token, for the platform alone."""
        theirs = _META.match(url) or url.startswith(f"{self.origin}/")
        return self._graph.authorisation(account) if theirs else {}

    async def _status(self, arrival: Arrival, person: Person, status: dict[str, Any]) -> None:
        key, remote, state = status["biz_opaque_callback_data"], status["id"], status["status"]
        page = await self.page(person)
        if page is None or page.id != key.partition(":")[0] or not await self.postman.echoed(key, remote):
            return
        if state == "delivered":
            await self.postman.delivered(page, arrival.at + 1)  # their clock has no fractions
        elif state in ("read", "played"):
            await self.postman.seen(page, remote_id=remote)
        elif state == "failed":
            code = status["errors"][0]["code"]
            await self.postman.failed_later(page, remote, _FINAL.get(code, f"WhatsApp ne l’a pas remis ({code})"))

    async def send(self, person: Person, parcel: Parcel) -> str | None:
        """See ``brigade.post.Post.send``."""
        if time.time() > person.heard_at + _DAY:
            raise Refused(_FINAL[131047], "131047")
        whom = "recipient" if person.address[2:3] == "." else "to"  # a user id is two letters, a point …
        body = {"messaging_product": "whatsapp", whom: person.address, "biz_opaque_callback_data": parcel.key}
        content = await self._upload(person.account, parcel.file) if parcel.file else _content(parcel)
        answer = await self._graph.post(person.account, f"{person.account}/messages", body | content)
        return str(answer["messages"][0]["id"])

    async def look(self, person: Person, parcel: Parcel) -> str | None:
        """By the status that comes with our key: there is no asking."""
        remote, began = await self.postman.begun(parcel)
        if remote is None and time.time() - began < _STATUS_WITHIN:
            raise Unreachable("no status has come yet", 2.0)
        return remote

    async def _upload(self, number: str, file: File) -> dict[str, Any]:
        form = {"messaging_product": "whatsapp", "type": file.type}
        found = await self._graph.upload(number, f"{number}/media", form, "file", self.relay.media / file.id, file)
        media = {"id": str(found["id"])}
        if file.type in ("image/jpeg", "image/png"):
            return {"type": "image", "image": media}
        return {"type": "document", "document": media | {"filename": file.name}}


def fault(status: int, body: Any, retry_after: float | None) -> BrigadeError:
    """Decided on the code, never on the text."""
    error = body.get("error") if isinstance(body, dict) else None
    code = error.get("code") if isinstance(error, dict) else None
    code = code if isinstance(code, int) else status
    if code in (0, 190) and status in (400, 401):
        return TokenRefused(f"the access token is refused ({code})", 60.0)
    if code in _RATES or status == 429:
        return Temporary(f"rate limit {code}", retry_after or _RATES.get(code, 10.0))
    if code in (1, 2, 131000, 131016) or status >= 500:
        return Unreachable(f"the platform has a failure of its own ({status}, {code})")
    return Refused(_FINAL.get(code, f"WhatsApp a refusé le message (erreur {code})"), str(code))


def _content(parcel: Parcel) -> dict[str, Any]:
    """Text, with buttons when they are short enough (20 characters, under 1024), else with a numbered list."""
    options, text = parcel.prompt.options if parcel.prompt else (), parcel.text
    titles = {option.label for option in options if len(option.label) <= 20}
    if parcel.prompt and 0 < len(options) == len(titles) and 0 < len(text) <= 1024:
        rows = [{"id": payload(parcel.prompt, each.id)[:256], "title": each.label} for each in options]
        action = {"buttons": [{"type": "reply", "reply": row} for row in rows]}
        return {"type": "interactive", "interactive": {"type": "button", "body": {"text": text}, "action": action}}
    text = numbered(text, parcel.prompt, parcel.language) if parcel.prompt else text
    return {"type": "text", "text": {"body": text, "preview_url": False}}


def _words(message: dict[str, Any]) -> str:
    """What a message of theirs says."""
    kind = message["type"]
    about = message.get(kind) or {}
    if kind == "location":
        named = [about[key] for key in ("name", "address", "url") if about.get(key)]
        return " ".join(["📍", *named, f"{about['latitude']}, {about['longitude']}"])
    if kind == "contacts":
        cards = [[each["name"]["formatted_name"], *(p["phone"] for p in each.get("phones", ()))] for each in about]
        return "\n".join(" ".join(["👤", *card]) for card in cards)
    said = about.get(about.get("type"), {}).get("title") if kind == "interactive" else about.get("body")
    return str(said or about.get("caption") or about.get("text") or "")
