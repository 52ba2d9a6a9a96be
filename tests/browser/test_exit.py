"""Leaving: quickly, without a trace on the page, and what remains afterwards."""

import base64
import io
import time
from collections.abc import Callable
from typing import Any

import aiohttp
import pytest
from PIL import Image
from playwright.async_api import expect

from bridges.webchat.wording import sentences

SECRET = "il me frappe"
STATES = ("start", "chat", "advice", "finishing", "cover", "ended", "done", "down")


async def into(visitor: Any, state: str) -> None:
    """Brings a fresh visitor's chat into a state."""
    if state == "down":
        await visitor.page.route("**/entry-points/**", lambda route: route.abort())
    if state == "cover":
        await visitor.page.clock.install()
    await (visitor.opens() if state in ("start", "down") else visitor.starts())
    if state == "advice":
        await visitor["#safety"].click()
    elif state == "finishing":
        await visitor["#finish"].click()
    elif state == "cover":
        await visitor.page.clock.fast_forward(16 * 60_000)
    elif state == "ended":
        await visitor.desk.tell(visitor.conversation, type="status", state="closed")
        await expect(visitor["#rating"]).to_be_visible()
    elif state == "done":
        await visitor["#finish"].click()
        await visitor["#finish-yes"].click()
    views = {"ended": "chat"}
    await expect(visitor["html"]).to_have_attribute("data-view", views.get(state, state))


async def is_uncovered(visitor: Any, locator: Any) -> bool:
    """Whether the middle of an element is what a finger would touch, on the page and in the frame."""
    box = await locator.bounding_box()
    middle = [box["x"] + box["width"] / 2, box["y"] + box["height"] / 2]
    size = visitor.page.viewport_size
    if not (0 <= middle[0] < size["width"] and 0 <= middle[1] < size["height"]):
        return False
    outer = await visitor.page.evaluate("([x, y]) => 'brigade' in document.elementFromPoint(x, y).dataset", middle)
    hit = "element => { const b = element.getBoundingClientRect(); return element.contains("
    hit += "element.getRootNode().elementFromPoint(b.x + b.width / 2, b.y + b.height / 2)); }"
    return bool(outer and await locator.evaluate(hit))


@pytest.mark.parametrize("size", [(1280, 800), (390, 844), (320, 256)])
@pytest.mark.parametrize("state", STATES)
async def test_S1_the_exit_is_in_view_in_every_state(visit: Any, state: str, size: tuple[int, int]) -> None:
    visitor = await visit(size=size)
    await into(visitor, state)
    leave = visitor["#exit"]
    await expect(leave).to_have_accessible_name("Quitter vite")
    assert await is_uncovered(visitor, leave)
    await visitor.in_frame("() => document.scrollingElement.scrollTo(0, 1e6)")
    assert await is_uncovered(visitor, leave)
    visitor.complaints.clear()


async def test_S1_the_exit_is_over_the_banner_and_stays_when_scrolled(visit: Any, partner: Callable[..., str]) -> None:
    banner = '<div style="position:fixed;inset:0;z-index:2147483000;background:#fff">Cookies ?</div>'
    page = partner(banner + '<p style="height:5000px"></p>', "arretonslesviolences", head="<meta charset=utf-8>")
    visitor = await visit(page, size=(320, 568))
    leave = visitor.page.get_by_role("button", name="Quitter vite")
    assert await is_uncovered(visitor, leave)
    await visitor.page.mouse.wheel(0, 4000)
    assert await is_uncovered(visitor, leave)


async def gone(visitor: Any, neighbour: dict[str, Any]) -> None:
    await visitor.page.wait_for_url(neighbour["url"] + "/neutral")


async def test_S2_the_button_leaves(visit: Any, neighbour: dict[str, Any]) -> None:
    visitor = await visit()
    await visitor.starts()
    await visitor["#exit"].click()
    await gone(visitor, neighbour)


async def test_S2_the_first_tab_stop_leaves(visit: Any, neighbour: dict[str, Any]) -> None:
    visitor = await visit("/demo/victimes")
    await visitor.page.keyboard.press("Tab")
    assert await visitor.page.evaluate("document.activeElement.shadowRoot.activeElement.textContent") == "Quitter vite"
    await visitor.starts()
    first = await visitor.in_frame(
        """() => [...document.querySelectorAll("a, button, input, select, textarea, summary, [tabindex]")]
            .find(each => each.tabIndex >= 0 && each.getClientRects().length).id"""
    )
    assert first == "exit-first"
    await visitor["#exit-first"].focus()
    await expect(visitor["#exit-first"]).to_be_in_viewport(ratio=1)
    await visitor.page.keyboard.press("Enter")
    await gone(visitor, neighbour)


