"""What an administrator decides about our accounts on X."""

from pathlib import Path
from typing import Literal

from pydantic import Field, field_validator

from brigade.config import Section
from brigade.post import PostSettings


class Account(Section):
    """One account of ours."""

    user: str = Field("1000000000000000001", pattern=r"^[0-9]{1,19}$", description="Numeric id of the account.")
    name: str = Field("Gendarmerie nationale", min_length=1, description="What the team calls it.")
    language: Literal["fr", "en", "es", "de", "it"] = Field("fr", description="Language when a message does not tell.")
    entry_point: str = Field("gendarmerie", description="Entry point that its conversations are counted under.")
    access_token_file: Path | None = Field(
        None, description="File with the OAuth 1.0a access token; empty: `x.access_token` in var/secrets."
    )
    access_token_secret_file: Path | None = Field(
        None, description="File with its secret; empty: `x.access_token_secret` in var/secrets."
    )
    oauth2_file: Path | None = Field(
        None,
        description="Instead: file {client_id, client_secret?, access_token, refresh_token} in JSON, which we rewrite.",
    )
    chat_keys_file: Path | None = Field(
        None, description="File {version, keys} in JSON, the account's X Chat keys (base64); empty: X Chat is not read."
    )


class Settings(PostSettings):
    """X: direct messages of our accounts."""

    api: str | None = Field(
        None, pattern=r"^https?://[^/]+$",
        description="The platform, https://api.x.com; empty: the emulator of `brigade up`.",
    )  # fmt: skip
    webhook_url: str | None = Field(
        None, pattern=r"^https://[^:/]+/.*$", max_length=200,
        description="Our webhook as X reaches it (no port); empty: messages are asked for every `poll_seconds`.",
    )  # fmt: skip
    consumer_key_file: Path | None = Field(
        None, description="File with the app's API key; empty: `x.consumer_key` in var/secrets."
    )
    consumer_secret_file: Path | None = Field(
        None, description="File with the API key secret, which signs; empty: `x.consumer_secret` in var/secrets."
    )
    bearer_file: Path | None = Field(
        None, description="File with the app's own bearer token; empty: `x.bearer` in var/secrets."
    )
    accounts: tuple[Account, ...] = Field((Account(),), min_length=1, description="Our accounts.")
    subscriptions: Literal["activity", "account_activity"] = Field(
        "activity", description="X Activity API, or the older Account Activity API (without X Chat)."
    )
    poll_seconds: float = Field(
        65, gt=0, le=3600, description="How often messages are asked for while no webhook works; X allows 15 in 15 min."
    )
    reconcile_seconds: float = Field(
        1800, gt=0, le=86400, description="How often while a webhook works, in case something was lost; X bills it."
    )
    check_seconds: float = Field(300, gt=0, le=3600, description="How often we look whether the webhook is valid.")

    @field_validator("accounts")
    @classmethod
    def _accounts_differ(cls, given: tuple[Account, ...]) -> tuple[Account, ...]:
        users = [each.user for each in given]
        if twice := sorted({user for user in users if users.count(user) > 1}):
            raise ValueError(f"the account {twice[0]} stands there twice")
        return given

    @property
    def origin(self) -> str | None:
        """Of the API."""
        return self.api

    @property
    def emulator(self) -> str | None:
        """Without a platform."""
        return "x" if self.api is None else None

    def file(self, name: Literal["consumer_key", "consumer_secret", "bearer"], secrets: Path) -> Path:
        """Where one of the app's secrets is."""
        given: Path | None = getattr(self, f"{name}_file")
        return given or secrets / f"x.{name}"

    def token_files(self, account: Account, secrets: Path) -> tuple[Path, Path]:
        """Where an account's OAuth 1.0a token and its secret are."""
        return (
            account.access_token_file or secrets / "x.access_token",
            account.access_token_secret_file or secrets / "x.access_token_secret",
        )
