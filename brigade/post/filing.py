"""Files that come with what a person says: fetched, recognised and passed on, or named to the team with the reason."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from brigade import metrics
from brigade.book import Page
from brigade.errors import Malformed, Refused, Unreachable
from brigade.files import Received, Shelf
from brigade.files.passing import Passing
from brigade.post.arrivals import Arrival
from brigade.post.fetch import Fetcher
from brigade.relay import Relay

LATER = "file later"  # key of an arrival that is a file whose server did not answer
_GIVE_UP = 3600.0  # seconds after which a file is named instead of fetched
_REFUSED = {
    "file-type": "genre de fichier non accepté (images et PDF seulement)",
    "file-damaged": "fichier abîmé ou qui n’est pas ce qu’il dit être",
    "file-huge": "image trop grande",
}


@dataclass(frozen=True, slots=True)
class Remote:
    """A file of the citizen on the platform; what authorises us to fetch it is ``Post.authorise``'s."""

    url: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Stored:
    """A file of the citizen that came with the event: ``file`` is its name in the media folder, where it was put before
    the event was acknowledged.
    """

    file: str
    name: str = ""


class Filing:
    """Of one channel. ``store`` keeps arrivals: a file whose server does not answer waits in a lane of its own, so that
    the person's next words do not wait for it. ``authorise(account, url)``: the headers that a file is fetched with.
    """

    def __init__(
        self, relay: Relay, shelf: Shelf, fetcher: Fetcher, store: Callable[[list[Any]], Awaitable[object]],
        authorise: Callable[[str, str], Awaitable[Mapping[str, str]]],
    ) -> None:  # fmt: skip
        self._relay = relay
        self._fetcher = fetcher
        self._passing = Passing(relay, shelf)
        self._store = store
        self._authorise = authorise

    async def take(self, arrival: Arrival, page: Page, source: str, file: Remote | Stored) -> None:
        """Pass a file on, now or as soon as its server answers. Raises Temporary to be asked again."""
        try:
            await self._file(arrival.account, page, source, file)
        except Unreachable:
            if not isinstance(file, Remote):
                raise
            event = {LATER: {"url": file.url, "name": file.name, "source": source, "conversation": page.id}}
            lane = f"{arrival.room_id}:files"
            later = Arrival(f"file:{source}"[:255], lane, arrival.at, arrival.account, arrival.address, event)
            await self._store([later.stored()])

    async def again(self, arrival: Arrival) -> None:
        """A file that waited. Raises Unreachable to be asked again; at last it is named to the team."""
        kept = arrival.event[LATER]
        page = await self._relay.book.page(kept["conversation"])
        if page is None or page.channel != self._relay.book.channel:
            return
        try:
            await self._file(arrival.account, page, kept["source"], Remote(kept["url"], kept["name"]))
        except Unreachable:
            if time.time() - arrival.at < _GIVE_UP:
                raise
            await self._tell(page, kept["source"], Refused("son serveur ne répond pas : faites-le renvoyer", "gone"))

    async def _file(self, account: str, page: Page, source: str, file: Remote | Stored) -> None:
        try:
            if isinstance(file, Stored):
                await self._stored(page, source, file)
                return
            headers = await self._authorise(account, file.url)
            async with self._fetcher.fetch(file.url, file.name, headers) as received:
                await self._passing.on(page, source, received, None)
        except Refused as error:
            await self._tell(page, source, error)

    async def _stored(self, page: Page, source: str, file: Stored) -> None:
        path = self._relay.media / file.file
        if path.exists():  # otherwise it was passed on before a crash
            try:
                await self._passing.on(page, source, await asyncio.to_thread(Received.of, path, file.name), None)
            except Refused:
                path.unlink(missing_ok=True)
                raise

    async def _tell(self, page: Page, source: str, error: Refused) -> None:
        metrics.REFUSED.labels(self._relay.book.channel, error.code or "file").inc()
        reason = _REFUSED.get(error.code or "", str(error)) if isinstance(error, Malformed) else str(error)
        await self._relay.desk.note(page, f"file:{source}", f"Un fichier du citoyen n’a pas été repris : {reason}.")
