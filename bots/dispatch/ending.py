"""How a conversation ends: the citizen leaves, and later the closed room is left too."""

from bots.dispatch import words
from bots.dispatch.claim import Claims
from brigade.events import MEMBER
from brigade.room import Room
from brigade.vocabulary import Status, Urgency


class Ending:
    """``archive_after``: seconds between the closure and the end of the room."""

    def __init__(self, claims: Claims, archive_after: float) -> None:
        self._claims = claims
        self._archive_after = archive_after

    async def departed(self, room: Room, at: float) -> None:
        """A calm conversation that nobody took is over; any other is for operators to decide (S19)."""
        state = room.conversation
        said = f"{words.departure(room.memory.get('left'))}. Plus rien ne lui est envoyé."
        calm = state.urgency is Urgency.NORMAL and not room.memory.get("sensitive")
        if state.status is Status.WAITING and calm:
            await room.note(f"{said} Personne ne l’avait prise : la conversation est close.")
            await self._claims.close(room, at)
        elif state.open:
            notify = [state.operator] if state.operator else []
            await room.note(f"{said} À vous de décider de la suite, puis `!clore`.", notify=notify)

    async def tick(self, room: Room, now: float) -> bool:
        """Leave a room that has been closed for long, so that no cost grows with history; whether it was."""
        closed_at = words.moment(room.conversation.closed_at or "")
        if room.conversation.open or now - closed_at < self._archive_after:
            return False
        for event in await room.account.full_state(room.id):
            user = event.state_key or ""
            present = event.type == MEMBER and event.content.get("membership") in ("join", "invite")
            # The bridge and the ghost (reserved names) leave by themselves.
            if present and user != room.account.user_id and not user.startswith("@_"):
                await room.account.kick(room.id, user, "conversation archivée")
        await room.account.leave(room.id)
        return True
