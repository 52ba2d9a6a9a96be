"""A citizen's mail, read: who, what they say, what it answers to; and whether a person wrote it at all."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import getaddresses, parseaddr
from enum import StrEnum
from html.parser import HTMLParser

from mailparser_reply import EmailReplyParser

from brigade.clean import clean
from brigade.texts import LANGUAGES

_MESSAGE_ID = re.compile(r"<[^<>\s]{1,250}>")
_STATUS = re.compile(r"^Status:\s*(\d\.\d{1,3}\.\d{1,3})", re.MULTILINE | re.IGNORECASE)
MARK = "-- \u2193 --"  # in our mails: what stands below is ours
_INTRODUCES = re.compile(r"(?:^>|:\s*$|^-+\s*$)")
_COMMENT = re.compile(r"\([^()]*\)")
_DMARC = re.compile(r"(?:^|;)\s*dmarc\s*=\s*([a-z]+)", re.IGNORECASE)
_LONGEST = 100_000  # characters of a mail that are read


class Kind(StrEnum):
    """Who wrote it."""

    PERSON = "person"
    MACHINE = "machine"  # an automatic reply (RFC 3834), a list
    BOUNCE = "bounce"  # a mail server's report (RFC 3464)


@dataclass(frozen=True, slots=True)
class Enclosed:
    """A file in a mail."""

    name: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Letter:
    """``references``: message ids that it answers to, nearest first; ``status`` of a bounce (``5.1.1``); ``dmarc`` as
    the trusted mail server found it: ``pass``, ``fail`` or ``none``.
    """

    id: str
    kind: Kind
    sender: str
    name: str
    text: str
    references: tuple[str, ...]
    files: tuple[Enclosed, ...]
    recipients: tuple[str, ...]
    dmarc: str
    status: str = ""


def read(raw: bytes, trusted: str | None) -> Letter:
    """Never raises: what cannot be read is empty. ``trusted``: whose Authentication-Results (RFC 8601) are believed."""
    mail = message_from_bytes(raw, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    kind = _kind(mail)
    name, sender = parseaddr(_header(mail, "From"))
    found = [*_ids(mail, "In-Reply-To"), *reversed(_ids(mail, "References"))]
    if kind is Kind.BOUNCE:
        found += _returned_ids(raw)
    to = getaddresses([_header(mail, "To"), _header(mail, "Cc"), _header(mail, "Delivered-To")])
    status = _STATUS.search(raw.decode("ascii", "replace")) if kind is Kind.BOUNCE else None
    return Letter(
        next(iter(_ids(mail, "Message-ID")), ""), kind, sender.lower(), clean(name)[:80], _text(mail, kind),
        tuple(dict.fromkeys(found)), tuple(_files(mail)), tuple(address.lower() for _, address in to),
        _dmarc(mail, trusted), status[1] if status else "",
    )  # fmt: skip


def _header(mail: EmailMessage, name: str) -> str:
    try:
        return str(mail.get(name, ""))
    except Exception:  # noqa: BLE001 - the parser of the standard library fails in many ways on hostile headers
        return ""


def _ids(mail: EmailMessage, name: str) -> list[str]:
    return [found.lower() for found in _MESSAGE_ID.findall(_header(mail, name)[:5000])]


def _returned_ids(raw: bytes) -> list[str]:
    """Of the mail that came back, which the report holds whole or its headers only."""
    found = re.findall(r"^Message-ID:\s*(<[^<>\s]{1,250}>)", raw.decode("ascii", "replace"), re.M | re.I)
    return [each.lower() for each in found[1:] or found]


def _kind(mail: EmailMessage) -> Kind:
    sender = _header(mail, "From").lower()
    report = mail.get_content_type() == "multipart/report"
    if report or "mailer-daemon@" in sender or _header(mail, "Return-Path").strip() == "<>":
        return Kind.BOUNCE
    automatic = _header(mail, "Auto-Submitted").strip().lower() not in ("", "no")
    bulk = _header(mail, "Precedence").strip().lower() in ("bulk", "junk", "list", "auto_reply")
    signs = ("X-Autoreply", "X-Autorespond", "X-Auto-Response-Suppress-Reply", "List-Id", "X-Autoresponder")
    return Kind.MACHINE if automatic or bulk or any(mail.get(each) for each in signs) else Kind.PERSON


def _dmarc(mail: EmailMessage, trusted: str | None) -> str:
    """RFC 8601, 2.2: ``authserv-id [version] ; method=result …``, with comments in parentheses anywhere."""
    for value in mail.get_all("Authentication-Results", []) if trusted else ():
        plain = _COMMENT.sub(" ", str(value))
        server, _, results = plain.partition(";")
        if server.split()[:1] and server.split()[0].lower() == (trusted or "").lower():
            found = _DMARC.search(results)
            return found[1].lower() if found else "none"
    return "none"


def _text(mail: EmailMessage, kind: Kind) -> str:
    try:
        part = mail.get_body(("plain", "html"))
        content = str(part.get_content())[:_LONGEST] if part else ""
    except (LookupError, ValueError, AttributeError):  # an unknown charset, a broken part
        return ""
    if part and part.get_content_type() == "text/html":
        content = _plain(content)
    content = clean(content)
    if kind is not Kind.PERSON:
        return content[:2000]
    return _said(content) or content


def _said(content: str) -> str:
    """What they wrote themselves: without our mail under it, however their program quotes it."""
    above = content.partition(MARK)[0]
    lines = (EmailReplyParser(languages=list(LANGUAGES)).parse_reply(text=above) or "").strip().splitlines()
    quoted = next((n for n, line in enumerate(lines) if n and all(each.startswith(">") for each in lines[n:])), None)
    if quoted is not None:
        lines = lines[:quoted]
    if above != content or quoted is not None:  # the line that introduces the quotation
        while lines and (not lines[-1].strip() or _INTRODUCES.search(lines[-1])):
            lines.pop()
    return "\n".join(lines).strip()


def _files(mail: EmailMessage) -> Iterator[Enclosed]:
    for part in mail.iter_attachments():
        try:
            data = part.get_payload(decode=True)
            name = part.get_filename() or ""
        except (LookupError, ValueError, AttributeError):
            continue
        if isinstance(data, bytes) and data:
            yield Enclosed(clean(name)[:120], data)


class _Words(HTMLParser):
    """The words of a page, a line a paragraph."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._hidden += tag in ("script", "style", "head", "blockquote")
        if tag in ("p", "br", "div", "li", "tr"):
            self.found.append("\n")

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in ("script", "style", "head", "blockquote") and self._hidden > 0

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.found.append(data)


def _plain(html: str) -> str:
    words = _Words()
    words.feed(html)
    lines = [" ".join(line.split()) for line in "".join(words.found).split("\n")]
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()
