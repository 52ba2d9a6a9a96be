"""``!langue``, ``!theme``, ``!urgence``: what an operator decides stands."""

from collections.abc import Mapping
from typing import Any

from bots.triage.classify import SENSITIVE
from bots.triage.vocabulary import Theme
from brigade.command import Command, Usage, plain
from brigade.errors import Malformed
from brigade.room import Room
from brigade.texts import NAMES
from brigade.vocabulary import Urgency

COMMANDS: Mapping[str, Usage] = {
    "langue": Usage("!langue xx", "corriger la langue du citoyen : fr, en, es, de, it"),
    "theme": Usage("!theme x", "corriger le thème, par exemple `!theme vol-cambriolage`"),
    "urgence": Usage("!urgence x", "corriger l’urgence : urgence, prioritaire, normale"),
}
URGENCIES = {Urgency.EMERGENCY: "urgence", Urgency.PRIORITY: "prioritaire", Urgency.NORMAL: "normale"}
_LANGUAGES = {"fr": "francais", "en": "anglais", "es": "espagnol", "de": "allemand", "it": "italien"}
_WORDS = {
    Urgency.EMERGENCY: ("urgence", "urgente", "urgent", "emergency", "rouge", "🔴"),
    Urgency.PRIORITY: ("prioritaire", "priorite", "priority", "orange", "🟠"),
    Urgency.NORMAL: ("normale", "normal", "vert", "🟢"),
}


async def correct(room: Room, command: Command) -> None:
    """Write the correction and say so in the thread. Raises Malformed with what would have been understood."""
    wanted = plain(command.argument)
    if not wanted:
        raise Malformed(f"Il manque la valeur après `!{command.name}`.")
    if command.name == "langue":
        changes: dict[str, Any] = {"language": _language(wanted)}
        said = f"Langue : {NAMES[changes['language']]}"
    elif command.name == "theme":
        theme = _theme(wanted)
        changes, said = {"theme": str(theme)}, f"Thème : {theme}"
        if theme in SENSITIVE:
            room.memory["sensitive"] = True
    else:
        urgency = _urgency(wanted)
        changes, said = {"urgency": urgency}, f"Urgence : {urgency.sign} {URGENCIES[urgency]}"
    room.memory["corrected"] = sorted({*room.memory.get("corrected", []), *changes})
    await room.update(**changes)
    await room.note(f"{said} (corrigé par un opérateur).")


def _language(wanted: str) -> str:
    for code, name in _LANGUAGES.items():
        if wanted in (code, name, plain(NAMES[code])):
            return code
    raise Malformed(f"Je ne connais pas la langue « {wanted[:40]} » : fr, en, es, de ou it.")


def _theme(wanted: str) -> Theme:
    slug = wanted.replace(" ", "-")
    exact = [theme for theme in Theme if theme == slug]
    if found := exact or [theme for theme in Theme if theme.startswith(slug)]:
        if len(found) == 1:
            return found[0]
        raise Malformed(f"« {wanted[:40]} » peut être : {', '.join(found)}.")
    raise Malformed(f"Je ne connais pas le thème « {wanted[:40]} ». Thèmes : {', '.join(Theme)}.")


def _urgency(wanted: str) -> Urgency:
    for urgency, words in _WORDS.items():
        if wanted in words:
            return urgency
    raise Malformed(f"Je ne connais pas l’urgence « {wanted[:40]} » : urgence, prioritaire ou normale.")
