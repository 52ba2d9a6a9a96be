"""A real Chromium in front of the real web chat. The homeserver is away on purpose: the citizen's side must live with
that, and every event on the page is one that the test wrote into the transcript, as the relay does."""

import itertools
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from PIL import Image
from playwright.async_api import Browser, BrowserContext, FrameLocator, Locator, Page, async_playwright, expect
from sqlalchemy import select

from bridges.webchat import Channel, Settings
from brigade.book import Book
from brigade.config import Config
from brigade.matrix import Account, Homeserver
from brigade.relay import Relay
from brigade.storage import Storage, upgrade_async
from brigade.storage.tables import conversation

FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    # The last of these counts: Playwright's own switches partitioned storage off, which every citizen's browser has.
    "--disable-features=MediaRouter",
]
NEUTRAL = "Météo du jour"


class Desk:
    """The web chat on a port of its own, and the other end of its conversations."""

    def __init__(self, config: Config, storage: Storage, homeserver: Homeserver) -> None:
        self.config = config
        self.storage = storage
        self.url = config.web_url
        self.settings = config.bridges["webchat"]
        assert isinstance(self.settings, Settings)
        account = Account(homeserver, config.services["webchat"].user_id)
        bots = config.services["bots"].user_id
        config.paths.media.mkdir(parents=True, exist_ok=True)
        self.relay = Relay(storage, "webchat", account, bots, config.paths.media, self.settings.terms)
        self.channel = Channel(self.settings, config, self.relay)
        self.relay.listen(self.channel.show)
        self.book: Book = self.relay.book
        self._runner: web.AppRunner | None = None
        self._sources = itertools.count()

    async def up(self) -> None:
        """Answer; also after ``down``, on the same port."""
        self.channel = Channel(self.settings, self.config, self.relay)
        self.relay.listen(self.channel.show)
        self._runner = web.AppRunner(self.channel.public(), shutdown_timeout=0.2)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.config.listen.web, reuse_address=True).start()

    async def down(self) -> None:
        """Stop answering, as after a crash."""
        if self._runner:
            await self.channel.stop()
            await self._runner.cleanup()
            self._runner = None

    async def latest(self) -> str:
        """The id of the conversation opened last."""
        newest = select(conversation.c.id).order_by(conversation.c.opened_at.desc()).limit(1)
        async with self.storage.read() as tx:
            return str((await tx.execute(newest)).scalar_one())

    async def tell(self, conversation: str, **payload: Any) -> int:
        """An event for the citizen, as the relay writes it; its number."""
        source = f"$test{next(self._sources)}"
        async with self.storage.write() as tx:
            entry, _ = await self.relay.transcript.append(tx, conversation, source, payload, source)
        await self.channel.show(conversation)
        return entry.seq

    async def say(self, conversation: str, text: str, sender: str = "gendarme", **more: Any) -> int:
        """A message for the citizen."""
        alias = "Gendarme" if sender == "gendarme" else "Assistant"
        message = {"type": "message", "from": sender, "alias": alias, "text": text, "lang": "fr"}
        return await self.tell(conversation, **message | more)

    async def heard(self, conversation: str) -> list[dict[str, Any]]:
        """What the citizen sent, in order."""
        entries = await self.relay.transcript.since(conversation, 0, 1000)
        return [entry.payload for entry in entries if entry.payload.get("from") == "me"]

    async def hint(self, conversation: str, **payload: Any) -> None:
        """Something of the moment."""
        await self.channel.hint(conversation, payload)


class Visitor:
    """A citizen in front of a browser: the tests say what they do and see."""

    def __init__(self, desk: Desk, page: Page) -> None:
        self.desk = desk
        self.page = page
        self.frame: FrameLocator = page.frame_locator("iframe")
        self.requests: list[Any] = []
        self.complaints: list[str] = []
        page.on("request", lambda request: self.requests.append(request))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("console", self._listen)
        self.conversation = ""

    def _listen(self, message: Any) -> None:
        if message.type == "error" and "Failed to load resource" not in message.text:
            self.complaints.append(message.text)

    def __getitem__(self, selector: str) -> Locator:
        return self.frame.locator(selector)

    @property
    def launcher(self) -> Locator:
        return self.page.locator("button.launch")

    async def opens(self) -> "Visitor":
        await self.launcher.click()
        await expect(self["html"]).to_have_attribute("data-view", re.compile("start|chat|down"))
        return self

    async def starts(self, streaming: bool = True) -> "Visitor":
        await self.opens()
        await self["#go"].click()
        await expect(self["#text"]).to_be_focused()
        if streaming:
            await expect(self["#place"]).to_contain_text("file")  # the place in the queue: the stream is open
        self.conversation = await self.desk.latest()
        return self

    async def writes(self, text: str) -> Locator:
        await self["#text"].fill(text)
        await self["#send"].click()
        return self["#log .message.me"].filter(has_text=text)

    async def gets(self, text: str, **more: Any) -> Locator:
        await self.desk.say(self.conversation, text, **more)
        found = self["#log .message"].filter(has_text=text)
        await expect(found).to_be_visible()
        return found

    async def in_frame(self, script: str, argument: Any = None) -> Any:
        """Evaluates JavaScript in the chat's frame."""
        return await self["html"].evaluate(f"(_, argument) => ({script})(argument)", argument)

    async def sees(self) -> str:
        """All text that is visible, in the page and in the frame."""
        text = await self.page.locator("body").inner_text()
        return text + (await self["body"].inner_text() if await self.page.locator("iframe").count() else "")


