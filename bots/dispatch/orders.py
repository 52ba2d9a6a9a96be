"""Commands: what operators write after ``!`` in a conversation's room or at the desk."""

from collections.abc import Mapping

from bots.dispatch.claim import Claims
from bots.dispatch.people import Operators
from brigade.bot import Desk
from brigade.command import Command, Usage
from brigade.errors import Malformed, Refused
from brigade.events import Event
from brigade.place import Place, team
from brigade.room import Room
from brigade.vocabulary import Status

COMMANDS: Mapping[str, Usage] = {
    "prendre": Usage("!prendre", "prendre ou reprendre la conversation ; à l’accueil : `!prendre 2026-000123`"),
    "rendre": Usage("!rendre", "remettre la conversation à l’accueil"),
    "clore": Usage("!clore", "clore la conversation"),
    "note": Usage("!note texte", "garder une note dans le fil de l’équipe, jamais montrée au citoyen"),
    "dispo": Usage("!dispo", "vous êtes disponible : les urgences vous sont signalées"),
    "pause": Usage("!pause", "vous ne l’êtes plus : vos conversations retournent à l’accueil"),
}
AT_DESK = {
    "prendre": Usage("!prendre référence", "prendre une conversation ; sans référence : la plus urgente"),
    "dispo": COMMANDS["dispo"],
    "pause": COMMANDS["pause"],
    "aide": Usage("!aide", "cette liste"),
}


class Orders:
    """Refusals are one line where the command was written."""

    def __init__(self, desk: Desk, operators: Operators, claims: Claims) -> None:
        self._desk = desk
        self._operators = operators
        self._claims = claims

    async def in_room(self, room: Room, command: Command, event: Event) -> None:
        """Raises Malformed to be answered with the command's form."""
        _needs(command, text=command.name == "note")
        try:
            await self._in_room(room, command, event)
        except Malformed:
            raise
        except Refused as error:
            if error.code:  # the homeserver's, not ours
                raise
            await room.note(str(error))

    async def _in_room(self, room: Room, command: Command, event: Event) -> None:
        match command.name:
            case "prendre":
                await self._claims.take(room, event.sender, event.at, over=True)
            case "rendre":
                await self._claims.give_back(room, event.sender, event.at)
            case "clore":
                await self._claims.close(room, event.at)
            case "note":
                name = await self._operators.name(event.sender)
                await room.note(f"**Note de {name}** : {command.argument}")
            case _:
                await room.note(await self._availability(command, event.sender))

    async def at_desk(self, place: Place, command: Command, event: Event) -> bool:
        """Whether it was one of ours."""
        if command.name not in AT_DESK:
            return False
        if command.name == "aide":
            lines = [usage.line for usage in AT_DESK.values()]
            await place.send(team("**Commandes ici**\n" + "\n".join(lines)))
        elif command.name == "prendre":
            await self._take(place, command.argument.strip("# "), event)
        elif command.argument:
            form = AT_DESK[command.name].form
            await place.send(team(f"`!{command.name}` n’attend rien de plus. Écrivez : `{form}`."))
        else:
            await place.send(team(await self._availability(command, event.sender)))
        return True

    async def _availability(self, command: Command, operator: str) -> str:
        pause = command.name == "pause"
        changed = await self._operators.set_paused(operator, pause)
        name = await self._operators.name(operator)
        if not pause:
            return f"{name} est disponible." if changed else f"{name} est déjà disponible."
        kept = sorted(r.conversation.reference for r in self._of(operator))
        back = f" Retournent à l’accueil : {', '.join(kept)}." if kept else ""
        return (f"{name} est en pause." if changed else f"{name} est déjà en pause.") + back

    def _of(self, operator: str) -> list[Room]:
        rooms = [room for room in self._desk.rooms.values() if room.state]
        return [r for r in rooms if r.conversation.status is Status.ASSIGNED and r.conversation.operator == operator]

    async def _take(self, place: Place, wanted: str, event: Event) -> None:
        if room := self._by_reference(wanted) if wanted else self._next():
            await self.take(room, event, place)
        elif wanted:
            await place.send(team(f"Je ne trouve pas de conversation « {wanted} ». Écrivez : `!prendre 2026-000123`."))
        else:
            await place.send(team("Aucune conversation n’attend."))

    async def take(self, room: Room, event: Event, place: Place) -> None:
        """From the desk: the room is not ours yet, so its lock must be taken; a refusal is said in ``place``."""
        async with room.lock:
            room.because(event.id)
            try:
                await self._claims.take(room, event.sender, event.at)
            except Refused as error:
                if error.code:
                    raise
                await place.send(team(str(error)))
            await room.keep()

    def _by_reference(self, reference: str) -> Room | None:
        return next((r for r in self._desk.rooms.values() if r.state and r.state.reference == reference), None)

    def _next(self) -> Room | None:
        """The most urgent, then the oldest."""
        waiting = [r for r in self._desk.rooms.values() if r.state and r.state.status is Status.WAITING]
        return min(waiting, key=lambda r: (r.conversation.urgency.rank, r.conversation.opened_at), default=None)


def _needs(command: Command, text: bool) -> None:
    if text and not command.argument:
        raise Malformed(f"`!{command.name}` attend un texte.")
    if not text and command.argument:
        raise Malformed(f"`!{command.name}` n’attend rien de plus (« {command.argument[:40]} »).")
