"""Requirement S15: on a sensitive subject, whether somebody may see the screen is asked once; a code word is offered.

Not where a platform keeps a copy and shows messages on locked screens (S22); the bridge says so in the message.
"""

from collections.abc import Mapping
from typing import Any

from brigade.events import Event
from brigade.room import Room
from brigade.texts import Texts
from brigade.vocabulary import ANSWER, COPIED, Answer, Option, Prompt, PromptKind

texts = Texts("bots")
SAFE_CONTACT = "safe_contact"  # key of ``room.memory``: {question, seen: yes|no|unknown, word_question, word, told}
NO, YES, UNKNOWN = "no", "yes", "unknown"
MAX_WORD = 60  # characters of a code word
_FRENCH = {NO: "personne ne voit l’écran", YES: "quelqu’un peut voir l’écran", UNKNOWN: "ne sait pas qui voit l’écran"}


async def ask(room: Room, event: Event) -> None:
    """Ask once; never after a departure, nor where somebody else keeps a copy of ``event``."""
    if event.own(COPIED) or room.gone or SAFE_CONTACT in room.memory:
        return
    language = room.conversation.language
    options = (
        Option(NO, texts(language, "No, I can write freely")),
        Option(YES, texts(language, "Yes, somebody might see it")),
        Option(UNKNOWN, texts(language, "I don’t know")),
    )
    question = texts(
        language,
        "So that we write to you safely: could somebody else see this screen or read our conversation? You need not "
        "answer; a gendarme will read your message in any case.",
    )
    posted = await room.tell_citizen(question, prompt=Prompt("safe-contact", PromptKind.CHOICE, options))
    room.memory[SAFE_CONTACT] = {"question": posted}


async def answered(room: Room, event: Event) -> bool:
    """Note the answer; whether it was one to our questions."""
    answer, known = Answer.parse(event.own(ANSWER)), _known(room)
    if answer is None or answer.prompt not in (known.get("question"), known.get("word_question")):
        return False
    if answer.prompt == known.get("question"):
        await _seen(room, answer.option if answer.option in _FRENCH else UNKNOWN)
    else:
        await _word(room, str(answer.value or ""))
    return True


async def _seen(room: Room, seen: str) -> None:
    known, language = _known(room), room.conversation.language
    if known.get("seen") == seen:
        return
    word_question = known.get("word_question")
    if seen != NO and not word_question:
        offer = texts(
            language,
            "Thank you. You can leave at once with the exit button or by pressing Shift three times. If you like, "
            "choose a harmless word and write it here: when you use it, we will know that somebody is watching and "
            "change the subject.",
        )
        word_question = await room.tell_citizen(offer, prompt=Prompt("code-word", PromptKind.TEXT))
    elif seen == NO:
        await room.tell_citizen(texts(language, "Thank you. If that changes, tell us or leave with the exit button."))
    await room.note(f"**Contact sûr** : {_FRENCH[seen]} (réponse du citoyen).")
    room.memory[SAFE_CONTACT] = {**known, "seen": seen, "word_question": word_question, "told": _FRENCH[seen]}


async def _word(room: Room, word: str) -> None:
    word = " ".join(word.split())[:MAX_WORD]
    if not word or _known(room).get("word") == word:
        return
    await room.tell_citizen(texts(room.conversation.language, "Understood. A gendarme will know this word."))
    await room.note(f"**Contact sûr** : mot convenu « {word} ». Quand le citoyen l’écrit, quelqu’un regarde.")
    told = f"{_known(room).get('told', '')} ; mot convenu : « {word} »".removeprefix(" ; ")
    room.memory[SAFE_CONTACT] = {**_known(room), "word": word, "told": told}


async def watch(room: Room, event: Event) -> None:
    """The code word was written: the operator must know at once; the word itself does not show on a lock screen."""
    word = str(_known(room).get("word") or "")
    if word and f" {word.casefold()} " in f" {' '.join(event.body.casefold().split())} ":
        operator = room.conversation.operator
        await room.note("Le citoyen a écrit le mot convenu : changez de sujet.", notify=[operator] if operator else [])


def _known(room: Room) -> dict[str, Any]:
    found = room.memory.get(SAFE_CONTACT)
    return dict(found) if isinstance(found, Mapping) else {}
