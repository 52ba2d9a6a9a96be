"""The contract of a channel: it knows a citizen's address and not Matrix; the relay knows both.

A channel is one module (or folder) of ``bridges`` with a ``Settings`` (a ``brigade.config.Section``) and ``Channel``, a
subclass of the class below. It calls the relay for what the citizen does, and is called back for what the citizen gets.
"""

from abc import ABC, abstractmethod
from typing import Any

from aiohttp import web

from brigade.config import Config, Section
from brigade.relay import Relay

CONTINUE = "/suite"  # the web chat's page that takes a conversation over; the one-time key is in the fragment


class Channel(ABC):
    """One channel, running in one process; ``relay`` is its only way to rooms and storage."""

    def __init__(self, settings: Section, config: Config, relay: Relay) -> None:
        self.settings = settings
        self.config = config
        self.relay = relay

    @abstractmethod
    def public(self) -> web.Application:
        """What this channel serves to the world: an API, a webhook. Called once, before ``start``."""

    async def start(self) -> None:
        """Begin to work; storage is there, the homeserver may not be."""
        return None

    async def stop(self) -> None:
        """Stop cleanly; what is stored goes on at the next start."""
        return None

    async def missing(self) -> str | None:
        """What it still waits for before it can do its work, for ``/readyz``: a platform that is away …"""
        return None

    @abstractmethod
    async def show(self, conversation_id: str) -> None:
        """The transcript of a conversation has grown: deliver from where the citizen is. May be called too often."""

    async def hint(self, conversation_id: str, payload: dict[str, Any]) -> None:
        """Something of the moment (typing, read, place in the queue) that is lost when nobody listens."""
        return None
