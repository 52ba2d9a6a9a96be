"""What Meta told, translated: one method for each kind of event. Each may be called again after a crash."""

import time
from typing import Any

import structlog

from bridges.messenger.contents import contents
from bridges.messenger.pages import Pages
from bridges.messenger.settings import Account, Settings
from bridges.messenger.webhook import told
from brigade.clean import one_line
from brigade.errors import BrigadeError, Temporary
from brigade.language import OTHER, detect
from brigade.post import Arrival, Person, Post
from brigade.post.graph import Graph

log = structlog.get_logger(__name__)

_DAY = 86400.0
_PATIENCE = 60.0  # seconds that a change waits for the message that it changes
_NAME_WITHIN = 1.0  # seconds: the first message of somebody in danger waits for nobody's name
_KEPT = 20  # messages kept of a thread that another app holds
_EMOJI = {"smile": "😆", "angry": "😠", "sad": "😢", "wow": "😮", "love": "❤️", "like": "👍", "dislike": "👎"}
_POLICY = {"warning": "a averti", "block": "a bloqué", "unblock": "a débloqué"}


class Inbound:
    """``take`` is the channel's; ``memory`` of a person: ``elsewhere`` (until when somebody else answers), ``standby``
    (messages meanwhile), ``entry_point`` (of the link that they came by), ``asked_name`` (when).
    """

    def __init__(self, post: Post, settings: Settings, graph: Graph, pages: Pages) -> None:
        self._post = post
        self._settings = settings
        self._graph = graph
        self._pages = pages
        self._accounts = {account.page: account for account in settings.accounts}

    async def take(self, arrival: Arrival, person: Person) -> None:
        """Raises Temporary to be asked again."""
        content = arrival.event["content"]
        act = getattr(self, f"_{arrival.event['kind']}", self._unknown)
        await act(arrival, person, content)

    # Words.

    async def _message(self, arrival: Arrival, person: Person, content: dict[str, Any]) -> None:
        if arrival.event["standby"] and not await self._watched(arrival, person, content):
            return
        await self._said(arrival, person, content, _payload(content))

    async def _said(self, arrival: Arrival, person: Person, content: dict[str, Any], payload: str | None) -> None:
        account = self._accounts[arrival.account]
        found = contents(content)
        if person.blocked:
            await self._post.persons.note(person, blocked=False)
        person = await self._came_by(person, content.get("referral"))
        mid = str(content.get("mid") or arrival.id)
        page = await self._post.said(
            arrival, person, found.text, payload=payload, files=found.files, name=await self._name(person), key=mid,
            entry_point=person.memory.get("entry_point") or account.entry_point,
            language=_language(found.text, account),
        )  # fmt: skip
        notes = found.notes or ([] if found.text or found.files else ["Le citoyen a envoyé un message sans contenu."])
        for number, note in enumerate(notes):
            await self._post.relay.desk.note(page, f"odd:{mid}:{number}", note)

    async def _postback(self, arrival: Arrival, person: Person, content: dict[str, Any]) -> None:
        """A button of ours; ``title`` is what they saw on it."""
        title = str(content.get("title") or "Bonjour")
        said = content | {"text": title, "attachments": []}
        await self._said(arrival, person, said, str(content.get("payload") or "") or None)

    async def _message_edit(self, arrival: Arrival, person: Person, content: dict[str, Any]) -> None:
        mid, text = str(content.get("mid")), str(content.get("text") or "")
        page = await self._post.page(person)
        if page and await self._post.known(page, mid):
            await self._post.edited(person, mid, text, arrival.id)
        elif time.time() - arrival.at < _PATIENCE:
            raise Temporary("the message that was changed has not come yet", 2.0)
        else:
            await self._said(arrival, person, {"mid": mid, "text": text}, None)

    async def _echo(self, arrival: Arrival, person: Person, content: dict[str, Any]) -> None:
        """Ours comes back; anything else was written by a colleague in Meta's inbox, or by another app. The inbox's own
        app id is documented in two ways, so that nothing is compared with it.
        """
        mid, postman = str(content.get("mid")), self._post.postman
        if await postman.echoed(str(content.get("metadata") or ""), mid) or await postman.ours(mid):
            return
        if str(content.get("app_id")) == self._settings.app_id:
            return
        found = contents(content)
        shown = f" : « {found.text} »" if found.text else "."
        files = f" (avec {len(found.files)} fichier(s))" if found.files else ""
        sentence = f"Un collègue a répondu depuis la boîte de réception de Meta{files}{shown}"
        await self._post.tell(person, arrival.id, sentence)
        await self._elsewhere(person, arrival.at + _DAY)

    # Signs.

    async def _reaction(self, arrival: Arrival, person: Person, content: dict[str, Any]) -> None:
        """It opens the 24 hours again, and is no message."""
        person = await self._post.persons.meet(arrival.account, arrival.address, arrival.at)
        emoji = str(content.get("emoji") or _EMOJI.get(str(content.get("reaction")), "•"))[:10]
        page = await self._post.page(person)
        if page is None:
            return
        entry = await self._post.postman.about(page, str(content.get("mid")))
        about = f" à « {one_line(str(entry.payload.get('text', '')))[:60]} »" if entry else ""
        did = "a retiré sa réaction" if content.get("action") == "unreact" else f"a réagi {emoji}"
        await self._post.relay.desk.note(
            page, arrival.id, f"Le citoyen {did}{about}.", entry.event_id if entry else None
        )

    async def _read(self, arrival: Arrival, person: Person, content: dict[str, Any]) -> None:
        if page := await self._post.page(person):
            await self._post.postman.seen(page, until=_moment(content))

    async def _delivery(self, arrival: Arrival, person: Person, content: dict[str, Any]) -> None:
        if page := await self._post.page(person):
            await self._post.postman.delivered(page, _moment(content))

    async def _referral(self, arrival: Arrival, person: Person, content: dict[str, Any]) -> None:
        """A link of ours into a thread that exists; it opens the 24 hours again."""
        person = await self._post.persons.meet(arrival.account, arrival.address, arrival.at)
        await self._came_by(person, content)
        ref = one_line(str(content.get("ref") or content.get("source") or "sans nom"))[:80]
        await self._post.tell(person, arrival.id, f"Le citoyen est revenu par le lien « {ref} ».")

    async def _optin(self, arrival: Arrival, person: Person, content: dict[str, Any]) -> None:
        await self._post.tell(person, arrival.id, "Le citoyen accepte de recevoir des messages de notre page.")

    async def _response_feedback(self, arrival: Arrival, person: Person, content: dict[str, Any]) -> None:
        await self._post.tell(person, arrival.id, f"Avis du citoyen sur une réponse : {str(content)[:200]}")

    _messaging_feedback = _response_feedback

    async def _account_linking(self, arrival: Arrival, person: Person, content: dict[str, Any]) -> None:
        told("event-ignored", arrival.account, arrival.event["kind"])

    _app_roles = _account_linking

    # Who answers.

    async def _pass_thread_control(self, arrival: Arrival, person: Person, content: dict[str, Any]) -> None:
        if str(content.get("new_owner_app_id")) == self._settings.app_id:
            await self._back(arrival, person)
        else:
            await self._gone(arrival, person)

    async def _take_thread_control(self, arrival: Arrival, person: Person, content: dict[str, Any]) -> None:
        if str(content.get("new_owner_app_id")) == self._settings.app_id:
            await self._back(arrival, person)
        else:
            await self._gone(arrival, person)

    async def _request_thread_control(self, arrival: Arrival, person: Person, content: dict[str, Any]) -> None:
        await self._post.tell(person, arrival.id, "Une autre application demande à répondre à ce citoyen.")

    async def _gone(self, arrival: Arrival, person: Person) -> None:
        await self._elsewhere(person, arrival.at + _DAY)
        sentence = (
            "Cette conversation a été prise dans la boîte de réception de Meta ou par une autre application : les "
            "messages automatiques sont suspendus. Écrire ici la reprend, si Meta le permet."
        )
        await self._post.tell(person, arrival.id, sentence)

    async def _back(self, arrival: Arrival, person: Person) -> None:
        """It is ours again: what was said meanwhile is said now."""
        for said in person.memory.get("standby", []):
            earlier = Arrival(f"standby:{said['mid']}", arrival.room_id, said["at"], person.account, person.address, {})
            await self._said(earlier, person, said["message"], None)
        await self._post.persons.recall(person, elsewhere=None, standby=None)
        await self._post.tell(person, arrival.id, "Cette conversation nous est rendue.")

    async def _watched(self, arrival: Arrival, person: Person, content: dict[str, Any]) -> bool:
        """A message while another app holds the thread: whether it is to be shown, because we are in conversation."""
        await self._elsewhere(person, arrival.at + _DAY)
        page = await self._post.page(person)
        if page and page.state.open:
            day = int(arrival.at // _DAY)
            await self._post.tell(person, f"standby:{day}", "Le citoyen écrit, mais une autre application lui répond.")
            return True
        kept = [*person.memory.get("standby", []), {"mid": arrival.id, "at": arrival.at, "message": content}]
        await self._post.persons.recall(person, standby=kept[-_KEPT:])
        told("message-standby", arrival.account)
        return False

    async def _elsewhere(self, person: Person, until: float) -> None:
        await self._post.persons.recall(person, elsewhere=until)

    # The page, and what we do not know.

    async def _policy_enforcement(self, arrival: Arrival, person: Person, content: dict[str, Any]) -> None:
        action = str(content.get("action"))
        account = self._accounts[arrival.account]
        reason = one_line(str(content.get("reason") or ""))[:300]
        self._pages.policy(arrival.account, None if action == "unblock" else f"{action}: {reason}")
        log.error("policy_enforcement", page=arrival.account, action=action)
        did = _POLICY.get(action, "a pris une mesure contre")
        await self._pages.tell_all(account.page, arrival.id, f"Meta {did} notre page « {account.name} » : {reason}.")

    async def _unknown(self, arrival: Arrival, person: Person, content: Any) -> None:
        """Counted; told when it came from somebody we are talking with."""
        told("event-unknown", arrival.account, content)
        if arrival.address:
            sentence = "Messenger a signalé quelque chose que ce logiciel ne connaît pas encore. Le reste est à jour."
            await self._post.tell(person, arrival.id, sentence)

    # About the person.

    async def _came_by(self, person: Person, referral: Any) -> Person:
        ref = referral.get("ref") if isinstance(referral, dict) else None
        if not (entry_point := self._settings.links.get(str(ref))):
            return person
        return await self._post.persons.recall(person, entry_point=entry_point)

    async def _name(self, person: Person) -> str | None:
        """Their name, when the platform tells it; asked once, and never waited for."""
        if person.name or not self._settings.profiles or "asked_name" in person.memory:
            return person.name
        try:
            query = {"fields": "first_name,last_name"}
            found = await self._graph.get(person.account, person.address, query, _NAME_WITHIN)
        except Temporary:
            return None
        except BrigadeError:
            found = {}
        await self._post.persons.recall(person, asked_name=int(time.time()))
        name = one_line(f"{found.get('first_name') or ''} {found.get('last_name') or ''}")[:80]
        return name or None


def _payload(content: dict[str, Any]) -> str | None:
    reply = content.get("quick_reply")
    return str(reply["payload"]) if isinstance(reply, dict) and reply.get("payload") else None


def _language(text: str, account: Account) -> str:
    spoken = detect(text, default=account.language) if text else account.language
    return account.language if spoken == OTHER else spoken


def _moment(content: dict[str, Any]) -> float:
    mark = content.get("watermark")
    return float(mark) / 1000 if isinstance(mark, int | float) else 0.0
