"""The mail server: takes mail for anybody, brings ours to us by LMTP."""

import asyncio
import smtplib
from collections import Counter
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import formatdate, make_msgid

import structlog
from aiosmtpd.smtp import SMTP, Envelope, Session

from brigade.errors import Misconfigured

log = structlog.get_logger(__name__)

_TRIES = 40
_WAIT = 0.25  # seconds between two tries to bring us a mail


_REPORT = """\
From: Mail Delivery System <mailer-daemon@{there}>
To: {ours}
Date: {date}
Message-ID: {id}
Subject: Undelivered Mail Returned to Sender
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="=_report"

--=_report
Content-Type: text/plain

The mailbox does not exist.

--=_report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.{there}

Final-Recipient: rfc822; {to}
Action: failed
Status: 5.1.1

--=_report
Content-Type: text/rfc822-headers

Message-ID: {returned}

--=_report--
"""


@dataclass(frozen=True, slots=True)
class Options:
    """``address``: ours, with its +tags; ``port``: where we listen; ``lmtp``: where mail for ``address`` is brought."""

    address: str
    host: str
    port: int
    lmtp: int


@dataclass(frozen=True, slots=True)
class Kept:
    """A mail in a citizen's mailbox."""

    to: str
    mail: EmailMessage
    raw: bytes


@dataclass
class Faults:
    """What goes wrong next; each is used up."""

    left: Counter[str] = field(default_factory=Counter)

    def take(self, *names: str) -> str | None:
        """The first of ``names`` that is due, used up."""
        for name in names:
            if self.left[name] > 0:
                self.left[name] -= 1
                return name
        return None


class Server:
    """``kept``: every mail for citizens, oldest first."""

    def __init__(self, options: Options) -> None:
        self.options = options
        self.kept: list[Kept] = []
        self.faults = Faults()
        self._local, _, self.domain = options.address.lower().partition("@")
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen. Raises Misconfigured when the port is taken."""

        def protocol() -> SMTP:
            return SMTP(
                self, hostname=f"mx.{self.domain}", enable_SMTPUTF8=True, ident="mail", data_size_limit=30 * 2**20
            )

        try:
            loop = asyncio.get_running_loop()
            self._server = await loop.create_server(protocol, self.options.host, self.options.port)
        except OSError as error:
            where = f"{self.options.host}:{self.options.port}"
            raise Misconfigured(f"cannot listen on {where}: {error.strerror or error}") from error

    async def stop(self) -> None:
        """Stop listening; mail that could not be brought is lost with us."""
        if self._server:
            self._server.close()
        for task in self._tasks:
            task.cancel()

    def _ours(self, address: str) -> bool:
        local, _, domain = address.lower().rpartition("@")
        return domain == self.domain and local.partition("+")[0] == self._local

    # Called by aiosmtpd, which fixes the names.

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        """Everybody has a mailbox, unless a fault says otherwise."""
        fault = None if self._ours(address) else self.faults.take("450", "550")
        if fault:
            return {"450": "450 4.2.1 mailbox busy, try again later", "550": "550 5.1.1 no such mailbox"}[fault]
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, _session: Session, envelope: Envelope) -> str:
        """Keep it, or bring it to us."""
        raw = envelope.content if isinstance(envelope.content, bytes) else str(envelope.content).encode()
        if self.faults.take("slow"):
            await asyncio.sleep(2)
        for address in envelope.rcpt_tos:
            if self._ours(address):
                self.bring(raw, envelope.mail_from or "", address)
            else:
                self._keep(raw, address, envelope.mail_from or "")
        if self.faults.take("lost_answer") and isinstance(server.transport, asyncio.WriteTransport):
            server.transport.abort()
        return "250 2.0.0 OK"

    def _keep(self, raw: bytes, address: str, sender: str) -> None:
        mail = message_from_bytes(raw, policy=policy.default)
        assert isinstance(mail, EmailMessage)
        self.kept.append(Kept(address.lower(), mail, raw))
        if self.faults.take("bounce"):
            self.bring(self._bounce(mail, address), "", sender)
        if self.faults.take("auto_reply"):
            self.bring(self._vacation(mail, address), "", str(mail.get("Reply-To", sender)))

    def _bounce(self, mail: EmailMessage, address: str) -> bytes:
        """A delivery report (RFC 3464) with the headers of what came back."""
        there = address.rpartition("@")[2]
        report = _REPORT.format(
            there=there, ours=self.options.address, to=address, id=make_msgid(), returned=mail["Message-ID"],
            date=formatdate(usegmt=True),
        )  # fmt: skip
        return report.replace("\n", "\r\n").encode()

    def _vacation(self, mail: EmailMessage, address: str) -> bytes:
        reply = EmailMessage()
        reply["From"], reply["To"] = address, str(mail.get("Reply-To", ""))
        reply["Message-ID"], reply["Auto-Submitted"] = make_msgid(), "auto-replied"
        reply["In-Reply-To"] = reply["References"] = str(mail["Message-ID"])
        reply["Subject"] = "Absence"
        reply.set_content("Je suis absent jusqu’à lundi.")
        return reply.as_bytes(policy=policy.SMTP)

    def bring(self, raw: bytes, sender: str, address: str) -> None:
        """Bring a mail to us, again and again until we take it."""
        task = asyncio.create_task(self._bring(raw, sender, address))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _bring(self, raw: bytes, sender: str, address: str) -> None:
        result = "fail" if self.faults.take("dmarc_fail") else "pass"
        proof = f"Authentication-Results: mx.{self.domain}; dmarc={result} header.from=example.org\r\n".encode()
        address = address.partition("<")[2].rstrip(">") or address
        for _ in range(_TRIES):
            try:
                await asyncio.to_thread(self._hand_over, sender, address, proof + raw)
                return
            except (smtplib.SMTPException, OSError) as error:
                log.info("mail_waits", reason=type(error).__name__)
                await asyncio.sleep(_WAIT)

    def _hand_over(self, sender: str, address: str, raw: bytes) -> None:
        with smtplib.LMTP(self.options.host, self.options.lmtp) as client:
            client.sendmail(sender, [address], raw)
