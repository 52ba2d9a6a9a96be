"""Reloads, lost connections, a server that goes away and comes back."""

from typing import Any

from playwright.async_api import expect


async def test_a_reload_finds_the_conversation_again_in_its_tab_only(visit: Any) -> None:
    visitor = await visit()
    await visitor.starts()
    await expect(await visitor.writes("Bonjour")).to_contain_text("Envoyé")
    await visitor.gets("Bonjour à vous")
    await visitor.page.reload()
    await expect(visitor["#history .message"]).to_have_count(2)
    await expect(await visitor.writes("Encore moi")).to_contain_text("Envoyé")
    other = await visit(context=visitor.page.context)
    await other.opens()
    await expect(other["html"]).to_have_attribute("data-view", "start")


async def test_a_minimised_chat_stays_minimised_and_counts_what_arrives(visit: Any) -> None:
    visitor = await visit()
    await visitor.starts()
    await visitor["#close"].click()
    await visitor.page.reload()
    await expect(visitor.launcher).to_have_attribute("aria-expanded", "false")
    await expect(visitor.page.locator("iframe")).to_be_hidden()
    await visitor.page.wait_for_timeout(500)
    await visitor.desk.say(visitor.conversation, "Êtes-vous là ?")
    await expect(visitor.launcher).to_have_text("Écrire à un gendarme (1)")
    await visitor.launcher.click()
    await expect(visitor["#chat"]).to_contain_text("Êtes-vous là ?")


async def test_the_server_restarts_and_nothing_is_lost_or_shown_twice(visit: Any) -> None:
    visitor = await visit()
    await visitor.starts()
    await expect(await visitor.writes("Un")).to_contain_text("Envoyé")
    await visitor.desk.down()
    try:
        await expect(visitor["#offline"]).to_contain_text("Connexion interrompue", timeout=8000)
        await expect(visitor["#offline"]).to_have_role("alert")
        waiting = await visitor.writes("Deux")
        await expect(waiting).to_contain_text("Pas encore envoyé")
        await visitor.desk.say(visitor.conversation, "Pendant l’absence")
    finally:
        await visitor.desk.up()
    await expect(waiting).to_contain_text("Envoyé", timeout=20_000)
    await expect(visitor["#offline"]).to_be_hidden(timeout=20_000)
    await expect(visitor["#log .message"]).to_have_count(3)
    await visitor.gets("Trois")
    assert [each["text"] for each in await visitor.desk.heard(visitor.conversation)] == ["Un", "Deux"]
    assert all("CONNECTION_REFUSED" in complaint for complaint in visitor.complaints)
    visitor.complaints.clear()


async def test_an_event_that_comes_twice_is_shown_once(visit: Any) -> None:
    visitor = await visit()
    await visitor.starts()
    message = {"type": "message", "from": "gendarme", "alias": "Gendarme", "text": "Une fois", "lang": "fr"}
    seq = await visitor.desk.tell(visitor.conversation, **message)
    await expect(visitor["#log .message"]).to_have_count(1)
    await visitor.desk.hint(visitor.conversation, seq=seq, at="2026-01-01T00:00:00Z", **message)
    await visitor.gets("Suite")
    await expect(visitor["#log .message"]).to_have_count(2)


async def test_a_proxy_without_websockets_is_lived_with(visit: Any) -> None:
    visitor = await visit()
    await visitor.page.add_init_script(
        """window.WebSocket = class {
            constructor() { setTimeout(() => this.onclose({code: 1006}), 5); }
            close() {} };"""
    )
    await visitor.page.reload()
    await visitor.starts(streaming=False)
    await visitor.desk.say(visitor.conversation, "Par un autre chemin")
    await expect(visitor["#log .message"]).to_contain_text("Par un autre chemin", timeout=15_000)


async def test_a_browser_that_refuses_storage_can_still_chat(visit: Any) -> None:
    visitor = await visit()
    refuse = "Object.defineProperty(window, 'NAME', {get() { throw new DOMException('no', 'SecurityError'); }});"
    for name in ("sessionStorage", "localStorage"):
        await visitor.page.add_init_script(refuse.replace("NAME", name))
    await visitor.page.reload()
    await visitor.starts()
    await expect(await visitor.writes("Bonjour")).to_contain_text("Envoyé")


