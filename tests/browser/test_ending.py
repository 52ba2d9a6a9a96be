"""Idle screens, the end of an exchange, the rating."""

from typing import Any

from playwright.async_api import expect


async def test_A11_S25_an_idle_screen_warns_then_covers_and_loses_nothing(visit: Any) -> None:
    visitor = await visit()
    await visitor.page.clock.install()
    await visitor.starts()
    await visitor.gets("Un mot confidentiel")
    await visitor["#text"].fill("un brouillon")
    await visitor.page.clock.fast_forward(14 * 60_000 + 100)
    await expect(visitor["#idle-text"]).to_be_visible()
    await expect(visitor["#idle-text"]).to_have_role("alert")
    await visitor.page.clock.fast_forward(50_000)  # at least 20 s to react
    await expect(visitor["#idle-text"]).to_be_visible()
    await visitor.page.clock.fast_forward(10_000)
    await expect(visitor["#cover"]).to_be_visible()
    assert "confidentiel" not in await visitor.sees()
    tree = await visitor["body"].aria_snapshot()
    assert "confidentiel" not in tree and "brouillon" not in tree
    await expect(visitor["#resume"]).to_be_focused()
    await visitor["#resume"].press("Enter")
    await expect(visitor["#log"]).to_contain_text("Un mot confidentiel")
    await expect(visitor["#text"]).to_have_value("un brouillon")


async def test_A11_one_key_extends_as_often_as_wanted(visit: Any) -> None:
    visitor = await visit()
    await visitor.page.clock.install()
    await visitor.starts()
    for _ in range(11):
        await visitor.page.clock.fast_forward(14 * 60_000 + 30_000)
        await expect(visitor["#idle"]).to_be_visible()
        await visitor["#text"].press("ArrowLeft")
        await expect(visitor["#idle"]).to_be_hidden()
    await expect(visitor["#chat"]).to_be_visible()


async def closes(visitor: Any) -> None:
    await visitor.desk.tell(visitor.conversation, type="status", state="closed")
    await expect(visitor["#rating"]).to_be_visible()


async def test_A15_the_rating_is_native_radios_and_can_be_skipped(visit: Any) -> None:
    visitor = await visit()
    await visitor.starts()
    await closes(visitor)
    group = visitor.frame.get_by_role("group", name="Êtes-vous satisfait de cet échange ?")
    assert await group.get_by_role("radio").count() == 11
    await expect(group).to_contain_text("0 : pas du tout satisfait")
    await expect(group).to_contain_text("10 : très satisfait")
    await visitor.frame.get_by_role("button", name="Passer").click()
    await expect(visitor["#rating"]).to_be_hidden()
    assert not [r for r in visitor.requests if r.url.endswith("/rating")]


async def test_a_rating_with_comment_is_sent_once_complete(visit: Any) -> None:
    visitor = await visit()
    await visitor.starts()
    await closes(visitor)
    send = visitor.frame.get_by_role("button", name="Envoyer mon avis")
    await send.click()
    await expect(visitor["#rating .error"]).to_have_text("Choisissez d’abord une note.")
    await visitor.frame.get_by_role("radio", name="9", exact=True).check()
    await visitor.frame.get_by_role("radio", name="Oui").check()
    await visitor.frame.get_by_label("Commentaire").fill("Très humain")
    await send.click()
    await expect(visitor["#thanks"]).to_have_text("Merci pour votre avis.")
    sent = [request.post_data_json for request in visitor.requests if request.url.endswith("/rating")]
    assert sent == [{"score": 9, "comment": "Très humain", "resolved": True}]


async def test_the_rating_bots_question_is_asked_once_by_the_form(visit: Any) -> None:
    visitor = await visit()
    await visitor.starts()
    await closes(visitor)
    prompt = {"id": "rating", "kind": "scale", "options": [], "min": 0, "max": 10}
    await visitor.gets("Merci. Quelle note donnez-vous ?", sender="assistant", prompt=prompt)
    await expect(visitor["#chat input[type=radio][value='7']"]).to_have_count(1)


async def test_the_citizen_can_rate_before_finishing(visit: Any) -> None:
    visitor = await visit()
    await visitor.starts()
    await visitor["#finish"].click()
    await visitor["#finish-rate"].click()
    await visitor.frame.get_by_role("radio", name="10").check()
    await visitor.frame.get_by_role("button", name="Envoyer mon avis").click()
    await expect(visitor["#thanks"]).to_be_visible()
    await visitor["#erase-ended"].click()
    await expect(visitor["#done-title"]).to_have_text("Messages effacés")
    calls = [(r.method, r.url.rsplit("/", 1)[-1]) for r in visitor.requests if r.method in ("PUT", "DELETE")]
    assert calls == [("PUT", "rating"), ("DELETE", visitor.conversation)]


async def test_finish_and_erase_asks_then_leaves_nothing(visit: Any) -> None:
    visitor = await visit()
    await visitor.starts()
    await visitor.gets("À effacer")
    await visitor["#finish"].click()
    await expect(visitor["#finishing-title"]).to_be_focused()
    await visitor["#finish-no"].click()
    await expect(visitor["#log"]).to_contain_text("À effacer")
    await visitor["#finish"].click()
    await visitor["#finish-yes"].click()
    await expect(visitor["#done-title"]).to_have_text("Messages effacés")
    await expect(visitor["#done-state"]).to_contain_text("Plus personne")
    assert "À effacer" not in await visitor["html"].inner_html()
    assert await visitor.page.evaluate("sessionStorage.length") == 0
    assert (await visitor.desk.book.page(visitor.conversation)).left_at is not None
    await visitor.page.reload()
    assert await visitor.page.locator("iframe").count() == 0
    visitor.requests.clear()


async def test_erasing_without_a_network_is_finished_when_it_is_back(visit: Any) -> None:
    visitor = await visit()
    await visitor.starts()
    await visitor.gets("À effacer")
    await visitor.page.context.set_offline(True)
    await visitor["#finish"].click()
    await visitor["#finish-yes"].click()
    await expect(visitor["#done-state"]).to_contain_text("Pas de connexion")
    assert "À effacer" not in await visitor["html"].inner_html()
    await visitor.page.context.set_offline(False)
    await expect(visitor["#done-state"]).to_contain_text("Plus personne", timeout=8000)
    assert (await visitor.desk.book.page(visitor.conversation)).left_at is not None


async def test_a_dead_conversation_says_so_and_offers_another(visit: Any) -> None:
    visitor = await visit()
    await visitor.starts()
    page = await visitor.desk.book.page(visitor.conversation)
    await visitor.desk.relay.leave(page, quick=False)
    await expect(visitor["#done-title"]).to_have_text("Échange plus disponible")
    await visitor["#restart"].click()
    await visitor["#go"].click()
    await expect(visitor["#text"]).to_be_focused()
