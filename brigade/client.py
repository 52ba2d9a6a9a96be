"""A citizen's side of the API, for `brigade talk`, `doctor`, `bench` and the tests: the same calls as the widget's."""

import asyncio
import json
import uuid
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any, Self

import aiohttp

from brigade.errors import NotFound, Refused, Temporary, Unreachable

API = "/api/v1"


class Citizen:
    """One conversation; ``seen`` holds every event so far, in the order in which they came."""

    def __init__(self, base: str) -> None:
        self.base = base.rstrip("/")
        self.id = ""
        self.reference = ""
        self.token = ""
        self.seen: list[dict[str, Any]] = []
        self._session = aiohttp.ClientSession()
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._task: asyncio.Task[None] | None = None
        self._news = asyncio.Condition()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections; the conversation goes on."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._session.close()

    async def call(self, method: str, path: str, body: Any = None, **options: Any) -> dict[str, Any]:
        """One call; raises the error that the problem document tells."""
        headers = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        headers |= options.pop("headers", {})
        try:
            async with self._session.request(
                method, self.base + API + path, json=body, headers=headers, **options
            ) as answer:
                found = json.loads(await answer.read() or b"{}")
                if answer.status >= 400:
                    raise _error(answer, found)
                return dict(found)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise Unreachable(f"{self.base} does not answer: {type(error).__name__}") from error

    async def open(self, text: str | None = None, language: str = "fr", **more: Any) -> Self:
        """Begin a conversation."""
        body = {"entry_point": "gendarmerie", "language": language, "consent": True} | more
        found = await self.call("POST", "/conversations", body | ({"text": text} if text else {}))
        self.id, self.token, self.reference = found["id"], found["token"], found["reference"]
        return self

    async def say(self, text: str, client_id: str | None = None) -> int:
        """Send a message; its number."""
        body = {"client_id": client_id or uuid.uuid4().hex, "text": text}
        return int((await self.call("POST", f"/conversations/{self.id}/messages", body))["seq"])

    async def answer(self, prompt: str, **choice: Any) -> int:
        """Answer a question with ``option="…"`` or ``value=…``."""
        body = {"client_id": uuid.uuid4().hex, "answer": {"prompt": prompt} | choice}
        return int((await self.call("POST", f"/conversations/{self.id}/messages", body))["seq"])

    async def attach(self, name: str, data: bytes, description: str | None = None) -> int:
        """Send a file."""
        form = aiohttp.FormData(quote_fields=False)  # as browsers: a blank in a name is a blank
        form.add_field("client_id", uuid.uuid4().hex)
        if description:
            form.add_field("description", description)
        form.add_field("file", data, filename=name, content_type="application/octet-stream")
        return int((await self.call("POST", f"/conversations/{self.id}/attachments", data=form))["seq"])

    async def rate(self, score: int, comment: str | None = None, resolved: bool | None = None) -> None:
        """Say what it was like."""
        body = {"score": score, "comment": comment, "resolved": resolved}
        await self.call("PUT", f"/conversations/{self.id}/rating", body)

    async def leave(self, quick: bool = False) -> None:
        """End it: the token is dead."""
        await self.call("DELETE", f"/conversations/{self.id}", headers={"X-Exit": "quick"} if quick else {})

    async def events(self, since: int = 0) -> list[dict[str, Any]]:
        """What happened after ``since``."""
        found = await self.call("GET", f"/conversations/{self.id}/events", params={"since": str(since)})
        return list(found["events"])

    async def listen(self) -> Self:
        """Read the stream in the background from now on, reconnecting from where it broke."""
        self._task = asyncio.create_task(self._loop())
        return self

    async def _loop(self) -> None:
        while True:
            try:
                async with self._stream() as frames:
                    async for event in frames:
                        async with self._news:
                            self.seen.append(event)
                            self._news.notify_all()
            except (aiohttp.ClientError, OSError):
                pass
            await asyncio.sleep(0.2)

    @asynccontextmanager
    async def _stream(self) -> AsyncIterator[AsyncIterator[dict[str, Any]]]:
        last = max((event.get("seq", 0) for event in self.seen), default=0)
        url = f"{self.base}{API}/conversations/{self.id}/stream?since={last}"
        async with self._session.ws_connect(url) as socket:
            await socket.send_json({"token": self.token})
            yield (json.loads(frame.data) async for frame in socket if frame.type is aiohttp.WSMsgType.TEXT)

    async def wait(self, wanted: Callable[[dict[str, Any]], bool], within: float = 10.0) -> dict[str, Any]:
        """The first event, seen already or to come, that is ``wanted``; TimeoutError after ``within`` seconds."""

        def found() -> dict[str, Any] | None:
            return next((event for event in self.seen if wanted(event)), None)

        async with asyncio.timeout(within), self._news:
            await self._news.wait_for(found)
        event = found()
        assert event
        return event

    async def hear(self, text: str, within: float = 10.0) -> dict[str, Any]:
        """The first message from the other side that holds ``text``."""

        def wanted(event: dict[str, Any]) -> bool:
            return event["type"] == "message" and event["from"] != "me" and text in (event.get("text") or "")

        return await self.wait(wanted, within)


def _error(answer: aiohttp.ClientResponse, problem: Any) -> Refused | Temporary:
    said = problem if isinstance(problem, dict) else {}
    sentence = f"{answer.status} {said.get('title', answer.reason)}: {said.get('detail', '')}"
    wait = answer.headers.get("Retry-After", "")
    if answer.status == 429 or answer.status >= 500:
        return Temporary(sentence, float(wait) if wait.isdigit() else None)
    return (NotFound if answer.status == 404 else Refused)(sentence, str(said.get("type", "")))
