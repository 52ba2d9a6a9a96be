"""The help centre as an aiohttp application: which address answers what."""

import asyncio
import re
from collections.abc import Callable, Coroutine
from datetime import UTC, date, datetime
from typing import Any

from aiohttp import web

from faq_index.centre import feeds, finding, prevention
from faq_index.centre.guard import Tap, foreign, measured, readable
from faq_index.centre.intranet import Intranet
from faq_index.centre.journal import LONGEST_WHY, LONGEST_WORDS, Feedback, Journal, Missed, NoJournal, anonymous
from faq_index.centre.page import COMMON, PRIVATE, Page, Shelved
from faq_index.centre.render import Renderer
from faq_index.centre.settings import Settings
from faq_index.centre.shelf import Shelf
from faq_index.centre.site import ALL, Site, message
from faq_index.centre.statics import statics
from faq_index.centre.view import View
from faq_index.centre.wording import wording

LANGUAGE = "{lang:fr|en|es|de|it}"
_NOT_READ = 4096  # bytes of a form; what is longer is no opinion
_OPEN = {"Access-Control-Allow-Origin": "*", "Cross-Origin-Resource-Policy": "cross-origin"}


class Centre:
    """``today``: which campaigns run is asked for that day."""

    def __init__(
        self, settings: Settings, journal: Journal | None = None, today: Callable[[], date] | None = None
    ) -> None:
        self.settings = settings
        self.shelf = Shelf(settings)
        self._journal = journal or NoJournal()
        self._today = today or (lambda: datetime.now(UTC).date())
        self._renderer = Renderer(settings)
        self._pages = Shelved()
        self._site = Site(settings, self.shelf.edition)
        self._tap = Tap(settings.feedback_per_minute)
        self._notes: set[asyncio.Task[None]] = set()
        self.shelf.renewed = self._renew

    def application(self) -> web.Application:
        """The public site; it looks for new content while it runs."""
        app = web.Application(middlewares=[measured, readable(self._lost)], client_max_size=16_384)
        app.add_routes(self._routes())
        app.add_routes(statics(self.settings))
        app.add_routes(Intranet(self._renderer, lambda: self._site).routes())
        app.on_startup.append(self._start)
        app.on_cleanup.append(self._stop)
        return app

    def _routes(self) -> list[web.RouteDef]:
        one = f"/{LANGUAGE}"
        question = one + "/question/{id}"
        return [
            web.get("/", self._choose, name="choose"),
            web.get(one, self._choose),
            web.get(one + "/", self._home, name="home"),
            web.get(one + "/search", self._search, name="search"),
            web.post(one + "/suggest", self._suggest, name="suggest"),
            web.get(one + "/theme/{theme}", self._theme, name="theme"),
            web.get(question, self._question, name="question"),
            web.get(question + "/print", self._question, name="print"),
            web.get(question + "/thanks", self._thanks, name="thanks"),
            web.post(question + "/feedback", self._feedback, name="feedback"),
            web.get(one + "/site-map", self._map, name="map"),
            web.get(one + "/easy/{name:[a-z-]*}", self._easy, name="easy"),
            web.get(one + "/feed.atom", self._atom, name="atom"),
            web.get(one + "/theme/{theme}/feed.atom", self._atom),
            web.get(one + "/{name:[a-z-]+}", self._text, name="text"),
            web.get("/sitemap.xml", self._sitemap, name="sitemap"),
            web.get("/robots.txt", self._robots),
            web.get("/exit", self._exit, name="exit"),
            web.get("/campaigns.json", self._campaigns, name="campaigns"),
        ]

    async def _start(self, _app: web.Application) -> None:
        self.shelf.start()

    async def _stop(self, _app: web.Application) -> None:
        await self.shelf.stop()
        await asyncio.gather(*self._notes, return_exceptions=True)

    def _renew(self) -> None:
        self._site = Site(self.settings, self.shelf.edition)
        self._pages.clear()

    def _show(self, request: web.Request, key: str, make: Callable[[Site], View | None]) -> web.Response:
        """The page of ``key``, made once an edition and set of campaigns."""
        campaigns = prevention.running(self.shelf.edition, self._today(), "help-centre", None, self.settings.drafts)
        site = self._site

        def render() -> Page:
            view = make(site)
            if view is None:
                raise web.HTTPNotFound
            return self._renderer.page(view, campaigns)

        return self._pages.get((key, tuple(each.id for each in campaigns)), render).answer(request)

    async def _choose(self, request: web.Request) -> web.StreamResponse:
        language = request.match_info.get("lang") or wanted(request)
        headers = COMMON | {"Location": f"/{language}/", "Vary": "Accept-Language", "Cache-Control": "no-cache"}
        return web.Response(status=302, headers=headers)

    async def _home(self, request: web.Request) -> web.StreamResponse:
        language = request.match_info["lang"]
        return self._show(request, f"{language}/", lambda site: site.home(language))

    async def _theme(self, request: web.Request) -> web.StreamResponse:
        language, theme = request.match_info["lang"], request.match_info["theme"]
        return self._show(request, request.path, lambda site: site.theme(language, theme))

    async def _question(self, request: web.Request) -> web.StreamResponse:
        language, key = request.match_info["lang"], request.match_info["id"]
        printing = request.path.endswith("/print")
        return self._show(request, request.path, lambda site: site.question(language, key, printing))

    async def _map(self, request: web.Request) -> web.StreamResponse:
        language = request.match_info["lang"]
        return self._show(request, request.path, lambda site: site.map(language))

    async def _text(self, request: web.Request) -> web.StreamResponse:
        language, name = request.match_info["lang"], request.match_info["name"]
        return self._show(request, request.path, lambda site: site.text(language, name))

    async def _easy(self, request: web.Request) -> web.StreamResponse:
        language, name = request.match_info["lang"], request.match_info["name"]
        return self._show(request, request.path, lambda site: site.easy(language, name))

    async def _search(self, request: web.Request) -> web.StreamResponse:
        language, words = request.match_info["lang"], request.query.get("q", "").strip()
        site = self._site
        found = await finding.search(site, words, language)
        if finding.missed(words, found) and self._tap.take():
            self._note(self._journal.missed(Missed(anonymous(words, LONGEST_WORDS), language)))
        return self._renderer.page(finding.view(site, words, language, found)).answer(request)

    async def _suggest(self, request: web.Request) -> web.StreamResponse:
        """Instant results. The words come in the body: addresses are kept in histories and logs."""
        if foreign(request):
            raise web.HTTPForbidden
        language, words = request.match_info["lang"], (await request.text()).strip()
        found = await finding.search(self._site, words, language)
        headers = COMMON | {"Cache-Control": PRIVATE}
        return web.json_response({"results": finding.instant(found, language)}, headers=headers)

    async def _feedback(self, request: web.Request) -> web.StreamResponse:
        language, key = request.match_info["lang"], request.match_info["id"]
        if foreign(request):
            raise web.HTTPForbidden
        if key not in self._site.library.by_id:
            raise web.HTTPNotFound
        if (request.content_length or 0) > _NOT_READ or not self._tap.take():
            raise web.HTTPTooManyRequests
        form = await request.post()
        helpful, why = form.get("helpful"), form.get("why", "")
        if helpful not in ("yes", "no") or not isinstance(why, str):
            raise web.HTTPBadRequest
        given = Feedback(key, language, helpful == "yes", anonymous(why, LONGEST_WHY))
        await self._journal.feedback(given)
        return web.Response(status=303, headers=COMMON | {"Location": f"/{language}/question/{key}/thanks"})

    async def _thanks(self, request: web.Request) -> web.StreamResponse:
        language, key = request.match_info["lang"], request.match_info["id"]

        def view(site: Site) -> View | None:
            t, entry = wording(language), site.library.by_id.get(key)
            if entry is None:
                return None
            back = (f"/{language}/question/{key}", t("Back to the answer"))
            said = t("Your opinion has been kept, without anything that says who you are. Editors will read it.")
            return message(language, f"question/{key}/thanks", t("Thank you"), said, back)

        return self._show(request, request.path, view)

    async def _atom(self, request: web.Request) -> web.StreamResponse:
        text = feeds.atom(self._site, request.match_info["lang"], request.match_info.get("theme"))
        if text is None:
            raise web.HTTPNotFound
        return Page.of(text, "application/atom+xml").answer(request)

    async def _sitemap(self, request: web.Request) -> web.StreamResponse:
        site = self._site
        return self._pages.get(request.path, lambda: Page.of(feeds.sitemap(site), "application/xml")).answer(request)

    async def _robots(self, request: web.Request) -> web.StreamResponse:
        return Page.of(feeds.robots(self._site), "text/plain").answer(request)

    async def _exit(self, _request: web.Request) -> web.StreamResponse:
        clear = {"Clear-Site-Data": '"cache", "cookies", "storage"', "Cache-Control": PRIVATE}
        return web.Response(status=303, headers=COMMON | clear | {"Location": self.settings.exit_url})

    async def _campaigns(self, request: web.Request) -> web.StreamResponse:
        query = request.query
        language = query.get("lang", "fr") if query.get("lang", "fr") in ALL else "fr"
        site = query.get("site", "partners")
        found = prevention.running(
            self.shelf.edition, self._today(), site, query.get("entry_point"), self.settings.drafts
        )
        document = prevention.feed(found, language, self.settings.public_url)
        return web.json_response(document, headers=COMMON | _OPEN | {"Cache-Control": "public, max-age=300"})

    def _note(self, work: Coroutine[Any, Any, None]) -> None:
        """Beside the answer, which does not wait for it."""
        task = asyncio.create_task(work)
        self._notes.add(task)
        task.add_done_callback(self._noted)

    def _noted(self, task: asyncio.Task[None]) -> None:
        self._notes.discard(task)
        if not task.cancelled():
            task.exception()  # a count that is lost matters to nobody; that it was lost is in the metrics

    def _lost(self, request: web.Request, status: int) -> web.Response:
        """A page for what went wrong, with the numbers to call like every other."""
        match = re.match(r"/(fr|en|es|de|it)(/|$)", request.path)
        language = match[1] if match else wanted(request)
        t = wording(language)
        titles = {404: t("This page does not exist"), 429: t("Too many people are writing at the moment")}
        says = {
            404: t("The address may be mistyped, or the page may have moved: search for it above."),
            429: t("Please try again in a minute."),
            503: t("Your opinion could not be kept. Please try again in a few minutes."),
        }
        title = titles.get(status) or t("This did not work")
        said = says.get(status) or t("Please go back and try again. In an emergency, call the numbers on this page.")
        view = message(language, "", title, said, (f"/{language}/", t("Home")), status)
        return self._renderer.page(view).answer(request)


def wanted(request: web.Request) -> str:
    """The first of the browser's languages that is ours, else French."""
    wishes = [part.split(";")[0].strip()[:2].lower() for part in request.headers.get("Accept-Language", "").split(",")]
    return next((wish for wish in wishes if wish in ALL), "fr")
