"""What an administrator decides about the contact form and its mail."""

from pathlib import Path

from pydantic import Field

from brigade.config import Section
from brigade.post import PostSettings


class Submission(Section):
    """The mail server that our answers are handed to."""

    host: str | None = Field(None, description="Its name; empty: the emulated one of `brigade emulate smtp`.")
    port: int = Field(587, ge=1, le=65535, description="Its port.")
    security: str = Field(
        "starttls", pattern="^(none|starttls|tls)$", description="none (this machine only), starttls or tls."
    )
    user: str | None = Field(None, description="User name, when it asks for one.")
    password_file: Path | None = Field(None, description="File that holds the password.")


class Mailbox(Section):
    """Where the mail server brings what citizens reply: port `listen.channels.form-mail`."""

    protocol: str = Field("lmtp", pattern="^(lmtp|smtp)$", description="What the mail server speaks to us.")
    trusted: str | None = Field(
        None, description="Name under which your mail server writes Authentication-Results; others are not believed."
    )
    accept_new: bool = Field(True, description="Whether a mail that replies to nothing opens a conversation.")


class Settings(PostSettings):
    """Contact form: pages, an API, answers by mail and replies by mail."""

    address: str = Field(
        "contact@brigade.localhost", pattern=r"^[^@\s]+@[^@\s]+$", description="Our address; it must take +tags."
    )
    sender_name: str = Field("Brigade numérique", description="Name beside the address, as people's mailboxes show it.")
    submission: Submission = Field(Submission(), description="Outgoing mail.")
    mailbox: Mailbox = Field(Mailbox(), description="Incoming mail.")
    text_characters: int = Field(5000, ge=100, le=20000, description="Longest message of the form.")
    most_files: int = Field(3, ge=0, le=10, description="Files of one form.")
    per_minute: float = Field(10, gt=0, description="Forms that one address may send in a minute.")

    @property
    def emulator(self) -> str | None:
        """The mail server of `brigade emulate`, unless there is a real one."""
        return "smtp" if self.submission.host is None else None

    @property
    def trusted(self) -> str | None:
        """Whose Authentication-Results are believed."""
        return self.mailbox.trusted or (f"mx.{self.address.partition('@')[2]}" if self.emulator else None)
