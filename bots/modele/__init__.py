"""Ready answers: ``!modele bonjour`` says it to the citizen in the conversation's language."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import yaml
from pydantic import Field, ValidationError

from brigade.bot import Bot as Base
from brigade.bot import Desk
from brigade.command import Command, Usage, plain
from brigade.config import Config, Section
from brigade.errors import Malformed, Misconfigured
from brigade.events import Event
from brigade.room import Room
from brigade.texts import supported
from brigade.vocabulary import Status

_FILE = Path(__file__).with_name("modeles.yaml")


class Modele(Section):
    """One ready answer: ``title`` for the operator, one text a language for the citizen."""

    title: str
    fr: str
    en: str
    es: str
    de: str
    it: str

    def text(self, language: str) -> str:
        """In ``language``, or French when it is none of ours."""
        return str(getattr(self, supported(language)))


class Settings(Section):
    """Ready answers."""

    file: Path | None = Field(None, description="Your own ready answers, in the form of bots/modele/modeles.yaml.")


class Bot(Base):
    """Only the operator who has taken the conversation sends one, as if they had typed it."""

    commands: ClassVar[Mapping[str, Usage]] = {
        "modele": Usage("!modele nom", "envoyer une réponse prête ; sans nom : la liste")
    }
    settings: Settings

    def __init__(self, settings: Settings, config: Config, desk: Desk) -> None:
        super().__init__(settings, config, desk)
        self.modeles = read(settings.file or _FILE)

    async def command(self, room: Room, command: Command, event: Event) -> None:
        """``!modele`` or ``!modele nom``."""
        name = plain(command.argument).replace(" ", "-")
        if not name:
            lines = [f"`!modele {key}` — {modele.title}" for key, modele in self.modeles.items()]
            await room.note("**Réponses prêtes**\n" + "\n".join(lines))
            return
        if name not in self.modeles:
            raise Malformed(f"Je ne connais pas le modèle « {command.argument} » (liste : `!modele`).")
        state = room.conversation
        if state.status is not Status.ASSIGNED or state.operator != event.sender:
            await room.note("Non envoyé : seul l’opérateur qui a pris la conversation envoie un modèle (`!prendre`).")
        elif room.gone:
            await room.note("Non envoyé : le citoyen a quitté la conversation.")
        else:
            language = supported(state.language)
            await room.tell_citizen(self.modeles[name].text(language), language=language)
            room.memory["answered_at"] = event.at


def read(file: Path) -> dict[str, Modele]:
    """The ready answers by name. Raises Misconfigured with the place of the mistake."""
    try:
        raw: Any = yaml.safe_load(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise Misconfigured(f"{file}: cannot be read: {error}") from error
    if not isinstance(raw, dict) or not raw:
        raise Misconfigured(f"{file}: must hold one stanza for each ready answer")
    found = {}
    for name, stanza in raw.items():
        try:
            found[plain(str(name))] = Modele.model_validate(stanza)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, (name, *first["loc"])))
            raise Misconfigured(f"{file}: {where}: {first['msg']}") from error
    return found