async def test_a_late_place_in_the_queue_does_not_undo_the_answer(visit: Any) -> None:
    visitor = await visit()
    await visitor.starts()
    await visitor.desk.tell(visitor.conversation, type="status", state="in_progress")
    await expect(visitor["#place"]).to_have_text("Un gendarme est avec vous.")
    await visitor.desk.hint(visitor.conversation, type="status", state="waiting", position=2)
    await visitor.gets("Bonjour")
    await expect(visitor["#place"]).to_have_text("Un gendarme est avec vous.")


async def test_S14_two_actions_start_an_anonymous_conversation(visit: Any) -> None:
    visitor = await visit()
    await visitor.launcher.click()
    await visitor["#go"].click()
    await expect(visitor["#text"]).to_be_focused()
    page = await visitor.desk.book.page(await visitor.desk.latest())
    assert (page.pseudonym, page.postcode) == (None, None)
    assert await visitor["[required]"].count() == 0


async def test_S14_pseudonym_and_postcode_are_optional_and_checked(visit: Any) -> None:
    visitor = await visit()
    await visitor.opens()
    await visitor["#options summary"].click()
    await visitor.frame.get_by_label("Pseudonyme (facultatif)").fill("Lou")
    postcode = visitor.frame.get_by_label("Code postal du lieu concerné (facultatif)")
    await postcode.fill("35 00")
    await visitor["#go"].click()
    await expect(postcode).to_be_focused()
    await expect(postcode).to_have_attribute("aria-invalid", "true")
    await expect(visitor["#postcode-error"]).to_contain_text("5 chiffres, par exemple 35000")
    await postcode.fill("35000")
    await visitor["#go"].click()
    await expect(visitor["#text"]).to_be_focused()
    page = await visitor.desk.book.page(await visitor.desk.latest())
    assert (page.pseudonym, page.postcode) == ("Lou", "35000")


async def test_S14_an_unknown_town_is_an_answer(visit: Any) -> None:
    visitor = await visit()
    await visitor.opens()
    await visitor["#options summary"].click()
    await visitor["#postcode"].fill("abc")
    await visitor.frame.get_by_label("Commune inconnue").check()
    await visitor["#go"].click()
    await expect(visitor["#text"]).to_be_focused()
    assert (await visitor.desk.book.page(await visitor.desk.latest())).postcode is None


async def test_A17_nobody_solves_a_puzzle_and_a_flood_is_told_when_to_return(visit: Any) -> None:
    visitor = await visit()
    await visitor.opens()
    headers = {"Retry-After": "7", "Content-Type": "application/problem+json"}
    await visitor.page.route(
        "**/conversations", lambda route: route.fulfill(status=429, headers=headers, body='{"title": "Slow"}')
    )
    await visitor["#go"].click()
    await expect(visitor["#start-error"]).to_have_text(
        "Beaucoup de personnes nous écrivent. Réessayez dans 7 secondes."
    )
    await visitor.page.unroute("**/conversations")
    await visitor["#go"].click()
    await expect(visitor["#text"]).to_be_focused()


async def test_the_language_can_change_in_the_middle(visit: Any) -> None:
    visitor = await visit()
    await visitor.starts()
    await visitor.gets("Bonjour")
    await visitor.frame.get_by_label("Langue").select_option("de")
    await expect(visitor["label[for=text]"]).to_have_text("Ihre Nachricht")
    assert await visitor["html"].get_attribute("lang") == "de"
    await expect(visitor.launcher).to_have_text("Minimieren")
    await expect(visitor["#log"]).to_contain_text("Bonjour")


async def test_S12_nothing_sounds_shakes_or_blinks(visit: Any) -> None:
    visitor = await visit()
    await visitor.page.add_init_script(
        """window.noise = [];
        for (const [owner, name] of [[HTMLMediaElement.prototype, "play"], [navigator, "vibrate"],
                                     [window, "Notification"], [window, "AudioContext"]])
            owner[name] = function () { window.noise.push(name); };"""
    )
    await visitor.page.reload()
    title = await visitor.page.title()
    await visitor.starts()
    await visitor["#close"].click()
    await expect(visitor.page.locator("iframe")).to_be_hidden()
    await visitor.desk.say(visitor.conversation, "Nouveau")
    await expect(visitor.launcher).to_contain_text("(1)")
    assert await visitor.page.title() == title
    for frame in visitor.page.frames:
        assert await frame.evaluate("window.noise") == []
