"""What is said once, politely: which languages we speak, what this chat is for, and that insults lead nowhere.

Nothing is ever dropped: the message stays in the queue, and the citizen is told so.
"""

from bots.triage.classify import Assessment
from bots.triage.vocabulary import Theme
from brigade.events import Event
from brigade.interception.concepts import concepts
from brigade.interception.features import words
from brigade.language import OTHER
from brigade.room import Room
from brigade.texts import LANGUAGES, Texts
from brigade.vocabulary import Status, Urgency

texts = Texts("bots")
SURE = 0.6  # confidence from which a message is said to be none of our business
MIN_WORDS = 3  # of a message that is said to be in a language that we do not speak
_INSULT = "insult"  # the concept of that name
_SAID = "courtesy"  # key of ``room.memory``: what was said


async def speak(room: Room, event: Event, found: Assessment) -> None:
    """Say what is due, while nobody has taken the conversation."""
    if room.gone or room.conversation.status is not Status.WAITING:
        return
    if found.language == OTHER:
        if len(event.body.split()) >= MIN_WORDS:
            await _languages(room)
    elif found.urgency is Urgency.NORMAL and not found.sensitive and found.theme is Theme.OFF_TOPIC:
        if _INSULT in concepts(found.language).of(words(event.body)[:200]):
            await _limit(room)
        elif found.confidence >= SURE:
            await _purpose(room)


async def _languages(room: Room) -> None:
    sentence = (
        "We answer in French, English, Spanish, German and Italian. Please write in one of these languages if you can. "
        "If you are in danger, call 112."
    )
    if _once(room, "languages"):
        await room.tell_citizen("\n\n".join(texts(language, sentence) for language in LANGUAGES))
        await room.note("Langue non reconnue : le citoyen sait lesquelles nous parlons.")


async def _limit(room: Room) -> None:
    sentence = (
        "The people who answer here are gendarmes; please stay polite. Your message remains in the queue. If you have "
        "a question for the gendarmerie, write it here."
    )
    if _once(room, "limit"):
        await room.tell_citizen(texts(room.conversation.language, sentence))


async def _purpose(room: Room) -> None:
    sentence = (
        "This chat is for questions to the gendarmerie, so we may not be able to help with this. Your message remains "
        "in the queue; if it is about something else, write it here."
    )
    if _once(room, "purpose"):
        await room.tell_citizen(texts(room.conversation.language, sentence))


def _once(room: Room, name: str) -> bool:
    said = room.memory.get(_SAID, [])
    if name in said:
        return False
    room.memory[_SAID] = [*said, name]
    return True
