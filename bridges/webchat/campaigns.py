"""Prevention messages shown before a conversation begins, from a JSON feed that somebody else publishes.

The citizen's browser never asks for it: we do, and what we have is part of an entry point. Away, nothing is shown.
"""

import asyncio
from collections.abc import Mapping
from typing import Any

import aiohttp
import structlog
from pydantic import BaseModel, ValidationError

from brigade.texts import LANGUAGES

log = structlog.get_logger(__name__)

_PERIOD = 60.0  # seconds
_WITHIN = aiohttp.ClientTimeout(total=5)


class Link(BaseModel):
    """Where it leads."""

    text: str
    url: str


class Campaign(BaseModel):
    """One message; ``entry_points`` are those that show it, all when there are none."""

    title: str
    text: str
    language: str
    link: Link | None = None
    entry_points: tuple[str, ...] = ()


class _Feed(BaseModel):
    campaigns: tuple[Campaign, ...]


class Campaigns:
    """``address`` of the feed; None: there is none."""

    def __init__(self, address: str | None) -> None:
        self._address = address
        self._found: Mapping[str, tuple[Campaign, ...]] = {}
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to ask."""
        if self._address:
            self._task = asyncio.create_task(self._ask_again(self._address), name="campaigns")

    async def stop(self) -> None:
        """Stop asking."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    def shown(self, entry_point: str, language: str) -> dict[str, Any] | None:
        """The first that this entry point shows, as the widget gets it."""
        wanted = (c for c in self._found.get(language, ()) if not c.entry_points or entry_point in c.entry_points)
        found = next(wanted, None)
        return found.model_dump(exclude={"entry_points"}) if found else None

    async def _ask_again(self, address: str) -> None:
        async with aiohttp.ClientSession(timeout=_WITHIN) as session:
            while True:
                try:
                    self._found = {language: await _read(session, address, language) for language in LANGUAGES}
                except (aiohttp.ClientError, TimeoutError, OSError, ValidationError) as error:
                    log.info("campaigns_away", reason=type(error).__name__)
                    self._found = {}
                await asyncio.sleep(_PERIOD if self._found else _PERIOD / 10)


async def _read(session: aiohttp.ClientSession, address: str, language: str) -> tuple[Campaign, ...]:
    async with session.get(address, params={"site": "chat", "lang": language}) as answer:
        answer.raise_for_status()
        return _Feed.model_validate_json(await answer.read()).campaigns
