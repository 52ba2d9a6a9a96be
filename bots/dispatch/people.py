"""Who is at the desk: names, and who takes conversations now."""

from brigade.bot import Desk

_PAUSED = "fr.brigade.paused"  # account data of the bots' user in the lobby: {"users": [...]}


class Operators:
    """Everybody in the lobby, less those who wrote ``!pause``; kept where the lobby is."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._names: dict[str, str] = {}
        self._paused: set[str] | None = None

    async def name(self, user_id: str) -> str:
        """As colleagues know them."""
        if user_id not in self._names:
            lobby = self._desk.lobby
            member = await lobby.account.state(lobby.id, "m.room.member", user_id) or {}
            shown = member.get("displayname")
            self._names[user_id] = shown if isinstance(shown, str) and shown else user_id[1:].partition(":")[0]
        return self._names[user_id]

    def forget(self, user_id: str) -> None:
        """Their name may have changed."""
        self._names.pop(user_id, None)

    async def paused(self) -> set[str]:
        """Those who wrote ``!pause``."""
        if self._paused is None:
            lobby = self._desk.lobby
            found = (await lobby.account.account_data(lobby.id, _PAUSED)).get("users")
            self._paused = {user for user in found if isinstance(user, str)} if isinstance(found, list) else set()
        return self._paused

    async def set_paused(self, user_id: str, paused: bool) -> bool:
        """Whether that was a change."""
        known = await self.paused()
        wanted = known | {user_id} if paused else known - {user_id}
        if wanted == known:
            return False
        lobby = self._desk.lobby
        await lobby.account.set_account_data(lobby.id, _PAUSED, {"users": sorted(wanted)})
        self._paused = wanted
        return True

    async def available(self) -> list[str]:
        """Who may be called; everybody when all are paused: an emergency must reach somebody."""
        present = self._desk.operators - await self.paused()
        return sorted(present or self._desk.operators)

    def present(self, user_id: str) -> bool:
        """Whether they are an operator: in the lobby."""
        return user_id in self._desk.operators

    async def absent(self, user_id: str) -> bool:
        """Whether conversations would be stranded with them."""
        return user_id not in self._desk.operators or user_id in await self.paused()
