"""FAQ: suggestions that an operator sends with one press, and a proposal to the citizen who waits."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, ClassVar

from pydantic import Field

from brigade.bot import Bot as Base
from brigade.bot import Desk
from brigade.command import Command, Usage
from brigade.config import Config, Section
from brigade.errors import Malformed
from brigade.events import Event
from brigade.room import Room
from brigade.texts import Texts
from brigade.vocabulary import ANSWER, RATING, Answer, Option, Prompt, PromptKind, Status, Urgency
from faq_index.content import Entry
from faq_index.search import Faq, Hit
from faq_index.shelf import Shelf

texts = Texts("bots")
SUGGESTIONS = "fr.brigade.suggestions"  # content key: [{key, id}], for the operator's reaction
YES, NO = "faq-yes", "faq-no"
_KEYS = ("1️⃣", "2️⃣", "3️⃣")
_TRIES = 3  # messages that may begin with nothing but a greeting


@dataclass(frozen=True, slots=True)
class Opinion:
    """Of the citizen who was proposed an answer while waiting."""

    entry: str
    language: str
    helpful: bool
    why: str = ""


class Settings(Section):
    """What may be proposed without an operator."""

    propose: bool = Field(True, description="Whether a citizen who waits is proposed an answer.")
    drafts: bool = Field(True, description="Whether that answer may be one that nobody has validated yet.")


class Bot(Base):
    """``memory["faq"]``: ``tries``, ``suggested``, ``proposed`` (event and entry ids), ``answered``, ``sent``."""

    commands: ClassVar[Mapping[str, Usage]] = {
        "faq": Usage("!faq mots", "chercher des réponses ; la réaction 1️⃣ 2️⃣ 3️⃣ l’envoie au citoyen")
    }
    settings: Settings

    def __init__(self, settings: Settings, config: Config, desk: Desk) -> None:
        super().__init__(settings, config, desk)
        self._shelf = Shelf(index=config.paths.db / "faq-index")

    @property
    def faq(self) -> Faq:
        """The questions as they are now: editors need no restart."""
        return self._shelf.current

    async def said(self, room: Room, event: Event) -> None:
        """The first messages are searched; an answer to our proposal is noted."""
        if answer := Answer.parse(event.own(ANSWER)):
            return await self._feedback(room, answer)
        if room.gone or event.own(RATING) is not None or not event.body.strip():
            return
        memory = _memory(room)
        if memory.get("suggested") or memory.get("tries", 0) >= _TRIES:
            return
        if room.conversation.urgency is Urgency.EMERGENCY:
            return
        room.memory["faq"] = memory | {"tries": memory.get("tries", 0) + 1}
        found = self.faq.search(event.body, room.conversation.language, len(_KEYS))
        if found.confident:
            await self._suggest(room, [hit for hit in found.hits if hit.confident])
            await self._propose(room, found.hits[0].entry)
            _remember(room, suggested=True)

    async def command(self, room: Room, command: Command, event: Event) -> None:
        """``!faq mots``."""
        if not command.argument:
            raise Malformed("Il manque les mots à chercher.")
        found = self.faq.search(command.argument, room.conversation.language, len(_KEYS))
        if found.confident:
            await self._suggest(room, found.hits)
        elif found.hits:
            nearest = "\n".join(f"– {hit.entry.question}" for hit in found.hits)
            await room.note(f"Aucune réponse sûre pour « {command.argument} ». Les plus proches :\n{nearest}")
        else:
            await room.note(f"Aucune réponse trouvée pour « {command.argument} ». Essayez d’autres mots.")

    async def _suggest(self, room: Room, hits: Sequence[Hit]) -> None:
        rows = list(zip(_KEYS, hits, strict=False))
        lines = [f"{key} **{hit.entry.question}**\n{hit.entry.short}" for key, hit in rows]
        text = "**Réponses possibles** (réagissez pour envoyer)\n" + "\n".join(lines)
        suggestions = [{"key": key, "id": hit.entry.id} for key, hit in rows]
        posted = await room.note(text, extra={SUGGESTIONS: suggestions})
        for key, _ in rows:
            await room.react(posted, key)

    async def reacted(self, room: Room, event: Event) -> None:
        """A number pressed under our suggestions sends that answer, once."""
        target, key = event.reaction or ("", "")
        if key not in {_plain(known) for known in _KEYS}:
            return
        entry = await self._chosen(room, target, key)
        press = f"{target} {key}"
        sent = _memory(room).get("sent", [])
        if entry is None or press in sent:
            return
        state = room.conversation
        if state.status is not Status.ASSIGNED or state.operator != event.sender:
            return await _refuse(room)
        if room.gone:
            await room.note("Non envoyé : le citoyen a quitté la conversation.")
            return
        language, text = self._text(entry, state.language)
        await room.tell_citizen(text, language=language)
        _remember(room, sent=[*sent, press])
        room.memory["answered_at"] = event.at

    async def _chosen(self, room: Room, target: str, key: str) -> Entry | None:
        """The entry that ``key`` stands for under the message ``target``; None when that is not one of ours."""
        message = await room.account.event(room.id, target)
        rows = message.own(SUGGESTIONS) if message and message.sender == room.account.user_id else None
        for row in rows if isinstance(rows, list) else []:
            if isinstance(row, Mapping) and _plain(str(row.get("key"))) == key:
                return self.faq.get(str(row.get("id")))
        return None

    @staticmethod
    def _text(entry: Entry, language: str) -> tuple[str, str]:
        """(language it is in, question, short answer and source)."""
        answer = entry.answer(language)
        lines = [answer.question, answer.short]
        if answer.language != language:
            lines.insert(0, texts(language, "This answer exists in French only:"))
        elif entry.emergency and answer.language == "fr":
            lines.append(entry.emergency)
        link = next((source for source in entry.sources if source.url), None)
        if link:
            lines.append(texts(language, "More: {url}", url=link.url))
        return answer.language, "\n\n".join(lines)

    # The citizen who waits.

    async def _propose(self, room: Room, entry: Entry) -> None:
        state = room.conversation
        calm = state.urgency is Urgency.NORMAL and not room.memory.get("sensitive")
        wanted = self.settings.propose and (self.settings.drafts or entry.status == "validated")
        if not wanted or not calm or state.status is not Status.WAITING or _memory(room).get("proposed"):
            return
        language, text = self._text(entry, state.language)
        say = _in(state.language)
        intro = say("While you wait for a gendarme, this may answer you:")
        question = say("Does this answer your question?")
        prompt = Prompt("faq", PromptKind.CHOICE, (Option(YES, say("Yes")), Option(NO, say("No"))))
        posted = await room.tell_citizen(f"{intro}\n\n{text}\n\n{question}", prompt=prompt, language=language)
        _remember(room, proposed={"event": posted, "entry": entry.id})
        await room.note(f"Proposé au citoyen qui attend : « {entry.question} »")

    async def _feedback(self, room: Room, answer: Answer) -> None:
        proposed = _memory(room).get("proposed") or {}
        if answer.prompt != proposed.get("event") or _memory(room).get("answered"):
            return
        entry = self.faq.get(str(proposed.get("entry")))
        question = entry.question if entry else proposed.get("entry")
        say = _in(room.conversation.language)
        if answer.option == YES:
            await room.note(f"Réponse FAQ acceptée par le citoyen : « {question} »")
            closing = "Good. You may close this chat now; if you have another question, write it here."
            await room.tell_citizen(say(closing))
            room.memory["faq_accepted"] = True
        else:
            await room.note(f"Réponse FAQ refusée par le citoyen : « {question} »")
            await room.tell_citizen(say("Thank you. A gendarme will read your message and answer you here."))
        if self.desk.journal:
            opinion = Opinion(str(proposed.get("entry")), room.conversation.language, answer.option == YES)
            await self.desk.journal.feedback(opinion)
        _remember(room, answered=True)


async def _refuse(room: Room) -> None:
    await room.note("Non envoyé : seul l’opérateur qui a pris la conversation envoie une réponse (`!prendre`).")


def _in(language: str) -> Any:
    return lambda msgid: texts(language, msgid)


def _memory(room: Room) -> dict[str, Any]:
    found = room.memory.get("faq")
    return dict(found) if isinstance(found, dict) else {}


def _remember(room: Room, **values: Any) -> None:
    room.memory["faq"] = _memory(room) | values


def _plain(key: str) -> str:
    return key.replace("\ufe0f", "")
