"""What was said: how it is shown, announced, scrolled and answered."""

from typing import Any

from playwright.async_api import expect

# Counts what a screen reader would announce: elements added to the live region, and to alerts and statuses.
WATCH = """() => {
    if (!document.getElementById("log")) return;
    window.added = [];
    new MutationObserver((records) => records.forEach((record) => record.addedNodes.forEach((node) => {
        if (node.nodeType === 1) window.added.push(node.className);
    }))).observe(document.getElementById("log"), {childList: true, subtree: true});
}"""


async def test_A3_the_transcript_is_a_named_log_before_the_first_message(visit: Any) -> None:
    visitor = await visit()
    await visitor.starts()
    log = visitor["[role=log]"]
    await expect(log).to_have_accessible_name("Échange en cours")
    assert await log.locator(".message").count() == 0
    assert await log.evaluate("log => log.closest('[aria-hidden=true]')") is None


async def test_A3_each_new_message_is_announced_once(visit: Any) -> None:
    visitor = await visit()
    await visitor.starts()
    await visitor.in_frame(WATCH)
    mine = await visitor.writes("Bonjour")
    await expect(mine).to_contain_text("Envoyé")
    await visitor.gets("Bonjour, je vous écoute")
    await visitor.desk.hint(visitor.conversation, type="read", up_to=10)
    await expect(mine).to_contain_text("Lu")
    assert await visitor.in_frame("() => window.added") == ["message me", "message gendarme"]


async def test_A3_history_is_not_announced(visit: Any) -> None:
    visitor = await visit()
    await visitor.starts()
    await visitor.writes("Un")
    await visitor.gets("Deux")
    await visitor.page.add_init_script(f"addEventListener('DOMContentLoaded', {WATCH})")
    await visitor.page.reload()
    await expect(visitor["#history .message"]).to_have_count(2)
    assert await visitor.in_frame("() => window.added") == []
    await visitor.gets("Trois")
    assert len(await visitor.in_frame("() => window.added")) == 1


async def test_A4_messages_never_take_the_focus_nor_the_draft(visit: Any) -> None:
    visitor = await visit()
    await visitor.starts()
    field = visitor["#text"]
    await field.fill("Mon brouillon")
    await field.evaluate("field => field.setSelectionRange(3, 3)")
    for number in range(20):
        await visitor.desk.say(visitor.conversation, f"Message {number}", emergency=number == 5)
    await expect(visitor["#log .message"]).to_have_count(20)
    await expect(field).to_be_focused()
    assert await field.evaluate("field => [field.value, field.selectionStart]") == ["Mon brouillon", 3]


async def test_A5_author_time_text_and_state_are_text_in_reading_order(visit: Any) -> None:
    visitor = await visit()
    await visitor.starts()
    mine = await visitor.writes("Où êtes-vous ?")
    await expect(mine).to_contain_text("Envoyé")
    theirs = await visitor.gets("À Rennes")
    await visitor.in_frame("() => document.querySelectorAll('link[rel=stylesheet]').forEach(link => link.remove())")
    lines = (await mine.inner_text()).split("\n")
    words = [line.strip() for line in lines if line.strip()]
    assert words[0].startswith("Vous") and ":" in words[0] and words[1:] == ["Où êtes-vous ?", "Envoyé"]
    assert (await theirs.inner_text()).startswith("Gendarme")
    assert await theirs.locator("time").get_attribute("datetime")


async def test_A6_another_language_is_marked(visit: Any) -> None:
    visitor = await visit()
    await visitor.starts()
    other = await visitor.gets("Call 17 now", lang="en")
    await expect(other.locator(".text")).to_have_attribute("lang", "en")
    same = await visitor.gets("Appelez le 17", lang="fr")
    assert await same.locator(".text").get_attribute("lang") is None


async def test_A7_the_keyboard_scrolls_and_finds_new_messages(visit: Any) -> None:
    visitor = await visit()
    await visitor.starts()
    for number in range(30):
        await visitor.desk.say(visitor.conversation, f"Ligne {number}")
    await expect(visitor["#log .message"]).to_have_count(30)
    scroller, field = visitor["#scroller"], visitor["#text"]
    end = await scroller.evaluate("view => view.scrollTop")
    await field.press("PageUp")
    assert await scroller.evaluate("view => view.scrollTop") < end
    await visitor.desk.say(visitor.conversation, "Tout en bas")
    more = visitor.frame.get_by_role("button", name="Nouveaux messages")
    await expect(more).to_be_visible()
    await more.focus()
    await more.press("Enter")
    await expect(visitor["#log .message"].last).to_be_in_viewport()
    await expect(more).to_be_hidden()
    await field.fill("texte")
    here = await scroller.evaluate("view => view.scrollTop")
    await field.press("PageUp")
    assert await scroller.evaluate("view => view.scrollTop") == here
    await scroller.focus()
    await scroller.press("Home")
    await expect(visitor["#log .message"].first).to_be_in_viewport()


