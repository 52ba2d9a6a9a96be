"""Where the mail server brings what citizens write: stored on disk before we say 250."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path

import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from bridges.form.settings import Settings
from brigade import metrics
from brigade.errors import Misconfigured, Temporary
from brigade.files import sync

log = structlog.get_logger(__name__)

Take = Callable[[str, str], Awaitable[None]]  # (name of the file in the folder, address it was for)


class Mailbox:
    """``take`` stores what is in the file; the file is its affair afterwards."""

    def __init__(self, settings: Settings, host: str, port: int, folder: Path, take: Take) -> None:
        self._settings = settings
        self._host = host
        self._port = port
        self._folder = folder
        self._take = take
        self._local, _, self._domain = settings.address.lower().partition("@")
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        """Listen. Raises Misconfigured when the port is taken."""
        kind = LMTP if self._settings.mailbox.protocol == "lmtp" else SMTP
        most = self._settings.attachment_bytes * 2

        def protocol() -> SMTP:
            return kind(self, hostname=self._domain, data_size_limit=most, enable_SMTPUTF8=True, ident="mail")

        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(protocol, self._host, self._port)
        except OSError as error:
            where = f"{self._host}:{self._port}"
            raise Misconfigured(f"cannot listen for mail on {where}: {error.strerror or error}") from error

    async def stop(self) -> None:
        """Stop listening; the mail server keeps what it could not bring."""
        if self._server:
            self._server.close()

    # Called by aiosmtpd, which fixes the names.

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Our address and its +tags; nobody else's mail is taken."""
        local, _, domain = address.lower().rpartition("@")
        if domain != self._domain or local.partition("+")[0] != self._local:
            metrics.REFUSED.labels("form", "recipient").inc()
            return "550 5.1.1 no such mailbox here"
        envelope.rcpt_tos.append(address.lower())
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        """250 only when it is on disk and in the inbox."""
        content = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        name = f"{secrets.token_hex(16)}.mail"
        try:
            await asyncio.to_thread(_write, self._folder / name, content)
            await self._take(name, envelope.rcpt_tos[0])
        except (Temporary, OSError) as error:
            log.warning("mail_postponed", reason=type(error).__name__)
            (self._folder / name).unlink(missing_ok=True)
            return "451 4.3.0 try again later"
        return "250 2.0.0 OK"


def _write(path: Path, content: bytes) -> None:
    with path.open("xb") as file:
        file.write(content)
    path.chmod(0o600)
    sync(path)
    sync(path.parent)
