"""Who a Matrix id is: a citizen's ghost, one of our services, or a person."""

from dataclasses import dataclass
from enum import StrEnum


class Kind(StrEnum):
    """What stands behind a Matrix id."""

    CITIZEN = "citizen"
    SERVICE = "service"
    PERSON = "person"


@dataclass(frozen=True, slots=True)
class People:
    """Knows our own server's ids: only there are ``_channel`` and ``_channel_…`` reserved for application services."""

    server_name: str
    bots: str
    channels: frozenset[str]

    def kind(self, user_id: str) -> Kind:
        """A ghost of another server is a person like any other: anybody may register such a name there."""
        localpart, _, server = user_id[1:].partition(":")
        if server != self.server_name:
            return Kind.PERSON
        if user_id == self.bots or localpart in {f"_{channel}" for channel in self.channels}:
            return Kind.SERVICE
        is_ghost = any(localpart.startswith(f"_{channel}_") for channel in self.channels)
        return Kind.CITIZEN if is_ghost else Kind.PERSON
