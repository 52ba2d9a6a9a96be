"""What a platform told us, as it is stored before we say 200: in order for each person, once for each id."""

from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True, slots=True)
class Arrival:
    """One event of a platform. ``id`` is the platform's own; ``room_id`` the person's id, whose order is kept (the name
    is the inbox's); ``at`` in seconds since 1970 by the platform's clock; ``account`` is ours, ``address`` theirs;
    ``event`` as the platform gave it.
    """

    id: str
    room_id: str
    at: float
    account: str
    address: str
    event: dict[str, Any]

    @classmethod
    def parse(cls, raw: Any) -> Self | None:
        """From what ``stored`` made; None when it is not that."""
        try:
            return cls(**raw)
        except TypeError:
            return None

    def stored(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)
