"""The room of one conversation, as a bot holds it: it speaks to the citizen or to the team and knows what it is."""

import asyncio
import copy
from collections.abc import Iterable, Mapping
from typing import Any

from brigade import vocabulary
from brigade.matrix import Account, txn
from brigade.place import Place, team
from brigade.vocabulary import AUDIENCE, PROMPT, Audience, Conversation, Prompt

MEMORY = "fr.brigade.desk"  # room account data of the bots' user: bots forget, rooms remember


class Room(Place):
    """``state``: the conversation; ``ghost``: the citizen's Matrix id; ``memory``: small JSON that bots share by key.

    A bot holds a room only while it handles something of that room: ``lock`` is taken for it.
    """

    def __init__(self, account: Account, room_id: str) -> None:
        super().__init__(account, room_id)
        self.state: Conversation | None = None
        self.declared: Mapping[str, Any] = {}
        self.memory: dict[str, Any] = {}
        self.lock = asyncio.Lock()
        self._kept: dict[str, Any] = {}
        self._name: str | None = None

    def because(self, *cause: str) -> None:
        """What is written from now on, until the lock is given back, is brought about by ``cause``."""
        self.cause = txn(self.id, *cause)

    async def load(self) -> None:
        """Read what the room remembers."""
        content = await self.account.state(self.id, vocabulary.CONVERSATION)
        self.state = Conversation.parse(content) if content else None
        self.memory = await self.account.account_data(self.id, MEMORY)
        self._kept = copy.deepcopy(self.memory)
        if self.state:
            self.declared = await self.account.state(self.id, vocabulary.CITIZEN) or {}

    async def keep(self) -> None:
        """Write the memory down when it has changed."""
        if self.memory != self._kept:
            await self.account.set_account_data(self.id, MEMORY, self.memory)
            self._kept = copy.deepcopy(self.memory)

    def forget(self) -> None:
        """Take back what was remembered since it was last written down: what failed is done again from the start."""
        self.memory = copy.deepcopy(self._kept)

    @property
    def conversation(self) -> Conversation:
        """The state, for callers that know that there is one."""
        assert self.state is not None
        return self.state

    @property
    def sheet(self) -> str | None:
        """The event id of the sheet, root of the team's thread."""
        found = self.memory.get("sheet")
        return found if isinstance(found, str) else None

    @property
    def gone(self) -> bool:
        """Whether the citizen has left: then nothing whatever is for them any more (S8)."""
        return "left" in self.memory

    @property
    def link(self) -> str:
        """An address that Matrix clients open."""
        server = self.account.user_id.partition(":")[2]
        return f"https://matrix.to/#/{self.id}?via={server}"

    async def update(self, **changes: Any) -> None:
        """Change the conversation's state, and the room's name when that shows it."""
        before, after = self.conversation, self.conversation.with_(**changes)
        if after == before:
            return
        await self.account.put_state(self.id, vocabulary.CONVERSATION, after.content())
        self.state = after
        if after.room_name != before.room_name:
            await self.account.put_state(self.id, "m.room.name", {"name": after.room_name})

    async def tell_citizen(
        self,
        text: str,
        *,
        prompt: Prompt | None = None,
        language: str | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> str:
        """A message for the citizen, in ``language`` (the conversation's when it is None); its id, or nothing when they
        have left: then it is not sent.
        """
        if self.gone:
            return ""
        content: dict[str, Any] = {"msgtype": "m.text", "body": text, AUDIENCE: Audience.CITIZEN.value}
        content[vocabulary.LANGUAGE] = language or self.conversation.language
        if prompt:
            content[PROMPT] = prompt.content()
        return await self.send(content | dict(extra or {}))

    async def note(
        self,
        text: str,
        *,
        markup: str | None = None,
        notify: Iterable[str] = (),
        extra: Mapping[str, Any] | None = None,
    ) -> str:
        """A message in the team's thread."""
        content = team(text, markup=markup, notify=notify, extra=extra)
        if self.sheet:
            content["m.relates_to"] = {
                "rel_type": "m.thread", "event_id": self.sheet, "is_falling_back": True,
                "m.in_reply_to": {"event_id": self.sheet},
            }  # fmt: skip
        return await self.send(content)
