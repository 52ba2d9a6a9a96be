"""The help centre in a real Chromium, beside the real web chat, its opinions in the real database."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from aiohttp import web
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import BrowserContext, Page, expect
from sqlalchemy import select

from brigade.journal import Journal
from brigade.storage.tables import outgoing
from brigade.texts import LANGUAGES
from faq_index.centre import Centre, Settings
from faq_index.content import load

KEY = "conjugal-danger-immediat"
# Translations come one by one: a question that is not yet answered in German.
FRENCH = next(e.id for e in load().entries if e.theme == "plainte" and not e.speaks("de") and len(e.id) < 40)
TYPES = {
    "home": "", "theme": "theme/violences-conjugales", "question": f"question/{KEY}",
    "untranslated": f"question/{FRENCH}",
    "print": f"question/{FRENCH}/print", "thanks": f"question/{FRENCH}/thanks", "search": "search?q=vélo+volé",
    "nothing": "search?q=自転車", "map": "site-map", "easy": "easy/", "easy-page": "easy/violences-couple",
    "safety": "safety", "privacy": "privacy", "accessibility": "accessibility", "contact": "contact", "lost": "nowhere",
}  # fmt: skip
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@dataclass
class Reader:
    """Somebody in front of a page."""

    page: Page
    requests: list[str]
    complaints: list[str]


@dataclass
class House:
    """The help centre of this session."""

    url: str
    journal: Journal


@pytest.fixture(scope="session")
async def centre(desk: Any, neighbour: dict[str, Any]) -> AsyncIterator[House]:
    listen = desk.config.listen
    url = f"http://127.0.0.1:{listen.help_centre}"
    journal = Journal(desk.storage)
    settings = Settings(public_url=url, chat_url=desk.url, exit_url=neighbour["url"] + "/neutral")
    app = Centre(settings, journal, lambda: date(2026, 12, 1)).application()
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", listen.help_centre).start()
    yield House(url, journal)
    await runner.cleanup()


Read = Callable[..., Awaitable[Reader]]


@pytest.fixture
async def read(centre: House, new_context: Callable[..., Awaitable[BrowserContext]]) -> AsyncIterator[Read]:
    """``reader = await read("/fr/")``; a page that complains about anything fails the test."""
    readers: list[Reader] = []

    async def go(path: str, context: BrowserContext | None = None, **more: Any) -> Reader:
        page = await (context or await new_context(**more)).new_page()
        reader = Reader(page, [], [])
        readers.append(reader)
        page.on("request", lambda request: reader.requests.append(request.url))
        page.on("pageerror", lambda error: reader.complaints.append(str(error)))
        page.on("console", lambda said: reader.complaints.append(said.text) if _bad(said) else None)
        await page.goto(path if path.startswith("http") else centre.url + path)
        return reader

    yield go
    for reader in readers:
        assert reader.complaints == []


def _bad(said: Any) -> bool:
    return said.type == "error" and "Failed to load resource" not in said.text


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("kind", [*TYPES, "staff"])
async def test_A20_axe_finds_nothing_on_any_page_in_both_themes(read: Read, kind: str, language: str) -> None:
    path = f"/intranet/?q=vélo+volé&lang={language}" if kind == "staff" else f"/{language}/{TYPES[kind]}"
    reader = await read(path, bypass_csp=True)
    for theme in ("light", "dark"):
        await reader.page.emulate_media(color_scheme=theme)  # type: ignore[arg-type]
        results = await Axe().run(reader.page, options=RULES)
        assert [f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in results.response["violations"]] == [], theme


@pytest.mark.parametrize("kind", list(TYPES))
async def test_S10_S11_reading_leaves_nothing_and_asks_nobody_else(
    read: Read, centre: House, desk: Any, kind: str
) -> None:
    reader = await read(f"/fr/{TYPES[kind]}")
    await reader.page.wait_for_load_state("networkidle")
    assert await reader.page.context.cookies() == []
    stored = await reader.page.evaluate(
        """async () => [localStorage.length, sessionStorage.length, (await indexedDB.databases()).length,
            (await caches.keys()).length, (await navigator.serviceWorker.getRegistrations()).length]"""
    )
    assert stored == [0, 0, 0, 0, 0]
    assert [
        url for url in reader.requests if not url.startswith((centre.url + "/", desk.url + "/widget/brigade.js"))
    ] == []
    assert len([url for url in reader.requests if url.startswith(desk.url)]) <= 1


@pytest.mark.parametrize("kind", list(TYPES))
async def test_A13_nothing_is_cut_at_320_pixels_with_large_and_spaced_text(read: Read, kind: str) -> None:
    reader = await read(f"/de/{TYPES[kind]}", size=(320, 512))
    for style in (
        "",
        "html{font-size:200%}",
        "*{line-height:1.5!important;letter-spacing:.12em!important;word-spacing:.16em!important}",
    ):
        await reader.page.evaluate(
            "css => { const s = new CSSStyleSheet(); s.replaceSync(css); document.adoptedStyleSheets = [s]; }", style
        )
        wide = await reader.page.evaluate(
            """() => [...document.body.querySelectorAll("*")].filter(each => {
                const box = each.getBoundingClientRect();
                return box.width > 1 && box.height > 1 && (box.right > innerWidth + 1 || box.left < -1)
                    && !each.closest(".unseen, .skips, table");
            }).map(each => each.outerHTML.slice(0, 100))"""
        )
        assert wide == [], style
        assert await reader.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), style


async def test_search_answers_while_typing_and_with_the_keyboard_alone(read: Read, centre: House) -> None:
    reader = await read("/fr/")
    page = reader.page
    await page.locator("#q").press_sequentially("on m'a volé mon vélo", delay=5)
    link = page.locator("#instant a").first
    await expect(link).to_contain_text("vélo", timeout=8000)
    await expect(page.locator("#instant [role=status]")).to_contain_text("suggestion")
    assert not [url for url in reader.requests if "vol" in url], "the words are in no address before Search is pressed"
    await page.keyboard.press("Escape")
    await expect(page.locator("#instant")).to_be_hidden()
    await page.keyboard.press("Enter")
    await expect(page.locator("#count")).to_contain_text("résultat")
    await page.locator(".best a, .results a").first.click()
    await expect(page.locator("h1")).to_contain_text("vélo")


async def test_an_opinion_reaches_the_database(read: Read, centre: House) -> None:
    reader = await read(f"/fr/question/{FRENCH}")
    await reader.page.get_by_label("Non", exact=True).check()
    await reader.page.get_by_label("Pourquoi").fill("Trop compliqué")
    await reader.page.get_by_role("button", name="Envoyer mon avis").click()
    await expect(reader.page.locator("main [role=status]")).to_contain_text("enregistré")
    judged = {each.entry: each for each in await centre.journal.judged()}
    assert "Trop compliqué" in judged[FRENCH].reasons
    await reader.page.get_by_role("link", name="Revenir à la réponse").click()
    await expect(reader.page).to_have_url(f"{centre.url}/fr/question/{FRENCH}")


async def test_A21_without_javascript_everything_works(read: Read, centre: House, desk: Any) -> None:
    reader = await read("/fr/", java_script_enabled=False)
    page = reader.page
    await page.locator("#q").fill("mon mari me frappe")
    await page.keyboard.press("Enter")
    await expect(page.locator("#count")).to_contain_text("résultat")
    await page.locator(".best a, .results a").first.click()
    await expect(page.locator(".short")).to_be_visible()
    await page.locator("input[name=helpful][value=yes]").check()
    await page.locator(".opinion button").click()
    await expect(page.locator("h1")).to_have_text("Merci")
    await page.goto(f"{centre.url}/fr/question/{KEY}")
    assert await page.locator("[data-chat]").first.get_attribute("href") == f"{desk.url}/widget/frame"
    await page.locator("[data-print]").click()
    await expect(page.locator("h1")).to_be_visible()
    await page.goto(f"{centre.url}/fr/question/{KEY}")
    await page.locator("#exit").click()
    await expect(page).to_have_title("Météo du jour")


async def test_the_chat_opens_with_what_was_being_read(read: Read, desk: Any) -> None:
    reader = await read(f"/fr/question/{KEY}")
    await reader.page.get_by_role("link", name="Parler de cette question à un gendarme").click()
    frame = reader.page.frame_locator("iframe")
    await expect(frame.locator("#context")).to_contain_text("quelle page de ce site vous lisiez")
    address, title = reader.page.url, await reader.page.title()
    await frame.locator("#go").click()
    await expect(frame.locator("#text")).to_be_focused()
    conversation = await desk.latest()
    page = await desk.book.page(conversation)
    assert page.entry_point == "arretonslesviolences" and page.state.urgency == "priority"
    query = select(outgoing.c.payload).where(outgoing.c.conversation_id == conversation, outgoing.c.action == "trim")
    async with desk.storage.read() as tx:
        declared = json.loads((await tx.execute(query)).scalar_one())
    assert KEY in declared["context"] and "danger immédiat" in declared["context"]
    # S9: chatting adds nothing to the history, and no address of the chat says what it is about.
    assert (reader.page.url, await reader.page.title()) == (address, title)
    assert not [url for url in reader.requests if url.startswith(desk.url) and ("conjugal" in url or "danger" in url)]


async def test_S1_the_exit_stays_in_sight_and_the_chat_does_not_double_it(read: Read) -> None:
    reader = await read(f"/fr/question/{KEY}", size=(320, 480))
    await expect(reader.page.locator("button.launch")).to_be_visible()
    for scroll in (0, 400, 100_000):
        await reader.page.evaluate("y => scrollTo(0, y)", scroll)
        await expect(reader.page.locator("#exit")).to_be_in_viewport(ratio=1)
    await expect(reader.page.locator("button.exit")).to_have_count(2)  # of the chat's own panel; neither is shown
    assert await reader.page.locator("button.exit:visible").count() == 0


async def test_S2_S4_S6_the_exit_hides_leaves_and_cannot_be_gone_back_to(
    read: Read, centre: House, neighbour: dict[str, Any]
) -> None:
    reader = await read("/fr/")
    await reader.page.goto(f"{centre.url}/fr/question/{KEY}")
    await reader.page.keyboard.press("Tab")
    await expect(reader.page.locator("#exit")).to_be_focused()
    for _ in range(3):
        await reader.page.keyboard.press("Shift")
    await reader.page.wait_for_url(neighbour["url"] + "/neutral")
    await reader.page.go_back()
    assert KEY not in reader.page.url


async def test_S3_the_exit_hides_the_page_even_without_network(read: Read) -> None:
    reader = await read(f"/fr/question/{KEY}")
    await reader.page.context.set_offline(True)
    shown = await reader.page.evaluate(
        "() => { exit.click(); return [getComputedStyle(document.documentElement).display, document.title]; }"
    )
    assert shown == ["none", "…"]
    await reader.page.context.set_offline(False)


async def test_A12_focus_is_visible_and_skip_links_lead(read: Read) -> None:
    reader = await read("/fr/theme/plainte")
    await reader.page.keyboard.press("Tab")
    await expect(reader.page.get_by_role("link", name="Aller au contenu")).to_be_focused()
    await reader.page.keyboard.press("Enter")
    assert await reader.page.evaluate("document.activeElement.id") == "content"
    for _ in range(30):
        await reader.page.keyboard.press("Tab")
        outline = await reader.page.evaluate(
            """() => { const style = getComputedStyle(document.activeElement);
                return document.activeElement.closest("[data-brigade]") ? ["solid", 3]
                    : [style.outlineStyle, parseFloat(style.outlineWidth)]; }"""
        )
        assert outline[0] == "solid" and outline[1] >= 2


async def test_A12_forced_colours_keep_every_border(read: Read) -> None:
    reader = await read(f"/fr/question/{KEY}", forced_colors="active")
    for selector in (".exit", ".urgent", ".danger", ".notice", ".field button", ".opinion button"):
        width = await reader.page.locator(selector).first.evaluate(
            "e => parseFloat(getComputedStyle(e).borderTopWidth)"
        )
        assert width > 0, selector


async def test_printing_keeps_the_answer_its_sources_and_the_numbers(read: Read) -> None:
    reader = await read(f"/fr/question/{KEY}")
    await reader.page.emulate_media(media="print")
    for selector in ("h1", ".short", ".full", ".sources", ".numbers"):
        await expect(reader.page.locator(selector)).to_be_visible()
    for selector in (".top", ".leave", ".foot", ".opinion", ".ways", ".ask", ".tools"):
        await expect(reader.page.locator(selector)).to_be_hidden()


async def test_a_campaign_is_shown_before_the_chat_unless_somebody_may_be_watched(
    read: Read, desk: Any, centre: House
) -> None:
    await desk.channel.start()
    reader = await read("/fr/theme/armes")
    await reader.page.locator("button.launch").click()
    frame = reader.page.frame_locator("iframe")
    await expect(frame.locator("#campaign")).to_contain_text("SMS de livraison")
    link = frame.locator("#campaign a")
    assert await link.get_attribute("href") == f"{centre.url}/fr/question/escroquerie-faux-colis"
    await expect(link).to_contain_text("nouvelle fenêtre")
    sensitive = await read(f"/fr/question/{KEY}")
    await sensitive.page.locator("button.launch").click()
    frame = sensitive.page.frame_locator("iframe")
    await expect(frame.locator("#welcome")).to_be_visible()
    await expect(frame.locator("#campaign")).to_be_hidden()


async def test_a_partner_shows_campaigns_with_one_line(read: Read, centre: House, neighbour: dict[str, Any]) -> None:
    policy = f"default-src 'none'; script-src {centre.url}; connect-src {centre.url}"
    body = f'<main><h1>Mairie</h1><script src="{centre.url}/campaigns.js" data-language="it" defer></script></main>'
    html = f'<!DOCTYPE html><html lang="it"><head><title>Mairie</title></head><body>{body}</body></html>'
    neighbour["/campaigns"] = (html, {"Content-Security-Policy": policy})
    reader = await read(neighbour["url"] + "/campaigns")
    await expect(reader.page.locator("aside").first).to_contain_text("Fa buio presto")
    assert await reader.page.context.cookies() == []


async def test_staff_search_and_copy_from_a_block_on_their_intranet(
    read: Read, centre: House, neighbour: dict[str, Any], new_context: Callable[..., Awaitable[BrowserContext]]
) -> None:
    body = (
        f'<main><h1>Intranet</h1><script src="{centre.url}/intranet/block.js" data-height="500" defer></script></main>'
    )
    html = f'<!DOCTYPE html><html lang="fr"><head><title>Intranet</title></head><body>{body}</body></html>'
    neighbour["/intranet"] = (html, {})
    reader = await read(neighbour["url"] + "/intranet", context=await new_context())
    frame = reader.page.frame_locator("iframe")
    await frame.locator("#q").fill("on lui a volé son vélo")
    await frame.locator("#lang").select_option("en")
    await frame.get_by_role("button", name="Rechercher").click()
    await frame.get_by_role("button", name="Copier la réponse").first.click()
    await expect(frame.locator("#copied")).to_have_text("Copié")