async def test_A10_quick_replies_stay_readable_and_lead_back_to_the_field(visit: Any) -> None:
    visitor = await visit()
    await visitor.starts()
    options = [{"id": "y", "label": "Oui"}, {"id": "n", "label": "Non, un gendarme"}]
    prompt = {"id": "p1", "kind": "choice", "options": options, "min": None, "max": None}
    asked = await visitor.gets("Cela vous aide-t-il ?", sender="assistant", prompt=prompt)
    await asked.get_by_role("button", name="Non, un gendarme").click()
    await expect(visitor["#text"]).to_be_focused()
    await expect(asked).to_contain_text("Votre réponse : Non, un gendarme")
    for button in await asked.get_by_role("button").all():
        await expect(button).to_have_attribute("aria-disabled", "true")
        await expect(button).to_be_visible()
    await expect(visitor["#log .message.me"]).to_contain_text("Non, un gendarme")
    await expect(visitor["#log .message.me"]).to_contain_text("Envoyé")
    await asked.get_by_role("button", name="Oui").click(force=True)
    heard = await visitor.desk.heard(visitor.conversation)
    assert [each["answer"] for each in heard] == [{"prompt": "p1", "option": "n"}]
    await visitor.page.reload()
    await expect(visitor["#history"]).to_contain_text("Votre réponse : Non, un gendarme")


async def test_slots_and_written_answers_go_to_their_question(visit: Any) -> None:
    visitor = await visit()
    await visitor.starts()
    slots = [{"id": f"s{hour}", "label": f"Lundi {hour} h"} for hour in (9, 10, 11)]
    asked = await visitor.gets("Quand ?", sender="assistant", prompt={"id": "q", "kind": "slots", "options": slots})
    await asked.get_by_role("button", name="Lundi 10 h").click()
    await visitor.gets("Dans quelle commune ?", sender="assistant", prompt={"id": "t", "kind": "text", "options": []})
    await expect(await visitor.writes("Vitré")).to_contain_text("Envoyé")
    await expect(await visitor.writes("Merci")).to_contain_text("Envoyé")
    heard = await visitor.desk.heard(visitor.conversation)
    assert [each.get("answer") for each in heard] == [
        {"prompt": "q", "option": "s10"},
        {"prompt": "t", "value": "Vitré"},
        None,
    ]


async def test_A15_a_scale_is_native_radios_with_end_labels(visit: Any) -> None:
    visitor = await visit()
    await visitor.starts()
    prompt = {"id": "r", "kind": "scale", "options": [], "min": 0, "max": 10}
    asked = await visitor.gets("Votre note ?", sender="assistant", prompt=prompt)
    group = asked.get_by_role("group", name="Votre note ?")
    radios = group.get_by_role("radio")
    assert await radios.count() == 11
    await expect(asked).to_contain_text("0 : pas du tout satisfait")
    await expect(asked).to_contain_text("10 : très satisfait")
    await asked.get_by_role("button", name="Répondre").click()
    await expect(asked.get_by_role("alert")).to_contain_text("Choisissez d’abord une note")
    await radios.first.focus()
    await visitor.page.keyboard.press("Space")
    for _ in range(8):
        await visitor.page.keyboard.press("ArrowRight")
    await asked.get_by_role("button", name="Répondre").click()
    await expect(asked).to_contain_text("Votre réponse : 8")
    await expect(visitor["#log .message.me"]).to_contain_text("Envoyé")
    assert (await visitor.desk.heard(visitor.conversation))[0]["answer"] == {"prompt": "r", "value": 8}


async def test_A19_links_say_that_they_open_a_new_window(visit: Any) -> None:
    visitor = await visit()
    await visitor.starts()
    text = "Voir https://www.service-public.fr/F1435. Merci"
    await visitor.desk.say(visitor.conversation, text, sender="assistant")
    link = visitor["#log .message"].get_by_role("link")
    await expect(link).to_have_attribute("href", "https://www.service-public.fr/F1435")
    await expect(link).to_have_attribute("target", "_blank")
    assert "noopener" in (await link.get_attribute("rel") or "")
    await expect(link).to_contain_text("nouvelle fenêtre")
    script = await visitor.gets("javascript:alert(1) <img src=x onerror=alert(1)>")
    assert await script.get_by_role("link").count() == 0 and await script.locator("img").count() == 0


async def test_edits_and_deletions_are_shown_and_told(visit: Any) -> None:
    visitor = await visit()
    await visitor.starts()
    first = await visitor.desk.say(visitor.conversation, "Venez à 9 h")
    second = await visitor.desk.say(visitor.conversation, "Erreur")
    await visitor.desk.tell(visitor.conversation, type="edit", target=first, text="Venez à 10 h")
    await expect(visitor["#log .message"].first).to_contain_text("Venez à 10 h (modifié)")
    await expect(visitor["#status"]).to_have_text("Un message a été modifié.")
    await visitor.desk.tell(visitor.conversation, type="delete", target=second)
    await expect(visitor["#log .message"].last).to_contain_text("Message supprimé")
    await expect(visitor["#log"]).not_to_contain_text("Erreur")
    await visitor.desk.tell(visitor.conversation, type="something-new", seq_of="tomorrow")
    await visitor.gets("Toujours là")


async def test_S18_an_emergency_notice_is_an_alert_with_numbers_to_call(visit: Any) -> None:
    visitor = await visit()
    await visitor.starts()
    await visitor.writes("Au secours, il a un couteau, il va me tuer")
    notice = visitor["#log .message.urgent"]
    await expect(notice).to_be_visible()
    assert await notice.get_attribute("role") == "alert"
    for address in ("tel:17", "tel:112", "sms:114"):
        await expect(notice.locator(f'a[href="{address}"]')).to_be_in_viewport()
    assert [each["text"] for each in await visitor.desk.heard(visitor.conversation)]  # delivered all the same
