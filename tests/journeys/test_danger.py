"""A cry for help in five languages, end to end: the numbers in the widget, the card, the repeated call, the log."""

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from playwright.async_api import async_playwright, expect

from brigade.events import Event
from brigade.matrix import Account, Homeserver
from brigade.matrix.person import Person
from brigade.stack.stack import Stack

FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
PATIENCE = 15_000
WITHIN = 4_000  # ms in the browser, on a machine that does much else; the bench measures the second that is promised
# None of these stands in the examples that triage learns from.
CRIES = {
    "fr": ("mon conjoint arrive avec une pioche, je suis coincée dans la buanderie", "114"),
    "en": ("my partner is coming with a pickaxe, I am stuck in the laundry room", "Say where you are"),
    "es": ("mi pareja viene con un pico, estoy encerrada en el lavadero", "Diga dónde está"),
    "de": ("mein Partner kommt mit einer Spitzhacke, ich bin in der Waschküche eingesperrt", "wo Sie sind"),
    "it": ("il mio compagno arriva con un piccone, sono chiusa in lavanderia", "dove si trova"),
}


@pytest.fixture(scope="module")
async def deployment(new_plan: Callable[..., Any]) -> AsyncIterator[Stack]:
    """Everything, with an alarm that repeats every three seconds."""
    found = Stack(new_plan(bots={"triage": {}, "dispatch": {"repeat_seconds": 3}}))
    await found.start()
    yield found
    await found.stop()


async def cries(page: Any, address: str, cry: str, numbers: str) -> None:
    """Opens the chat on the demo page, writes, and sees the numbers."""
    await page.goto(address)
    await page.locator("button.launch").click()
    frame = page.frame_locator("iframe")
    await frame.locator("#go").click()
    await expect(frame.locator("#text")).to_be_focused(timeout=PATIENCE)
    await frame.locator("#text").fill(cry)
    await frame.locator("#send").click()
    notice = frame.locator("#log .message:not(.me)", has_text=numbers).first
    await expect(notice).to_be_visible(timeout=WITHIN)
    for link in ("tel:17", "tel:112", "sms:114"):
        await expect(notice.locator(f"a[href='{link}']")).to_be_visible()


async def said_in(stack: Stack, room_id: str) -> list[str]:
    """What the room holds, as the bots read it: the message was delivered all the same."""
    service = stack.config.services["bots"]
    homeserver = Homeserver(stack.config.homeserver_url, stack.config.server_name, service.tokens().as_token)
    await homeserver.open()
    try:
        raw, _ = await Account(homeserver, service.user_id).history(room_id, limit=200)
        return [event.body for each in raw if (event := Event.parse(each))]
    finally:
        await homeserver.close()


@pytest.mark.timeout(180)
@pytest.mark.parametrize("language", CRIES)
async def test_S18_a_cry_is_answered_with_numbers_and_rings_until_somebody_comes(
    deployment: Stack, operator: Person, language: str
) -> None:
    endpoints = deployment.endpoints
    assert endpoints and endpoints.demo_page
    before = {str(card["reference"]) for event in operator.seen if (card := event.own("fr.brigade.card"))}
    cry, numbers = CRIES[language]

    def in_lobby(event: Event) -> bool:
        card = event.own("fr.brigade.card") or {}
        is_new = event.room_id == endpoints.lobby and not event.replaces and card.get("reference") not in before
        return is_new and operator.user_id in str(event.content.get("m.mentions"))

    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        page = await (await browser.new_context(locale=language)).new_page()
        await cries(page, endpoints.demo_page, cry, numbers)
        first = await operator.wait(in_lobby, 20)
        assert first.msgtype == "m.text" and not any(word in first.body for word in cry.split() if len(word) > 5)
        card = first.own("fr.brigade.card")

        def again(event: Event) -> bool:
            return in_lobby(event) and event.id != first.id and event.own("fr.brigade.card") == card

        repeated = await operator.wait(lambda event: again(event) and "depuis" in event.body, 20)
        await operator.react(endpoints.lobby, repeated.id, "✋")
        reference = str(card["reference"])
        log = await operator.wait(lambda e: f"{reference} prise par" in e.body and e.room_id != endpoints.lobby, 20)
        assert "après" in log.body
        room_id = str(card["room_id"])
        assert cry in await said_in(deployment, room_id)
        await browser.close()
