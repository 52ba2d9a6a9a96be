"""The smallest channel on somebody else's platform, for the tests of what all of them share."""

from typing import ClassVar

import aiohttp
from aiohttp import web
from pydantic import Field

from brigade.errors import Refused, Temporary, Unreachable
from brigade.post import Arrival, Capabilities, Parcel, Person, Post, PostSettings
from brigade.post.channel import Remote


class Settings(PostSettings):
    """A telegraph office."""

    office: str = Field("http://127.0.0.1:1", description="Where telegrams are handed in.")

    @property
    def origin(self) -> str:
        return self.office


class Channel(Post):
    """Telegrams: 80 characters, three native choices."""

    settings: Settings
    capabilities: ClassVar[Capabilities] = Capabilities(length=80, choices=3, media=True)
    platform: ClassVar[str] = "Le télégraphe"

    def public(self) -> web.Application:
        app = web.Application()
        app.add_routes([web.post("/in", self._in)])
        return app

    async def _in(self, request: web.Request) -> web.Response:
        events = await request.json()
        await self.accept([self.arrival(e["id"], e["at"], "office", e["from"], e) for e in events])
        return web.Response()

    async def take(self, arrival: Arrival, person: Person) -> None:
        event = arrival.event
        if event.get("deletes"):
            await self.taken_back(person, event["deletes"])
        elif event.get("edits"):
            await self.edited(person, event["edits"], event["text"], arrival.id)
        elif event.get("read"):
            if page := await self.page(person):
                await self.postman.seen(page, until=event["read"])
        else:
            files = [Remote(url) for url in event.get("files", ())]
            await self.said(arrival, person, event.get("text", ""), payload=event.get("button"), files=files)

    async def send(self, person: Person, parcel: Parcel) -> str | None:
        said = {"to": person.address, "text": parcel.text, "key": parcel.key}
        if parcel.prompt:
            said["choices"] = [option.id for option in parcel.prompt.options]
        if parcel.file:
            said["file"] = parcel.file.name
        return await self._call("send", said)

    async def look(self, person: Person, parcel: Parcel) -> str | None:
        return await self._call("look", {"key": parcel.key})

    async def _call(self, path: str, said: object) -> str | None:
        try:
            async with (
                aiohttp.ClientSession() as session,
                session.post(f"{self.settings.office}/{path}", json=said) as answer,
            ):
                if answer.status == 429:
                    raise Temporary("the office is busy", 0.2)
                if answer.status == 403:
                    raise Refused("le destinataire refuse les télégrammes", "blocked")
                return (await answer.json())["id"]
        except aiohttp.ClientError as error:
            raise Unreachable(f"the office did not answer: {error}") from error
