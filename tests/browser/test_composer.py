"""Writing, sending, attaching: what leaves the browser, when, and what is said about it."""

import asyncio
from pathlib import Path
from typing import Any

from playwright.async_api import Route, expect


async def test_A8_the_field_is_labelled_and_its_keys_documented(visit: Any) -> None:
    visitor = await visit()
    await visitor.starts()
    field = visitor["#text"]
    await expect(field).to_have_accessible_name("Votre message")
    await expect(visitor["label[for=text]"]).to_be_visible()
    assert await field.get_attribute("placeholder") is None
    await expect(field).to_have_accessible_description("Entrée envoie, Maj+Entrée va à la ligne.")
    await field.press_sequentially("Une ligne")
    await field.press("Shift+Enter")
    await field.press_sequentially("deux")
    await field.press("Enter")
    await expect(visitor["#log .message.me .text"]).to_have_text("Une ligne\ndeux", use_inner_text=True)
    await expect(field).to_have_value("")


async def test_A8_errors_are_linked_to_the_field_and_say_what_to_do(visit: Any) -> None:
    visitor = await visit()
    await visitor.starts()
    field = visitor["#text"]
    await field.press("Enter")
    await expect(field).to_have_attribute("aria-invalid", "true")
    await expect(field).to_have_accessible_description(
        "Entrée envoie, Maj+Entrée va à la ligne. Écrivez d’abord un message ou joignez un fichier."
    )
    await field.fill("a" * 4500)
    await expect(visitor["#left"]).to_have_text("Caractères restants : 500")
    await field.fill("a" * 5007)
    await expect(visitor["#status"]).to_contain_text("trop long de 7 caractères")
    await field.press("Enter")
    await expect(visitor["#composer-error"]).to_contain_text("Envoyez-le en plusieurs fois")
    assert await visitor.desk.heard(visitor.conversation) == []


async def test_A9_states_are_told_and_stay(visit: Any) -> None:
    visitor = await visit()
    await visitor.starts()
    status = visitor["#status"]
    await expect(status).to_have_role("status")
    await visitor.desk.hint(visitor.conversation, type="status", state="waiting", position=3, wait_minutes=5)
    await expect(visitor["#place"]).to_have_text("Votre place dans la file : 3. Attente estimée : 5 min.")
    await expect(status).to_contain_text("Votre place dans la file : 3.")
    await visitor.desk.tell(visitor.conversation, type="status", state="in_progress")
    await expect(status).to_have_text("Un gendarme est avec vous.")
    await expect(visitor["#place"]).to_have_text("Un gendarme est avec vous.")
    await visitor.writes("Bonjour")
    await expect(status).to_have_text("Envoyé")


async def test_A9_typing_is_announced_once_an_episode(visit: Any) -> None:
    visitor = await visit()
    await visitor.starts()
    await visitor.in_frame(
        """() => { window.said = [];
            const status = document.getElementById("status");
            new MutationObserver(() => window.said.push(status.textContent)).observe(status, {childList: true}); }"""
    )
    for _ in range(3):
        await visitor.desk.hint(visitor.conversation, type="typing", typing=True)
        await expect(visitor["#typing"]).to_be_visible()
        await visitor.desk.hint(visitor.conversation, type="typing", typing=False)
        await expect(visitor["#typing"]).to_be_hidden()
    assert await visitor.in_frame("() => window.said") == ["Le gendarme écrit…"]
    await expect(visitor["#typing"]).to_have_attribute("aria-hidden", "true")


async def test_A9_a_refused_message_is_an_alert_with_a_way_out(visit: Any) -> None:
    visitor = await visit()
    await visitor.starts()

    async def refuse(route: Route) -> None:
        body = '{"type": "x", "title": "Refused", "status": 422, "detail": "Ce message est refusé."}'
        await route.fulfill(status=422, body=body, content_type="application/problem+json")

    await visitor.page.route("**/messages", refuse)
    mine = await visitor.writes("Refusé ?")
    await expect(visitor["#composer-error"]).to_have_text("Non envoyé. Ce message est refusé.")
    await expect(visitor["#composer-error"]).to_have_role("alert")
    await expect(mine).to_contain_text("Non envoyé.")
    await visitor.page.unroute("**/messages")
    await mine.get_by_role("button", name="Réessayer").click()
    await expect(mine).to_contain_text("Envoyé")
    assert len(await visitor.desk.heard(visitor.conversation)) == 1


async def test_a_retry_after_a_lost_answer_is_one_message(visit: Any) -> None:
    visitor = await visit()
    await visitor.starts()
    lost: list[str] = []

    async def lose(route: Route) -> None:
        lost.append((await route.fetch()).status_text)
        await route.abort()

    await visitor.page.route("**/messages", lose, times=2)
    mine = await visitor.writes("Une seule fois")
    await expect(mine).to_contain_text("Envoyé")
    await expect(await visitor.writes("Puis celui-ci")).to_contain_text("Envoyé")
    assert len(lost) == 2
    texts = [each["text"] for each in await visitor.desk.heard(visitor.conversation)]
    assert texts == ["Une seule fois", "Puis celui-ci"]
    await expect(visitor["#log .message.me"]).to_have_count(2)


