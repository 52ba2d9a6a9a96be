"""The search block for the reception staff of brigades: a page made for a frame on their intranet."""

import asyncio
from collections.abc import Callable
from typing import Any

from aiohttp import web

from faq_index.centre.finding import LONGEST, search
from faq_index.centre.page import PRIVATE, Page
from faq_index.centre.render import Renderer
from faq_index.centre.site import ALL, Site, danger
from faq_index.centre.wording import NAMES, wording
from faq_index.content import Entry

_MOST = 8


class Intranet:
    """Staff read French; the answers are in the language of the person in front of them."""

    def __init__(self, renderer: Renderer, site: Callable[[], Site]) -> None:
        self._renderer = renderer
        self._site = site

    def routes(self) -> list[web.RouteDef]:
        """``/intranet/``."""
        return [web.get("/intranet", self._slash), web.get("/intranet/", self._page, name="intranet")]

    async def _slash(self, _request: web.Request) -> web.StreamResponse:
        return web.Response(status=302, headers={"Location": "/intranet/"})

    async def _page(self, request: web.Request) -> web.StreamResponse:
        words = request.query.get("q", "").strip()[:LONGEST]
        language = request.query.get("lang", "fr")
        language = language if language in ALL else "fr"
        site, t = self._site(), wording("fr")
        found = await search(site, words, language) if words else None
        hits = found.hits[:_MOST] if found else ()
        rows = [_row(site, hit.entry, language, hit.confident) for hit in hits]
        values: dict[str, Any] = {
            "t": t, "q": words, "answer_language": language, "names": NAMES, "rows": rows,
            "count": t.plural("{n} result", "{n} results", len(rows)) if words else "",
            "sure": bool(found and found.confident),
        }  # fmt: skip
        text = await asyncio.to_thread(self._renderer.text, "intranet.html.j2", values)
        ancestors = " ".join(self._renderer.settings.frame_ancestors)
        headers = {"Content-Security-Policy": self._renderer.policy(ancestors=ancestors)}
        return Page.of(text, headers=headers, cache=PRIVATE).answer(request)


def _row(site: Site, entry: Entry, language: str, sure: bool) -> dict[str, object]:
    answer = entry.answer(language)
    address = f"{site.settings.public_url}/{answer.language}/question/{entry.id}"
    warning = str(danger(entry, answer.language)) if answer.language == "fr" else ""
    copied = "\n\n".join(filter(None, (answer.short, (entry.emergency or "") if warning else "", address)))
    return {
        "entry": entry, "answer": answer, "address": address, "copied": copied, "sure": sure,
        "theme": site.library.title(entry.theme, "fr"), "emergency": danger(entry, answer.language),
    }  # fmt: skip
