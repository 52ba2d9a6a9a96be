"""What browsers load: the launcher, the chat's frame, the demonstration pages, the quick exit. Everything is rendered
once, at start, and answered from memory; no page names a third party."""

import gzip
import hashlib
import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path

from aiohttp import web
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from bridges.webchat.entry_points import DEFAULT, EMERGENCY, EntryPoint, WidgetSettings, emergency, title
from bridges.webchat.wording import WIDGET, launcher_sentences, sentences
from brigade.channel import CONTINUE
from brigade.errors import Misconfigured
from brigade.texts import LANGUAGES, NAMES, supported

_HERE = Path(__file__).parent
_STATIC = _HERE / "static"
_TYPES = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".html": "text/html"}
_ICON = '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16"><circle cx="8" cy="8" r="7" fill="#5b6478"/></svg>'
_DEMOS = {"": DEFAULT, "/victimes": "arretonslesviolences"}

_COMMON = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=(), payment=(), usb=(), browsing-topics=()",
}
# Any site may load the launcher; nothing of it depends on who asks. Browsers ask again each time and mostly get a 304.
_ASSET = _COMMON | {"Cache-Control": "public, no-cache", "Cross-Origin-Resource-Policy": "cross-origin"}
_DOCUMENT = _COMMON | {"Cache-Control": "no-store", "Cross-Origin-Resource-Policy": "cross-origin"}
_FRAME_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self' {stream}; "
    "form-action 'none'; base-uri 'none'; require-trusted-types-for 'script'; frame-ancestors {ancestors}"
)
# The demonstration pages are as strict as the strictest host.
_DEMO_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; frame-src 'self'; form-action 'none'; "
    "base-uri 'none'; frame-ancestors 'none'"
)
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass(frozen=True)
class Page:
    """A body in memory, plain and compressed, with its headers."""

    body: bytes
    compressed: bytes
    tag: str
    kind: str
    headers: dict[str, str]

    @classmethod
    def of(cls, text: str, suffix: str, headers: dict[str, str]) -> "Page":
        body = text.encode()
        tag = hashlib.sha256(body).hexdigest()[:16]
        return cls(body, gzip.compress(body, 9, mtime=0), tag, _TYPES[suffix], headers)

    def answer(self, request: web.Request, more: dict[str, str] | None = None) -> web.Response:
        """200 with the body, compressed when the browser takes that; 304 when it has it already."""
        headers = self.headers | {"ETag": f'"{self.tag}"', "Vary": "Accept-Encoding, Accept-Language"} | (more or {})
        if "no-store" not in headers["Cache-Control"] and any(e.value == self.tag for e in request.if_none_match or ()):
            return web.Response(status=304, headers=headers)
        packed = "gzip" in request.headers.get("Accept-Encoding", "")
        if packed:
            headers["Content-Encoding"] = "gzip"
        body = self.compressed if packed else self.body
        return web.Response(body=body, content_type=self.kind, charset="utf-8", headers=headers)


def routes(settings: WidgetSettings) -> list[web.RouteDef]:
    """The routes of ``/widget/…``, ``/demo…``, ``/exit`` and the icon. Raises Misconfigured (theme not readable)."""
    found = [*_asset_routes(settings), *_frame_routes(settings), web.get("/exit", _exit(settings))]
    found.append(web.get("/favicon.ico", _same(Page.of(_ICON, ".svg", _ASSET))))
    if settings.demo:
        found += _demo_routes()
    return found


def _same(page: Page) -> Handler:
    async def handler(request: web.Request) -> web.StreamResponse:
        return page.answer(request)

    return handler


def _asset_routes(settings: WidgetSettings) -> list[web.RouteDef]:
    found = []
    for path in sorted(_STATIC.iterdir()):
        text = path.read_text(encoding="utf-8")
        if path.name == "brigade.js":
            text = text.replace('"__SERVED__"', json.dumps(_served(settings), ensure_ascii=False))
        found.append(web.get(f"/widget/{path.name}", _same(Page.of(text, path.suffix, _ASSET))))
    if settings.theme:
        found.append(web.get("/widget/theme.css", _same(Page.of(_theme(settings.theme), ".css", _ASSET))))
    return found


def _served(settings: WidgetSettings) -> dict[str, object]:
    """What the launcher must know before anything else is loaded."""
    return {
        "texts": {code: launcher_sentences(code) for code in LANGUAGES},
        "sensitive": [name for name, entry in settings.entry_points.items() if entry.sensitive],
        "numbers": [
            {"number": f"{number} SMS" if href.startswith("sms:") else number, "href": href}
            for number, href, _ in EMERGENCY
        ],
    }


def _theme(path: str) -> str:
    try:
        return Path(path).read_text(encoding="utf-8")
    except OSError as error:
        raise Misconfigured(f"webchat.widget.theme: cannot read {path} ({error.strerror})") from error


def _environment() -> Environment:
    loader = FileSystemLoader(_HERE / "templates")
    return Environment(loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)


def _wanted(request: web.Request) -> str:
    """The first of the browser's languages that is ours, else French."""
    wishes = [part.split(";")[0].strip() for part in request.headers.get("Accept-Language", "").split(",")]
    return next((supported(wish) for wish in wishes if wish[:2].lower() in LANGUAGES), "fr")


def _frame_routes(settings: WidgetSettings) -> list[web.RouteDef]:
    template = _environment().get_template("frame.html.j2")
    modules = [path.name for path in sorted(_STATIC.glob("*.js")) if path.name not in ("brigade.js", "frame.js")]
    pages = {}
    for code in LANGUAGES:
        html = template.render(
            language=code,
            language_name=NAMES[code],
            title=title(DEFAULT, EntryPoint(), code),
            t=sentences(code),
            emergency=emergency(code),
            modules=modules,
            theme=bool(settings.theme),
        )
        pages[code] = Page.of(html, ".html", _DOCUMENT)

    async def frame(request: web.Request) -> web.StreamResponse:
        # Older Safari does not take 'self' for the stream: name it. The host was checked by the router or the proxy.
        policy = _FRAME_POLICY.format(stream=_stream(request), ancestors=" ".join(settings.frame_ancestors))
        return pages[_wanted(request)].answer(request, {"Content-Security-Policy": policy})

    # CONTINUE is the same page, opened alone by a link from another channel; the key is in the fragment.
    return [web.get("/widget/frame", frame), web.get(CONTINUE, frame)]


def _stream(request: web.Request) -> str:
    host = request.host
    safe = all(character.isalnum() or character in ".-:[]" for character in host)
    return f"ws://{host} wss://{host}" if host and safe else ""


def _exit(settings: WidgetSettings) -> Handler:
    headers = _DOCUMENT | {"Clear-Site-Data": '"cache", "cookies", "storage"', "Location": str(settings.exit_url)}

    async def leave(_request: web.Request) -> web.StreamResponse:
        return web.Response(status=303, headers=headers)

    return leave


def _demo_routes() -> list[web.RouteDef]:
    template = _environment().get_template("demo.html.j2")
    headers = _DOCUMENT | {"Content-Security-Policy": _DEMO_POLICY}
    found = []
    for path, entry in _DEMOS.items():
        for code in LANGUAGES:
            html = template.render(
                t=lambda msgid, code=code: WIDGET(code, msgid),
                language=code,
                languages=[(each, NAMES[each], _demo_address(path, each)) for each in LANGUAGES],
                entry=entry,
                path=path,
            )
            found.append(web.get(_demo_address(path, code), _same(Page.of(html, ".html", headers))))
    return found


def _demo_address(path: str, language: str) -> str:
    return f"/demo{path}" + ("" if language == "fr" else f"/{language}")
