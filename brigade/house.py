"""Brings events to bots: parses, finds the room, takes its lock, calls the hooks, keeps the memory."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence

import structlog

from brigade import metrics, vocabulary
from brigade.bot import Bot, Desk
from brigade.command import Command, Usage
from brigade.errors import BrigadeError, Malformed, NotFound, Refused, Temporary
from brigade.events import MEMBER, MESSAGE, REACTION, Event
from brigade.matrix import Account
from brigade.people import Kind, People
from brigade.place import Place, team
from brigade.room import Room
from brigade.vocabulary import Conversation

log = structlog.get_logger(__name__)

_HELP = Usage("!aide", "cette liste")


class House:
    """All bots of one process, and the rooms that they are in."""

    def __init__(
        self, account: Account, people: People, desk: Desk, rooms: dict[str, Room], bots: Sequence[Bot]
    ) -> None:
        self._account = account
        self._people = people
        self._desk = desk
        self._rooms = rooms
        self._bots = bots
        self._places = {place.id: place for place in (desk.lobby, desk.team, desk.alerts)}
        self._commands = {name: bot for bot in bots for name in bot.commands}
        self._task: asyncio.Task[None] | None = None

    async def handle(self, event: Event) -> None:
        """One event of the inbox. Raises Temporary to be asked again; may be called twice for the same event."""
        if place := self._places.get(event.room_id):
            return await self._at_desk(place, event)
        if event.type == MEMBER and event.state_key == self._account.user_id:
            return await self._own_membership(event)
        room = await self.room(event.room_id)
        if room is None:
            return
        async with room.lock:
            structlog.contextvars.bind_contextvars(conversation=room.state.reference if room.state else None)
            room.because(event.id)
            try:
                await self._in_room(room, event)
            except Temporary:
                room.forget()
                raise
            except Exception:  # parked: the bots that did their part remember it
                await room.keep()
                raise
            await room.keep()

    async def room(self, room_id: str) -> Room | None:
        """The handle of a room that we are in; None when we may not see it."""
        if room_id not in self._rooms:
            room = Room(self._account, room_id)
            try:
                await room.load()
            except Refused as error:
                log.info("room_not_ours", room=room_id, reason=str(error))
                return None
            self._rooms.setdefault(room_id, room)
        return self._rooms[room_id]

    async def _own_membership(self, event: Event) -> None:
        membership = event.content.get("membership")
        if membership == "invite" and self._people.kind(event.sender) is Kind.SERVICE:
            await self._account.join(event.room_id)
        elif membership == "join":
            await self._entered(event.room_id)
        elif membership in ("leave", "ban"):
            self._rooms.pop(event.room_id, None)

    async def _entered(self, room_id: str) -> None:
        """What was said before we were in was not sent to us: read it when a conversation has begun already."""
        room = await self.room(room_id)
        if room is None or room.memory.get("opened"):
            return
        history, _ = await self._account.history(room_id)
        for raw in reversed(history):
            event = Event.parse(raw)
            begun = event and (event.type == vocabulary.CONVERSATION or room.memory.get("opened"))
            if event and begun and event.type != MEMBER:
                await self.handle(event)

    async def _in_room(self, room: Room, event: Event) -> None:
        if event.type == vocabulary.CONVERSATION:
            return await self._conversation(room, event)
        if event.type == vocabulary.CITIZEN and self._people.kind(event.sender) is Kind.SERVICE:
            room.declared = event.content
            return await self._changed(room)
        if room.state is None or self._people.kind(event.sender) is Kind.SERVICE:
            return
        if event.type == MEMBER:
            await self._each("member", lambda bot: bot.member(room, event))
        elif self._people.kind(event.sender) is Kind.CITIZEN:
            if event.type == MESSAGE:
                if isinstance(left := event.own(vocabulary.DEPARTURE), Mapping):
                    room.memory["left"] = str(left.get("reason"))
                await self._each("said", lambda bot: bot.said(room, event))
        elif event.type == REACTION and event.reaction:
            await self._each("reacted", lambda bot: bot.reacted(room, event))
        elif event.type == MESSAGE and not event.replaces:
            await self._person(room, event)

    async def _conversation(self, room: Room, event: Event) -> None:
        state = Conversation.parse(event.content)
        if state is None or self._people.kind(event.sender) is not Kind.SERVICE:
            return
        if not room.memory.get("opened"):
            room.state = room.state or state  # what was loaded may be newer than the event
            room.memory["opened"] = True
            await self._each("opened", lambda bot: bot.opened(room))
        elif event.sender != self._account.user_id and state != room.state:
            # A bridge that was killed while it opened does it again: after the opening our word stands.
            await self._account.put_state(room.id, vocabulary.CONVERSATION, room.conversation.content())
        await self._changed(room)

    async def _changed(self, room: Room) -> None:
        if room.state and room.memory.get("opened"):
            await self._each("changed", lambda bot: bot.changed(room))

    async def _person(self, room: Room, event: Event) -> None:
        command = Command.parse(event.body)
        if command is None:
            if not event.threaded:
                await self._each("replied", lambda bot: bot.replied(room, event))
            return
        bot = self._commands.get(command.name)
        if command.name == "aide":
            lines = [_HELP.line, *(usage.line for each in self._bots for usage in each.commands.values())]
            await room.note("**Commandes**\n" + "\n".join(lines))
        elif bot:
            await self._command(bot, room, command, event)
        else:
            metrics.COMMANDS.labels("unknown", "refused").inc()
            await room.note(f"Je ne connais pas la commande `!{command.name}`. Écrivez `!aide` pour la liste.")

    async def _command(self, bot: Bot, room: Room, command: Command, event: Event) -> None:
        try:
            await bot.command(room, command, event)
            metrics.COMMANDS.labels(command.name, "done").inc()
        except Malformed as error:
            metrics.COMMANDS.labels(command.name, "refused").inc()
            await room.note(f"{error} Écrivez : `{bot.commands[command.name].form}`.")

    async def _at_desk(self, place: Place, event: Event) -> None:
        place = place.by(event.id)
        if place.id == self._desk.lobby.id:
            if event.type == MEMBER and event.state_key:
                joined = event.content.get("membership") == "join" and self._is_person(event.state_key)
                (self._desk.operators.add if joined else self._desk.operators.discard)(event.state_key)
            await self._each("lobby", lambda bot: bot.lobby(event))
        is_command = event.type == MESSAGE and self._is_person(event.sender) and not event.replaces
        command = Command.parse(event.body) if is_command else None
        if command:
            taken = [await bot.desk_command(place, command, event) for bot in self._bots]
            if not any(taken):
                await place.send(
                    team(f"`!{command.name}` ne se fait pas ici. Écrivez-le dans le salon de la conversation.")
                )

    def _is_person(self, user_id: str) -> bool:
        return self._people.kind(user_id) is Kind.PERSON

    async def _each(self, hook: str, call: Callable[[Bot], Awaitable[None]]) -> None:
        """One bot's bug must not silence the others; what may be retried is raised after all had their turn."""
        later: Exception | None = None
        for bot in self._bots:
            try:
                await call(bot)
            except Refused as error:
                log.error("bot_refused", bot=type(bot).__module__, hook=hook, reason=str(error))
            except Exception as error:
                log.exception("bot_failed", bot=type(bot).__module__, hook=hook)
                later = later or error
        if later:
            raise later

    # Time.

    async def load(self) -> None:
        """Find the rooms that we are in, so that none is stranded after a restart."""
        members = await self._account.full_state(self._desk.lobby.id)
        joined = {e.state_key for e in members if e.type == MEMBER and e.content.get("membership") == "join"}
        self._desk.operators.update(user for user in joined if user and self._is_person(user))
        for room_id in await self._account.joined_rooms():
            if room_id not in self._places:
                with contextlib.suppress(NotFound):
                    await self.room(room_id)

    def start(self, period: float) -> None:
        """Begin to tick, every ``period`` seconds."""
        self._task = asyncio.create_task(self._tick(period), name="tick")

    async def stop(self) -> None:
        """Stop ticking."""
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task

    async def _tick(self, period: float) -> None:
        while True:
            await asyncio.sleep(period)
            for room in list(self._rooms.values()):
                if room.state is not None and not room.lock.locked():
                    await self._tick_room(room)

    async def _tick_room(self, room: Room) -> None:
        async with room.lock:
            for bot in self._bots:
                try:
                    await bot.tick(room, time.time())
                    await room.keep()
                except BrigadeError as error:
                    room.forget()
                    log.info("tick_postponed", bot=type(bot).__module__, reason=str(error))
                except Exception:  # one room's tick must not stop the clock of the others
                    log.exception("tick_failed", bot=type(bot).__module__)