@pytest.mark.parametrize("place", ["frame", "host"])
async def test_S2_shift_three_times_leaves(visit: Any, neighbour: dict[str, Any], place: str) -> None:
    visitor = await visit()
    await visitor.starts()
    if place == "host":
        await visitor.launcher.focus()
    for _ in range(3):
        await visitor.page.keyboard.press("Shift")
    await gone(visitor, neighbour)


async def test_S2_writing_in_capitals_never_leaves(visit: Any) -> None:
    visitor = await visit()
    await visitor.starts()
    keyboard = visitor.page.keyboard
    for letter in "AEMAJ":
        await keyboard.down("Shift")
        await keyboard.press(letter)
        await keyboard.up("Shift")
    for combination in ("Shift+Enter", "Shift+Enter", "Shift+Enter", "Control+Shift", "Control+Shift", "Control+Shift"):
        await keyboard.press(combination)
    await keyboard.press("Shift")
    await keyboard.press("Shift")
    await keyboard.press("a")
    await keyboard.press("Shift")
    await visitor.page.wait_for_timeout(300)
    await expect(visitor["#text"]).to_be_focused()
    await keyboard.press("Escape")  # closes the panel, as everywhere, and nothing more
    await expect(visitor.launcher).to_be_visible()


async def test_S3_everything_is_hidden_at_once_without_a_network(visit: Any) -> None:
    visitor = await visit()
    await visitor.starts()
    await visitor.gets(SECRET)
    await visitor.page.context.set_offline(True)
    await visitor.page.route("**/exit", lambda route: None)  # the network never answers
    script = """() => new Promise(done => {
        const start = performance.now();
        document.querySelector("#exit").click();
        const kept = sessionStorage.length + localStorage.length;
        done([performance.now() - start, document.body.textContent.trim(), document.documentElement.hidden, kept]);
    })"""
    took, text, hidden, kept = await visitor.in_frame(script)
    assert took < 100 and text == "" and hidden and kept == 0
    await visitor.page.wait_for_timeout(100)
    assert await visitor.page.evaluate("[getComputedStyle(document.documentElement).display, document.title]") == [
        "none",
        "…",
    ]
    cdp = await visitor.page.context.new_cdp_session(visitor.page)
    shot = await cdp.send("Page.captureScreenshot")
    with Image.open(io.BytesIO(base64.b64decode(shot["data"]))) as pixels:
        assert len(pixels.convert("RGB").getcolors() or ()) == 1
    visitor.complaints.clear()


async def test_S4_back_does_not_return_and_the_neutral_page_learns_nothing(
    visit: Any, partner: Callable[..., str], neighbour: dict[str, Any]
) -> None:
    visitor = await visit("/demo")
    await visitor.page.goto(partner())
    length = await visitor.page.evaluate("history.length")
    await visitor.starts()
    await visitor["#exit"].click()
    await gone(visitor, neighbour)
    assert await visitor.page.evaluate("history.length") == length
    assert "Referer" not in neighbour["visits"][-1]
    await visitor.page.go_back()
    assert visitor.page.url == visitor.desk.url + "/demo"


@pytest.mark.parametrize("where", ["same origin", "another origin"])
async def test_S5_exit_empties_storage_and_kills_the_token(
    visit: Any, partner: Callable[..., str], neighbour: dict[str, Any], where: str
) -> None:
    visitor = await visit("/demo" if where == "same origin" else partner())
    await visitor.starts()
    await visitor.in_frame("() => { localStorage.x = document.cookie = 'a=b'; indexedDB.open('x'); }")
    session = await visitor.in_frame("() => JSON.parse(sessionStorage.session)")
    address = f"{visitor.desk.url}/api/v1/conversations/{session['id']}/events"
    headers = {"Authorization": f"Bearer {session['token']}"}
    async with aiohttp.ClientSession(headers=headers) as client:
        assert (await client.get(address)).status == 200
        start = time.monotonic()
        await visitor["#exit"].click()
        while (await client.get(address)).status != 401:
            assert time.monotonic() - start < 2
    await gone(visitor, neighbour)
    await visitor.page.goto(visitor.desk.url + "/demo")
    stores = """async () => [document.cookie, localStorage.length, sessionStorage.length,
        (await indexedDB.databases()).length, (await caches.keys()).length,
        (await navigator.serviceWorker.getRegistrations()).length]"""
    assert await visitor.page.evaluate(stores) == ["", 0, 0, 0, 0, 0]
    if where == "another origin":
        await visitor.page.goto(partner())
        assert await visitor.page.evaluate("sessionStorage.length") == 0
        await visitor.opens()
        assert await visitor.in_frame(stores) == ["", 0, 0, 0, 0, 0]
    page = await visitor.desk.book.page(session["id"])
    assert page.left_at is not None