async def test_messages_written_without_a_network_leave_when_it_is_back(visit: Any) -> None:
    visitor = await visit()
    await visitor.starts()
    await visitor.page.context.set_offline(True)
    mine = await visitor.writes("Hors ligne")
    await expect(mine).to_contain_text("Pas encore envoyé")
    await visitor.page.context.set_offline(False)
    await expect(mine).to_contain_text("Envoyé")
    assert len(await visitor.desk.heard(visitor.conversation)) == 1


async def test_too_many_requests_are_waited_for(visit: Any) -> None:
    visitor = await visit()
    await visitor.starts()
    times: list[float] = []

    async def busy(route: Route) -> None:
        times.append(asyncio.get_running_loop().time())
        headers = {"Retry-After": "1", "Content-Type": "application/problem+json"}
        await route.fulfill(status=429, headers=headers, body='{"type": "urn:rate-limited", "title": "Slow"}')

    await visitor.page.route("**/messages", busy, times=1)
    await expect(await visitor.writes("Patience")).to_contain_text("Envoyé")
    assert asyncio.get_running_loop().time() - times[0] >= 0.9


async def test_A16_a_file_is_chosen_described_removed_and_sent_by_buttons(visit: Any, picture: Path) -> None:
    visitor = await visit()
    await visitor.starts()

    async def choose() -> None:
        async with visitor.page.expect_file_chooser() as chooser:
            await visitor.frame.get_by_role("button", name="Joindre un fichier").click()
        await (await chooser.value).set_files(picture)

    await choose()
    await expect(visitor["#picked"]).to_contain_text("capture.png (PNG")
    await expect(visitor["#status"]).to_contain_text("Fichier joint : capture.png")
    await visitor.frame.get_by_role("button", name="Retirer le fichier").click()
    await expect(visitor["#status"]).to_contain_text("Fichier retiré : capture.png")
    await expect(visitor["#picked"]).to_be_hidden()
    await expect(visitor["#attach"]).to_be_focused()
    await choose()
    await visitor.frame.get_by_label("Que montre le fichier ?").fill("Le SMS reçu")
    await visitor["#send"].click()
    mine = visitor["#log .message.me"]
    await expect(mine).to_contain_text("Envoyé")
    await expect(visitor["#status"]).to_have_text("Fichier envoyé")
    await expect(mine).to_contain_text("capture.png")
    await expect(mine).to_contain_text("Le SMS reçu")
    heard = await visitor.desk.heard(visitor.conversation)
    assert (heard[0]["attachment"]["type"], heard[0]["attachment"]["description"]) == ("image/png", "Le SMS reçu")
    await visitor.page.reload()
    await visitor.frame.get_by_role("button", name="Afficher l’image").click()
    image = visitor["#history img"]
    await expect(image).to_have_attribute("alt", "Le SMS reçu")
    assert await image.evaluate("image => image.decode().then(() => image.naturalWidth)") == 8


async def test_A16_a_file_that_cannot_be_sent_is_explained(visit: Any, tmp_path: Path) -> None:
    visitor = await visit()
    await visitor.starts()
    wrong, big = tmp_path / "note.txt", tmp_path / "big.pdf"
    wrong.write_text("bonjour")
    big.write_bytes(b"%PDF" + bytes(11 * 2**20))
    await visitor["#file"].set_input_files(wrong)
    await expect(visitor["#composer-error"]).to_contain_text("Choisissez une image (JPEG, PNG, GIF, WebP) ou un PDF")
    await visitor["#file"].set_input_files(big)
    await expect(visitor["#composer-error"]).to_contain_text("choisissez-en un plus petit")


async def test_S13_unsent_words_never_leave_the_browser(visit: Any) -> None:
    visitor = await visit()
    await visitor.starts()
    before = len(visitor.requests)
    await visitor["#text"].press_sequentially("un secret", delay=10)
    await visitor.page.wait_for_timeout(500)
    sent = [(r.method, r.url.rsplit("/", 1)[-1], r.post_data) for r in visitor.requests[before:]]
    assert sent == [("PUT", "typing", '{"typing":true}')]
    stored = await visitor.in_frame("() => JSON.stringify([{...sessionStorage}, {...localStorage}])")
    assert "secret" not in stored
    await visitor.page.reload()
    await expect(visitor["#text"]).to_have_value("")
    fields = visitor["input:not([type=file]), textarea, select, form"]
    assert set(await fields.evaluate_all("all => all.map(each => each.autocomplete)")) == {"off"}
    assert await visitor["#text"].get_attribute("spellcheck") == "false"


async def test_S13_sent_words_are_not_kept_on_the_device(visit: Any) -> None:
    visitor = await visit()
    await visitor.starts()
    await expect(await visitor.writes("un secret envoyé")).to_contain_text("Envoyé")
    for place in (visitor.page, visitor.page.frames[1]):
        stored = await place.evaluate("JSON.stringify([{...sessionStorage}, {...localStorage}, document.cookie])")
        assert "secret" not in stored
