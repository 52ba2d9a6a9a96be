"""What an administrator decides about the web chat."""

from ipaddress import IPv4Network, IPv6Network

from pydantic import Field

from bridges.webchat.entry_points import WidgetSettings
from brigade.config import Section
from brigade.relay import Terms


class Rate(Section):
    """How often one address may do something."""

    burst: int = Field(60, ge=1, description="How many at once.")
    per_minute: float = Field(60, gt=0, description="How many a minute after that.")


class Limits(Section):
    """Against floods from one address; a household, a library or a mobile operator may share one."""

    enabled: bool = Field(True, description="Off only for measurements.")
    openings: Rate = Field(Rate(burst=60, per_minute=30), description="New conversations.")
    messages: Rate = Field(Rate(burst=120, per_minute=240), description="Messages, answers and ratings.")
    attachments: Rate = Field(Rate(burst=20, per_minute=10), description="Files.")
    signals: Rate = Field(Rate(burst=240, per_minute=480), description="Typing and read signals.")
    failures: Rate = Field(Rate(burst=30, per_minute=30), description="Wrong tokens; good ones are never refused.")


class Settings(Section):
    """Web chat: the citizen's API and the widget."""

    text_characters: int = Field(5000, ge=100, le=20000, description="Longest message of a citizen.")
    attachment_bytes: int = Field(10 * 2**20, ge=1000, le=50 * 2**20, description="Largest file of a citizen.")
    image_pixels: int = Field(
        64_000_000, ge=10_000, le=256_000_000, description="Largest picture, in pixels, all its frames together."
    )
    allowed_origins: tuple[str, ...] = Field(
        (), description="Other origins, https://host, whose pages may open a stream; ours always may."
    )
    trusted_proxies: tuple[IPv4Network | IPv6Network, ...] = Field(
        (), description="Networks of the reverse proxies whose X-Forwarded-For is believed."
    )
    heartbeat_seconds: float = Field(30, gt=0, le=300, description="How often an open stream is checked.")
    first_frame_seconds: float = Field(10, gt=0, le=60, description="How long a stream may stay without its token.")
    send_seconds: float = Field(15, gt=0, le=120, description="How long a reader may keep a stream waiting.")
    token_hours: float = Field(24, gt=0, le=24 * 31, description="How long a conversation can be resumed.")
    grace_minutes: float = Field(
        30, ge=0, le=24 * 60, description="How long the citizen can still read and rate after the closure."
    )
    ready_rooms: int = Field(4, ge=0, le=100, description="Rooms kept ready, so that a conversation opens at once.")
    limits: Limits = Field(Limits(), description="Floods from one address.")
    widget: WidgetSettings = Field(WidgetSettings(), description="The widget and the pages around it.")

    @property
    def terms(self) -> Terms:
        """As the relay wants them."""
        return Terms(self.token_hours * 3600, self.grace_minutes * 60, self.ready_rooms)
