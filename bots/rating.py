"""Rating: once the conversation is closed, the citizen is asked what it was like; the room holds the answer."""

from brigade.bot import Bot as Base
from brigade.events import Event
from brigade.room import Room
from brigade.texts import Texts
from brigade.vocabulary import ANSWER, RATING, Answer, Prompt, PromptKind, Rating, Status

texts = Texts("bots")
PROMPT_ID = "rating"
_AHEAD = 3600.0  # seconds before the end of the platform's window
_SCALE = Prompt(PROMPT_ID, PromptKind.SCALE, min=0, max=10)


class Bot(Base):
    """``memory["rating"]``: event id of the question; ``memory["rated"]``: the last rating."""

    async def changed(self, room: Room) -> None:
        """Ask once, in the open chat and never after a departure (S24)."""
        if room.conversation.status is not Status.CLOSED or room.gone or "rating" in room.memory:
            return
        language = room.conversation.language
        thanks = texts(language, "The conversation is over. Thank you for contacting the digital brigade.")
        question = texts(language, "From 0 to 10, how satisfied are you with this exchange?")
        room.memory["rating"] = await room.tell_citizen(f"{thanks}\n{question}", prompt=_SCALE)

    async def replied(self, room: Room, event: Event) -> None:
        """Only an exchange can be rated."""
        room.memory["answered"] = True

    async def tick(self, room: Room, now: float) -> None:
        """Ask before the citizen's platform no longer lets us: they could not be asked at the closure."""
        until = room.declared.get("automatic_until")
        is_due = isinstance(until, int | float) and until - _AHEAD < now < until
        if not is_due or room.gone or not room.conversation.open or not room.memory.get("answered"):
            return
        if "rating" in room.memory:
            return
        room.because("rating", str(until))
        question = texts(
            room.conversation.language,
            "Soon we can no longer write to you here unless you write first. If we are done: from 0 to 10, how "
            "satisfied are you with this exchange?",
        )
        room.memory["rating"] = await room.tell_citizen(question, prompt=_SCALE)

    async def said(self, room: Room, event: Event) -> None:
        """A rating from the widget's form, or a number chosen as an answer."""
        given = event.own(RATING)
        answer = Answer.parse(event.own(ANSWER))
        if given is None and answer and answer.prompt == room.memory.get("rating"):
            given = {"score": answer.value}
        if given is None:
            return
        rating = Rating.parse(given)
        if rating is None:
            await room.note("Une note illisible est arrivée ; elle n’est pas comptée.")
        else:
            await self._keep(room, rating)

    async def _keep(self, room: Room, rating: Rating) -> None:
        before = room.memory.get("rated")
        if before == rating.content():
            return
        label = "Note du citoyen" if before is None else "Note du citoyen modifiée"
        await room.note(f"**{label}** : {_sentence(rating)}")
        if before is None:
            await room.tell_citizen(texts(room.conversation.language, "Thank you, your rating has been recorded."))
        room.memory["rated"] = rating.content()


def _sentence(rating: Rating) -> str:
    parts = [f"{rating.score}/10"]
    if rating.resolved is not None:
        parts.append("demande résolue" if rating.resolved else "demande non résolue")
    if rating.comment:
        parts.append(f"« {rating.comment} »")
    return " — ".join(parts)
