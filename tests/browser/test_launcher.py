"""The button on a host page and the panel it opens."""

from collections.abc import Callable
from typing import Any

from playwright.async_api import expect


async def test_A1_launcher_is_a_button_named_by_its_text(visit: Any) -> None:
    visitor = await visit()
    launcher = visitor.page.get_by_role("button", name="Écrire à un gendarme")
    await expect(launcher).to_have_attribute("aria-expanded", "false")
    box = await launcher.bounding_box()
    assert box["width"] >= 44 and box["height"] >= 44
    for _ in range(60):
        await visitor.page.keyboard.press("Tab")
        if await launcher.evaluate("button => button.getRootNode().activeElement === button"):
            break
    else:
        raise AssertionError("Tab never reached the launcher")
    await visitor.page.keyboard.press("Enter")
    await expect(visitor.launcher).to_have_attribute("aria-expanded", "true")
    assert (await visitor.launcher.inner_text()).strip() == "Réduire"


async def test_A2_focus_enters_the_panel_and_comes_back(visit: Any) -> None:
    visitor = await visit()
    await visitor.opens()
    await expect(visitor["#welcome"]).to_be_focused()
    await visitor.page.keyboard.press("Escape")
    await expect(visitor.page.locator("iframe")).to_be_hidden()
    await expect(visitor.launcher).to_be_focused()
    await visitor.opens()
    await visitor["#close"].click()
    await expect(visitor.launcher).to_be_focused()


async def test_A2_the_desktop_panel_is_no_keyboard_trap(visit: Any) -> None:
    visitor = await visit()
    await visitor.opens()
    places = set()
    for _ in range(60):
        await visitor.page.keyboard.press("Tab")
        place = await visitor.page.evaluate("document.activeElement.dataset.brigade === '' ? 'chat' : 'host'")
        places.add(place)
    assert places == {"chat", "host"}
    panel = visitor.page.locator(".panel")
    await expect(panel).to_have_role("region")
    await expect(panel).to_have_accessible_name("Fenêtre de messages")


async def test_A2_on_a_phone_the_rest_of_the_page_is_inert(visit: Any) -> None:
    visitor = await visit(size=(390, 844))
    await visitor.opens()
    panel = visitor.page.locator(".panel")
    await expect(panel).to_have_role("dialog")
    await expect(panel).to_have_attribute("aria-modal", "true")
    box = await panel.bounding_box()
    assert (box["width"], box["height"]) == (390, 844)
    others = "[...document.body.children].filter(each => !('brigade' in each.dataset))"
    assert await visitor.page.evaluate(f"{others}.every(each => each.inert)")
    await visitor["#close"].click()
    await expect(panel).to_be_hidden()
    assert not await visitor.page.evaluate(f"{others}.some(each => each.inert)")


async def test_A13_what_has_the_focus_is_never_wholly_under_the_chat(visit: Any, partner: Callable[..., str]) -> None:
    low = '<p style="height:60px"></p>' * 3
    corner = '<button id="low" style="position:fixed;right:40px;bottom:30px">Bas</button>'
    visitor = await visit(partner(low + corner, head="<meta charset=utf-8>"))
    for _ in ("closed", "open"):
        await visitor.page.locator("#low").focus()
        on_top = await visitor.page.evaluate(
            """() => { const box = low.getBoundingClientRect();
                return document.elementFromPoint(box.left + box.width / 2, box.top + box.height / 2) === low; }"""
        )
        assert on_top
        await visitor.page.evaluate("document.activeElement.blur()")
        await visitor.opens()


async def test_A14_the_frame_has_a_neutral_title(visit: Any) -> None:
    visitor = await visit("/demo/victimes")
    await visitor.opens()
    frame = visitor.page.locator("iframe")
    assert await frame.get_attribute("title") == "Fenêtre de messages"
    assert await visitor.in_frame("() => document.title") == "Fenêtre de messages"


