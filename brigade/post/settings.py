"""What every channel on another platform lets an administrator decide."""

from pydantic import Field

from brigade.config import Section
from brigade.relay import Terms


class PostSettings(Section):
    """Base of a stanza; a channel adds its own keys."""

    entry_point: str = Field(
        "gendarmerie", description="Entry point that conversations of this channel are counted under."
    )
    language: str = Field("fr", pattern="^(fr|en|es|de|it)$", description="Language when a message does not tell.")
    keep_days: float = Field(
        30, gt=0, le=365, description="How long a conversation without a word stays open to the citizen."
    )
    grace_hours: float = Field(
        24, ge=0, le=24 * 7, description="How long after the closure an answer still counts as a rating."
    )
    ready_rooms: int = Field(2, ge=0, le=100, description="Rooms kept ready, so that a conversation opens at once.")
    attachment_bytes: int = Field(10 * 2**20, ge=1000, le=50 * 2**20, description="Largest file that is fetched.")
    image_pixels: int = Field(64_000_000, ge=10_000, le=256_000_000, description="Largest picture, in pixels.")
    web_chat: bool = Field(True, description="Whether the first automatic message offers to go on in the web chat.")

    @property
    def origin(self) -> str | None:
        """Where the platform's API is; None: nowhere, or at our emulator."""
        return None

    def terms(self, heirs: tuple[str, ...]) -> Terms:
        """As the relay wants them."""
        return Terms(
            self.keep_days * 86400, self.grace_hours * 3600, self.ready_rooms, known=True, heirs=heirs, confirms=False
        )
