"""Style, script and icon; a theme's folder ``static/`` replaces ours file by file and may add its own."""

from pathlib import Path

from aiohttp import web

from faq_index.centre.page import COMMON, SHARED, Page
from faq_index.centre.settings import Settings

_STATIC = Path(__file__).parent / "static"
_TEXTS = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".json": "application/json"}
_BINARY = {
    ".woff2": "font/woff2",
    ".png": "image/png",
    ".ico": "image/x-icon",
    ".jpg": "image/jpeg",
    ".webp": "image/webp",
}
_CROSS = {"Cross-Origin-Resource-Policy": "cross-origin"}  # partners load campaigns.js, and pages of ours in a frame


def statics(settings: Settings) -> list[web.RouteDef]:
    """``/static/…`` and the icon."""
    files = {path.relative_to(folder).as_posix(): path for folder in _folders(settings) for path in _inside(folder)}
    pages = {
        name: Page.of(path.read_text(encoding="utf-8"), _TEXTS[path.suffix], _CROSS)
        for name, path in files.items()
        if path.suffix in _TEXTS
    }
    binary = {name: (path.read_bytes(), _BINARY[path.suffix]) for name, path in files.items() if path.suffix in _BINARY}

    async def static(request: web.Request) -> web.StreamResponse:
        name = request.match_info.get("name", "icon.svg")
        if name in pages:
            return pages[name].answer(request)
        if name in binary:
            body, kind = binary[name]
            return web.Response(body=body, content_type=kind, headers=COMMON | _CROSS | {"Cache-Control": SHARED})
        raise web.HTTPNotFound

    async def short(name: str, request: web.Request) -> web.StreamResponse:
        return pages[name].answer(request)

    async def campaigns(request: web.Request) -> web.StreamResponse:
        return await short("campaigns.js", request)

    async def block(request: web.Request) -> web.StreamResponse:
        return await short("block.js", request)

    return [
        web.get("/static/{name:[A-Za-z0-9._/-]+}", static, name="static"),
        web.get("/favicon.ico", static),
        web.get("/campaigns.js", campaigns, name="static-campaigns"),
        web.get("/intranet/block.js", block),
    ]


def _folders(settings: Settings) -> list[Path]:
    return [_STATIC, *([settings.theme / "static"] if settings.theme else [])]


def _inside(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.suffix in _TEXTS | _BINARY]