async def test_S9_nothing_personal_in_history_or_addresses(visit: Any, partner: Callable[..., str]) -> None:
    visitor = await visit(partner(entry="arretonslesviolences"))
    before = await visitor.page.evaluate("[history.length, location.href, document.title]")
    await visitor.starts()
    await expect(await visitor.writes("Bonjour")).to_contain_text("Envoyé")
    assert await visitor.page.evaluate("[history.length, location.href, document.title]") == before
    frame = visitor.page.frames[1]
    assert frame.url == visitor.desk.url + "/widget/frame"
    documents = [r.url for r in visitor.requests if r.resource_type == "document"]
    assert not any("violences" in url or visitor.conversation in url for url in documents)
    page = await visitor.desk.book.page(visitor.conversation)
    assert page.entry_point == "arretonslesviolences"
    for request in visitor.requests:
        if request.url.startswith(visitor.desk.url) and request.resource_type != "script":
            assert "referer" not in await request.all_headers()


async def test_S10_nothing_is_stored_or_asked_before_a_click(visit: Any, partner: Callable[..., str]) -> None:
    visitor = await visit(partner())
    await visitor.page.wait_for_timeout(300)
    ours = [request.url for request in visitor.requests if request.url.startswith(visitor.desk.url)]
    assert ours == [visitor.desk.url + "/widget/brigade.js"]
    assert await visitor.page.locator("iframe").count() == 0
    assert await visitor.page.context.cookies() == []
    assert await visitor.page.evaluate("[localStorage.length, sessionStorage.length]") == [0, 0]
    assert await visitor.page.evaluate("indexedDB.databases()") == []


async def test_S11_no_third_party_is_ever_asked(visit: Any) -> None:
    visitor = await visit()
    await visitor.starts()
    await visitor.gets("Bonjour")
    assert {request.url.split("/")[2] for request in visitor.requests} == {visitor.desk.url.split("/")[2]}


async def test_the_chat_works_under_the_strictest_policy_of_a_host(visit: Any, partner: Callable[..., str]) -> None:
    visitor = await visit(partner())
    await visitor.starts()
    await visitor.gets("Bonjour")
    box = await visitor.page.locator(".panel").bounding_box()
    assert box["width"] > 300 and box["x"] > 800  # its style sheet was applied


async def test_a_host_page_can_open_the_chat_with_words_that_are_not_sent(visit: Any) -> None:
    visitor = await visit()
    await visitor.page.evaluate("brigade.open({context: {text: 'Ma question sur les vacances'}})")
    await visitor["#go"].click()
    await expect(visitor["#text"]).to_have_value("Ma question sur les vacances")
    assert await visitor.desk.heard(await visitor.desk.latest()) == []


async def test_the_wait_is_told_only_when_it_is_known(visit: Any) -> None:
    visitor = await visit()
    await visitor.page.route("**/status", lambda route: route.fulfill(json={"open": True, "waiting": 0}))
    await visitor.opens()
    await expect(visitor["#queue"]).to_have_text("Réponse à toute heure.")
    await visitor.page.route("**/status", lambda route: route.fulfill(json={"open": True, "wait_minutes": 4}))
    await visitor.page.reload()
    await visitor.opens()
    await expect(visitor["#queue"]).to_have_text("Réponse à toute heure. Attente estimée : 4 min.")


async def test_a_mistyped_entry_point_leaves_nobody_without_a_chat(visit: Any, partner: Callable[..., str]) -> None:
    visitor = await visit(partner(entry="faute-de-frappe"))
    await visitor.starts()
    assert (await visitor.desk.book.page(visitor.conversation)).entry_point == "gendarmerie"


async def test_a_chat_that_does_not_load_says_so_with_the_numbers(visit: Any) -> None:
    visitor = await visit()
    await visitor.page.route("**/widget/frame", lambda route: None)
    await visitor.page.clock.install()
    await visitor.launcher.click()
    await visitor.page.clock.fast_forward(9000)
    panel = visitor.page.locator(".panel")
    await expect(panel).to_contain_text("Le tchat ne répond pas")
    for number in ("tel:17", "tel:112", "sms:114"):
        await expect(panel.locator(f'a[href="{number}"]')).to_be_visible()
    await expect(panel.get_by_role("button", name="Quitter vite")).to_be_visible()