Visit = Callable[..., Awaitable[Visitor]]


@pytest.fixture(scope="session")
async def neighbour(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[str, Any]]:
    """Another site, on another origin: a neutral page, and partners' pages that a test fills in."""
    pages: dict[str, Any] = {}

    async def answer(request: web.Request) -> web.StreamResponse:
        if request.path == "/neutral":
            pages.setdefault("visits", []).append(dict(request.headers))
            return web.Response(text=f"<title>{NEUTRAL}</title><p>{NEUTRAL}", content_type="text/html")
        body, headers = pages[request.path]
        return web.Response(text=body, content_type="text/html", headers=headers)

    app = web.Application()
    app.router.add_get("/{path:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    pages["url"] = f"http://partner.localhost:{runner.addresses[0][1]}"
    yield pages
    await runner.cleanup()


@pytest.fixture(scope="session")
async def desk(new_plan: Callable[..., Any], neighbour: dict[str, Any]) -> AsyncIterator[Desk]:
    """The web chat of this session."""
    widget = {"exit_url": neighbour["url"] + "/neutral"}
    plan = new_plan(bots={}, bridges={"webchat": {"widget": widget, "limits": {"enabled": False}}})
    config = plan.config
    await upgrade_async(config.database_url)
    storage = Storage(config.database_url)
    homeserver = Homeserver("http://127.0.0.1:1", config.server_name, "none")
    await homeserver.open()
    found = Desk(config, storage, homeserver)
    await found.up()
    yield found
    await found.down()
    await found.relay.stop()
    await homeserver.close()
    await storage.close()


@pytest.fixture(scope="session")
async def browser() -> AsyncIterator[Browser]:
    async with async_playwright() as playwright:
        found = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        yield found
        await found.close()


@pytest.fixture
async def new_context(browser: Browser) -> AsyncIterator[Callable[..., Awaitable[BrowserContext]]]:
    """A fresh browser profile."""
    made: list[BrowserContext] = []

    async def make(language: str = "fr", size: tuple[int, int] = (1280, 800), **more: Any) -> BrowserContext:
        viewport: Any = {"width": size[0], "height": size[1]}
        made.append(await browser.new_context(locale=language, viewport=viewport, **more))
        made[-1].set_default_timeout(8000)
        return made[-1]

    yield make
    for context in made:
        await context.close()


@pytest.fixture
async def visit(desk: Desk, new_context: Callable[..., Awaitable[BrowserContext]]) -> AsyncIterator[Visit]:
    """``visitor = await visit("/demo")``; a page that complains about anything fails the test that opened it."""
    visitors: list[Visitor] = []

    async def go(path: str = "/demo", context: BrowserContext | None = None, **more: Any) -> Visitor:
        context = context or await new_context(**more)
        visitors.append(Visitor(desk, await context.new_page()))
        await visitors[-1].page.goto(path if path.startswith("http") else desk.url + path)
        return visitors[-1]

    yield go
    for visitor in visitors:
        assert visitor.complaints == []


@pytest.fixture
def partner(neighbour: dict[str, Any], desk: Desk) -> Callable[..., str]:
    """Makes a page of another site that embeds the chat, under the strictest policy that can work; its address."""
    policy = (
        f"default-src 'none'; script-src {desk.url}; frame-src {desk.url}; connect-src 'none'; style-src 'none'; "
        "img-src 'none'"
    )

    def make(body: str = "<h1>Partenaire</h1>", entry: str = "gendarmerie", head: str = "") -> str:
        script = (
            f'<script src="{desk.url}/widget/brigade.js" data-entry-point="{entry}" data-language="fr" defer></script>'
        )
        top = f"<head><title>Partenaire</title>{head}{script}</head>"
        html = f'<!DOCTYPE html><html lang="fr">{top}<body>{body}</body></html>'
        path = f"/partner{len(neighbour)}"
        neighbour[path] = (html, {"Content-Security-Policy": policy} if not head else {})
        return str(neighbour["url"]) + path

    return make


@pytest.fixture
def picture(tmp_path: Path) -> Path:
    """A small PNG."""
    path = tmp_path / "capture.png"
    Image.new("RGB", (8, 8), "teal").save(path)
    return path
