"""A person with a standard Matrix client, for `doctor`, `bench` and tests: the one place with a /sync loop."""

import asyncio
import contextlib
from collections.abc import Callable, Mapping
from typing import Any, Self

from nio.client.async_client import AsyncClient, AsyncClientConfig
from nio.responses import ErrorResponse, LoginResponse, RoomSendResponse, SyncResponse

from brigade.errors import Refused, Unreachable
from brigade.events import Event

Wanted = Callable[[Event], bool]


_WHOLE = {"room": {"timeline": {"limit": 100}}}  # as a client that scrolls up in a room it has just entered


class Person:
    """Logged in, reading everything; ``seen`` holds every event since then, oldest first."""

    def __init__(self, url: str, user_id: str) -> None:
        config = AsyncClientConfig(encryption_enabled=False, max_timeouts=1, max_limit_exceeded=3)
        self.client = AsyncClient(url, user_id, config=config)
        self.user_id = user_id
        self.seen: list[Event] = []
        self.ephemeral: list[tuple[str, Any]] = []
        self._news = asyncio.Condition()
        self._task: asyncio.Task[None] | None = None

    @classmethod
    async def login(cls, url: str, user_id: str, password: str) -> Self:
        """Raises Refused when the password is wrong, Unreachable when nobody answers."""
        person = cls(url, user_id)
        try:
            answer = await person.client.login(password, device_name="brigade tools")
            if not isinstance(answer, LoginResponse):
                raise Refused(f"{user_id} cannot log in: {answer}")
            await person._read(0)
        except OSError as error:
            await person.close()
            raise Unreachable(f"the homeserver does not answer: {type(error).__name__}") from error
        except BaseException:
            await person.close()
            raise
        person._task = asyncio.create_task(person._loop(), name=f"sync-{user_id}")
        return person

    async def close(self) -> None:
        """Stop reading."""
        if self._task:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        await self.client.close()  # type: ignore[no-untyped-call]  # nio has no annotation there

    async def _loop(self) -> None:
        while True:
            try:
                await self._read(10_000)
            except (TimeoutError, OSError):
                await asyncio.sleep(0.2)

    async def _read(self, poll: int) -> None:
        answer = await self.client.sync(timeout=poll, sync_filter=_WHOLE)
        if not isinstance(answer, SyncResponse):
            await asyncio.sleep(0.2)
            return
        async with self._news:
            for room_id, joined in answer.rooms.join.items():
                events = [*joined.state, *joined.timeline.events]
                parsed = (Event.parse({"room_id": room_id} | found.source) for found in events)
                self.seen += [event for event in parsed if event]
                self.ephemeral += [(room_id, found) for found in joined.ephemeral]
            self._news.notify_all()

    async def wait(self, wanted: Wanted, within: float = 10.0) -> Event:
        """The first event, seen already or to come, that is ``wanted``; TimeoutError after ``within`` seconds."""

        def found() -> Event | None:
            return next((event for event in self.seen if wanted(event)), None)

        async with asyncio.timeout(within), self._news:
            await self._news.wait_for(found)
        event = found()
        assert event
        return event

    async def send(self, room_id: str, content: Mapping[str, Any], kind: str = "m.room.message") -> str:
        """Send an event; its id. Raises Refused."""
        answer = await self.client.room_send(room_id, kind, dict(content), ignore_unverified_devices=True)
        if not isinstance(answer, RoomSendResponse):
            raise Refused(f"{self.user_id} could not write: {answer}")
        return str(answer.event_id)

    async def say(self, room_id: str, body: str, **extra: Any) -> str:
        """Send a text."""
        return await self.send(room_id, {"msgtype": "m.text", "body": body} | extra)

    async def whisper(self, room_id: str, root: str, body: str) -> str:
        """Send a text into the thread under ``root``."""
        relation = {"rel_type": "m.thread", "event_id": root}
        return await self.say(room_id, body, **{"m.relates_to": relation})

    async def react(self, room_id: str, event_id: str, key: str) -> str:
        """Press a reaction."""
        relation = {"rel_type": "m.annotation", "event_id": event_id, "key": key}
        return await self.send(room_id, {"m.relates_to": relation}, "m.reaction")

    async def join(self, room_id: str) -> None:
        """Accept an invitation (the homeserver may have done so for us)."""
        answer = await self.client.join(room_id)
        if isinstance(answer, ErrorResponse):
            raise Refused(f"{self.user_id} could not enter: {answer}")

    async def read(self, room_id: str, event_id: str) -> None:
        """Show that we have read up to ``event_id``."""
        await self.client.update_receipt_marker(room_id, event_id)
