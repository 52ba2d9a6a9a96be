"""What an administrator decides about the pages of ours on Messenger."""

from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from brigade.config import Section
from brigade.config.services import read_secret
from brigade.post import PostSettings

FIELDS = (
    "messages", "message_echoes", "message_edits", "message_reactions", "message_reads", "message_deliveries",
    "messaging_postbacks", "messaging_referrals", "messaging_optins", "messaging_handovers", "standby",
    "messaging_policy_enforcement",
)  # fmt: skip


class Account(Section):
    """One page of ours."""

    page: str = Field("100000000000001", pattern=r"^\d{1,20}$", description="Id of the page.")
    name: str = Field("Gendarmerie nationale", min_length=1, description="What the team calls it.")
    language: Literal["fr", "en", "es", "de", "it"] = Field("fr", description="Language when a message does not tell.")
    entry_point: str = Field("gendarmerie", description="Entry point that its conversations are counted under.")
    token_file: Path | None = Field(
        None, description="File with the page access token; empty: `messenger.page_token` in var/secrets."
    )


class Settings(PostSettings):
    """Messenger: private messages of Facebook pages."""

    graph: str | None = Field(
        None, pattern=r"^https?://[^/]+$",
        description="The platform, https://graph.facebook.com; empty: the emulator of `brigade up`.",
    )  # fmt: skip
    version: str = Field("v25.0", pattern=r"^v\d+\.\d+$", description="Version of the Graph API.")
    app_id: str = Field("900000000000001", pattern=r"^\d{1,20}$", description="Id of our app on the platform.")
    app_secret_file: Path | None = Field(
        None, description="File with the app secret; empty: `messenger.app_secret` in var/secrets."
    )
    verify_token_file: Path | None = Field(
        None, description="File with the verify token, our own choice; empty: `messenger.verify_token` in var/secrets."
    )
    accounts: tuple[Account, ...] = Field((Account(),), min_length=1, description="Our pages.")
    human_agent: bool = Field(
        False, description="Whether Meta has approved Human Agent: a gendarme may then answer for 7 days."
    )
    profiles: bool = Field(
        True, description="Whether people's names are asked for; needs Business Asset User Profile Access."
    )
    links: dict[str, str] = Field(
        {}, description="Entry points by the `ref` of our m.me links and advertisements, as {ref: entry point}."
    )
    check_seconds: float = Field(
        300, gt=0, le=3600, description="How often we look whether the pages still tell us what happens."
    )
    warn_hours: float = Field(
        2, ge=0, le=24, description="How long before the end of the 24 hours the operator is reminded."
    )

    @field_validator("accounts")
    @classmethod
    def _pages_differ(cls, given: tuple[Account, ...]) -> tuple[Account, ...]:
        pages = [each.page for each in given]
        if twice := sorted({page for page in pages if pages.count(page) > 1}):
            raise ValueError(f"the page {twice[0]} stands there twice")
        return given

    @property
    def origin(self) -> str | None:
        """Of the API."""
        return self.graph

    @property
    def emulator(self) -> str | None:
        """Without a platform."""
        return "messenger" if self.graph is None else None

    def app_secret(self, secrets: Path) -> str:
        """What signs. Raises Misconfigured."""
        return read_secret(self.app_secret_file or secrets / "messenger.app_secret")

    def verify_token(self, secrets: Path) -> str:
        """What the handshake must bring. Raises Misconfigured."""
        return read_secret(self.verify_token_file or secrets / "messenger.verify_token")

    def token_file(self, account: Account, secrets: Path) -> Path:
        """Where a page's access token is."""
        return account.token_file or secrets / "messenger.page_token"
