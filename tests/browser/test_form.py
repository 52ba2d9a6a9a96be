"""The contact form in Chromium: five languages, both themes, on a phone's width; axe finds nothing."""

import re
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from aiohttp.test_utils import TestServer
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import Browser, expect

from bridges.form import Channel
from brigade.matrix import Account, Homeserver
from brigade.relay import Relay
from brigade.stack.secrets import make_secrets
from brigade.storage import Storage, upgrade_async

LANGUAGES = ("fr", "en", "es", "de", "it")


@pytest.fixture(scope="module")
async def form(new_plan: Callable[..., Any]) -> AsyncIterator[str]:
    """The form's pages on a port of their own; the homeserver is away, which changes nothing for the citizen."""
    config = new_plan(bots={}, bridges={"webchat": {}, "form": {"per_minute": 1000}}).config
    config.paths.make()
    make_secrets(config)
    await upgrade_async(config.database_url)
    storage = Storage(config.database_url)
    homeserver = Homeserver("http://127.0.0.1:1", config.server_name, "none")
    await homeserver.open()
    account = Account(homeserver, config.services["form"].user_id)
    settings = config.bridges["form"]
    relay = Relay(storage, "form", account, config.services["bots"].user_id, config.paths.media, settings.terms(()))
    channel = Channel(settings, config, relay)
    relay.listen(channel.show)
    server = TestServer(channel.public(), host="127.0.0.1")
    await server.start_server()
    await channel.start()
    yield str(server.make_url("")).rstrip("/")
    await channel.stop()
    await server.close()
    await relay.inward.lanes.stop()
    await homeserver.close()
    await storage.close()


def address(form: str, language: str) -> str:
    return f"{form}/formulaire" + ("" if language == "fr" else f"/{language}")


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("language", LANGUAGES)
async def test_A20_axe_finds_nothing_on_the_form_its_mistakes_and_its_end(
    form: str, browser: Browser, language: str, theme: Any
) -> None:
    context = await browser.new_context(bypass_csp=True, color_scheme=theme, viewport={"width": 320, "height": 640})
    page = await context.new_page()
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    await page.goto(address(form, language))
    assert (await Axe().run(page)).response["violations"] == []
    await page.fill("#text", "Bonjour")
    await page.fill("#email", "pas une adresse")
    await page.check("#safe-yes")
    await page.eval_on_selector("form", "form => { form.noValidate = true; }")
    await page.click("button")
    await expect(page.locator('[role="alert"]')).to_be_visible()
    assert await page.input_value("#text") == "Bonjour"
    assert (await Axe().run(page)).response["violations"] == []
    await page.check("#safe-no")
    await page.eval_on_selector("form", "form => { form.noValidate = true; }")
    await page.fill("#email", "")
    await page.click("button")
    await expect(page.locator(".reference")).to_be_visible()
    await expect(page.locator("a.button")).to_have_attribute("href", re.compile(r"/suite#[0-9a-f]{32}\."))
    assert (await Axe().run(page)).response["violations"] == []
    wide = await page.evaluate("document.documentElement.scrollWidth")
    assert wide <= 320
    assert await context.cookies() == []
    assert all(url.startswith(form) for url in requests)
    await context.close()
