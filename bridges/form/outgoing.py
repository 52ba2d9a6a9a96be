"""Our mails: written, and handed to the mail server."""

from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate
from pathlib import Path

import aiosmtplib

from bridges.form.letter import MARK
from bridges.form.settings import Settings
from brigade.config.services import read_secret
from brigade.errors import Refused, Temporary, Unreachable
from brigade.post import Parcel, Person
from brigade.texts import Texts

texts = Texts("form")
_SECONDS = 30.0
_FULL = (450, 452, 552)  # mailbox or system full, RFC 5321 4.2.2: 552 passes too


def message_id(key: str, domain: str) -> str:
    """The Message-ID of a parcel: the same for a second try."""
    return f"<{key.replace(':', '.')}@{domain}>".lower()


class Outgoing:
    """``domain``: what stands after the @ of our address; ``emulated``: host and port of the embedded set's server."""

    def __init__(self, settings: Settings, emulated: tuple[str, int], media: Path) -> None:
        self._settings = settings
        there = settings.submission
        self._there = (there.host, there.port, there.security) if there.host else (*emulated, "none")
        self._media = media
        self.local, _, self.domain = settings.address.partition("@")
        file = settings.submission.password_file
        self._password = read_secret(file) if file else None

    def write(self, person: Person, parcel: Parcel, reference: str) -> EmailMessage:
        """The mail; its subject says nothing of what it is about (S26)."""
        mail = EmailMessage()
        mail["From"] = Address(self._settings.sender_name, self.local, self.domain)
        mail["To"] = person.address
        mail["Reply-To"] = Address(self._settings.sender_name, f"{self.local}+{person.id[:24]}", self.domain)
        mail["Subject"] = texts(parcel.language, "Your message {reference}", reference=reference)
        mail["Message-ID"] = message_id(parcel.key, self.domain)
        mail["Date"] = formatdate(usegmt=True)
        mail["Content-Language"] = parcel.language
        mail["Auto-Submitted"] = "no" if parcel.human else "auto-generated"
        if isinstance(last := person.memory.get("last"), str):
            mail["In-Reply-To"] = mail["References"] = last
        how = texts(parcel.language, "Reply to this mail above this line. Reference {reference}.", reference=reference)
        danger = texts(
            parcel.language, "Not an emergency service: in danger, call 17 or 112, or send a text message to 114."
        )
        mail.set_content(f"{parcel.text}\n\n{MARK}\n{how}\n{danger}\n")
        if parcel.file:
            kind, _, sub = parcel.file.type.partition("/")
            try:
                data = (self._media / parcel.file.id).read_bytes()
            except FileNotFoundError as error:
                raise Refused("le fichier n’est plus là") from error
            mail.add_attachment(data, maintype=kind, subtype=sub or "octet-stream", filename=parcel.file.name)
        return mail

    async def send(self, mail: EmailMessage) -> None:
        """Raises Unreachable, Temporary, Refused as a channel's ``send``."""
        there = self._settings.submission
        host, port, security = self._there
        client = aiosmtplib.SMTP(
            hostname=host, port=port, timeout=_SECONDS, use_tls=security == "tls", start_tls=security == "starttls",
            username=there.user, password=self._password,
        )  # fmt: skip
        try:
            async with client:
                await client.send_message(mail)
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _refusal(error.recipients[0].code, error.recipients[0].message) from error
        except aiosmtplib.SMTPAuthenticationError as error:
            raise Temporary(f"the mail server refuses our password ({error.code})", 60) from error
        except aiosmtplib.SMTPResponseException as error:
            raise _refusal(error.code, error.message) from error
        except aiosmtplib.SMTPConnectError as error:
            raise Temporary("the mail server cannot be reached") from error
        except (aiosmtplib.SMTPException, OSError, TimeoutError) as error:
            raise Unreachable(f"the mail server did not answer: {type(error).__name__}") from error


def _refusal(code: int, _message: str) -> Temporary | Refused:
    if code < 500 or code in _FULL:
        return Temporary(f"the mail server says later ({code})")
    return Refused(
        f"l’adresse du citoyen refuse nos courriels ({code}). Proposez le tchat ou un rendez-vous", "refused"
    )