async def test_S5_the_exit_address_clears_the_browser(visit: Any, neighbour: dict[str, Any]) -> None:
    visitor = await visit()
    async with aiohttp.ClientSession() as client:
        answer = await client.get(visitor.desk.url + "/exit", allow_redirects=False)
        assert (answer.status, answer.headers["Location"]) == (303, neighbour["url"] + "/neutral")
        assert '"storage"' in answer.headers["Clear-Site-Data"] and '"cookies"' in answer.headers["Clear-Site-Data"]
        assert answer.headers["Cache-Control"] == "no-store"


async def test_S6_back_and_forward_show_no_conversation(visit: Any, neighbour: dict[str, Any]) -> None:
    visitor = await visit("/demo/victimes")
    await visitor.starts()
    await visitor.gets(SECRET)
    await visitor.page.goto(neighbour["url"] + "/neutral")
    await visitor.page.go_back()
    await visitor.page.wait_for_timeout(800)
    assert SECRET not in await visitor.sees()
    assert (await visitor.desk.book.page(visitor.conversation)).left_at is not None


@pytest.mark.parametrize(
    ("path", "view"), [("/demo", "cover"), ("/demo/victimes", "start"), ("/widget/frame", "cover")]
)
async def test_S6_a_page_from_the_browsers_memory_shows_nothing(visit: Any, path: str, view: str) -> None:
    visitor = await visit(path)
    if path == "/widget/frame":
        await visitor.page.locator("#go").click()
        await expect(visitor.page.locator("#text")).to_be_focused()
    else:
        await visitor.starts()
    await visitor.page.evaluate("dispatchEvent(new PageTransitionEvent('pageshow', {persisted: true}))")
    frame = visitor.page.frames[-1]
    await expect(frame.locator("html")).to_have_attribute("data-view", view)
    await expect(frame.locator("#chat")).to_be_hidden()


async def test_S6_an_old_tab_that_is_reopened_shows_no_conversation(visit: Any) -> None:
    visitor = await visit()
    await visitor.starts()
    await visitor.gets(SECRET)
    await visitor.page.evaluate(
        """() => { const kept = JSON.parse(sessionStorage.session); addEventListener("pagehide", () => {
            sessionStorage.session = JSON.stringify({...kept, seen: kept.seen - 3600e3}); }); }"""
    )
    await visitor.page.reload()
    await expect(visitor["html"]).to_have_attribute("data-view", "start")
    assert SECRET not in await visitor.sees()
    assert await visitor.page.evaluate("sessionStorage.length") == 0


async def test_S7_the_other_tabs_are_emptied_too(visit: Any, neighbour: dict[str, Any]) -> None:
    first = await visit()
    await first.starts()
    await first.gets(SECRET)
    second = await visit(context=first.page.context)
    await second.starts()
    await second["#exit"].click()
    await gone(second, neighbour)
    await gone(first, neighbour)


async def test_S16_the_advice_is_honest(visit: Any) -> None:
    visitor = await visit("/demo/victimes")
    await visitor.opens()
    await expect(visitor["#safety-note"]).to_contain_text("n’efface pas l’historique de navigation")
    await visitor["#safety-more"].click()
    advice = await visitor["#advice"].inner_text()
    for honest in (
        "n’efface pas l’historique",
        "logiciel espion",
        "fenêtre privée",
        "éveiller des soupçons",
        "revenir",
    ):
        assert honest in advice
    everything = " ".join(sentences("fr").values()).lower()
    assert "aucune trace" not in everything and "sans trace" not in everything


async def test_S24_a_quick_exit_never_asks_for_a_rating(visit: Any, neighbour: dict[str, Any]) -> None:
    visitor = await visit()
    await visitor.starts()
    before = len(visitor.requests)
    await visitor["#exit"].click()
    await gone(visitor, neighbour)
    later = [request for request in visitor.requests[before:] if "/api/" in request.url]
    assert [(r.method, (await r.all_headers()).get("x-exit")) for r in later] == [("DELETE", "quick")]
