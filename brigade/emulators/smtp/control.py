"""The citizens' mailboxes as a page and as JSON, and faults on demand."""

import html
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formatdate, make_msgid
from pathlib import Path
from typing import Any

from aiohttp import web

from brigade.emulators.smtp.server import Kept, Server

_FAULTS = ("450", "550", "slow", "lost_answer", "bounce", "auto_reply", "dmarc_fail")
_PAGE = Path(__file__).with_name("page.html")


class Control:
    """Routes for people and for tests."""

    def __init__(self, server: Server) -> None:
        self._server = server

    def routes(self) -> list[web.RouteDef]:
        """For the application."""
        return [
            web.get("/", self._page),
            web.post("/", self._write),
            web.get("/_emulator/sent", self._sent),
            web.post("/_emulator/say", self._say),
            web.post("/_emulator/faults", self._faults),
        ]

    async def _page(self, _request: web.Request) -> web.Response:
        mails = "".join(self._shown_mail(kept) for kept in reversed(self._server.kept))
        address = html.escape(self._server.options.address)
        page = _PAGE.read_text(encoding="utf-8").replace("ADDRESS", address).replace("MAILS", mails)
        return web.Response(text=page, content_type="text/html")

    @staticmethod
    def _shown_mail(kept: Kept) -> str:
        """A mail, and a form that replies to it."""
        body = kept.mail.get_body(("plain",))
        text = html.escape(str(body.get_content()) if body else "")
        fields = {"from": kept.to, "to": str(kept.mail["Reply-To"]), "in_reply_to": str(kept.mail["Message-ID"])}
        hidden = "".join(
            f'<input type="hidden" name="{key}" value="{html.escape(value)}">' for key, value in fields.items()
        )
        head = f"<h2>À {html.escape(kept.to)} : {html.escape(str(kept.mail['Subject']))}</h2><pre>{text}</pre>"
        reply = '<label>Répondre <textarea name="text" rows="3"></textarea></label><button>Répondre</button>'
        return f'{head}<form method="post" action="/">{hidden}{reply}</form>'

    async def _write(self, request: web.Request) -> web.StreamResponse:
        given = await request.post()
        self._bring({key: str(value) for key, value in given.items()})
        raise web.HTTPSeeOther("/")

    async def _sent(self, request: web.Request) -> web.Response:
        """Every mail for citizens, oldest first; ``to`` for one mailbox."""
        wanted = request.query.get("to")
        return web.json_response([_shown(kept) for kept in self._server.kept if wanted in (None, kept.to)])

    async def _say(self, request: web.Request) -> web.Response:
        """A citizen writes: {from, text, to?, subject?, in_reply_to?, headers?, raw?}."""
        message_id = self._bring(await request.json())
        return web.json_response({"message_id": message_id})

    async def _faults(self, request: web.Request) -> web.Response:
        """{"fault": …, "times": n}."""
        given = await request.json()
        if given.get("fault") not in _FAULTS:
            raise web.HTTPBadRequest(text=f"fault must be one of: {', '.join(_FAULTS)}")
        self._server.faults.left[given["fault"]] += int(given.get("times", 1))
        return web.json_response({"ok": True})

    def _bring(self, given: dict[str, Any]) -> str:
        sender, to = str(given["from"]), str(given.get("to") or self._server.options.address)
        if raw := given.get("raw"):
            self._server.bring(str(raw).encode(), sender, to)
            return ""
        mail = EmailMessage()
        mail["From"], mail["To"] = sender, to
        mail["Date"], mail["Message-ID"] = formatdate(usegmt=True), str(given.get("message_id") or make_msgid())
        mail["Subject"] = str(given.get("subject") or "Message")
        if given.get("in_reply_to"):
            mail["In-Reply-To"] = mail["References"] = str(given["in_reply_to"])
        for name, value in (given.get("headers") or {}).items():
            mail[name] = str(value)
        mail.set_content(str(given.get("text", "")))
        self._server.bring(mail.as_bytes(policy=SMTP), sender, to)
        return str(mail["Message-ID"])


def _shown(kept: Kept) -> dict[str, Any]:
    body = kept.mail.get_body(("plain",))
    headers = {name.lower(): str(value) for name, value in kept.mail.items()}
    files = [part.get_filename() for part in kept.mail.iter_attachments()]
    return {"to": kept.to, "headers": headers, "text": str(body.get_content()) if body else "", "files": files}
