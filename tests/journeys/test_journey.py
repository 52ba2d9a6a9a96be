"""The whole journey: a citizen in Chromium on the demo page, an operator with a standard client, a real Synapse."""

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from playwright.async_api import FrameLocator, Page, async_playwright, expect

from brigade.events import Event
from brigade.matrix.person import Person
from brigade.stack.endpoints import Endpoints
from brigade.stack.stack import Stack
from brigade.vocabulary import CONVERSATION, RATING, Status

FLAGS = [
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
SECRET = "note interne : le citoyen ne doit jamais lire cela"
PATIENCE = 15_000


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS)
        context = await browser.new_context(locale="fr-FR")
        context.set_default_timeout(PATIENCE)
        yield await context.new_page()
        await browser.close()


class Citizen:
    """Somebody in front of the demo page."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.frame: FrameLocator = page.frame_locator("iframe")

    async def opens_a_conversation(self, address: str) -> None:
        await self.page.goto(address)
        await self.page.locator("button.launch").click()
        await self.frame.locator("#go").click()
        await expect(self.frame.locator("#text")).to_be_focused(timeout=PATIENCE)

    async def writes(self, text: str) -> None:
        await self.frame.locator("#text").fill(text)
        await self.frame.locator("#send").click()

    async def reads(self, text: str) -> None:
        theirs = self.frame.locator("#log .message:not(.me)", has_text=text)
        await expect(theirs.first).to_be_visible(timeout=PATIENCE)

    async def rates(self, score: int, comment: str) -> None:
        rating = self.frame.locator("#rating")
        await rating.locator(f"input[name=score][value='{score}']").check(timeout=PATIENCE, force=True)
        await rating.locator("input[name=resolved][value=yes]").check()
        await rating.locator("textarea").fill(comment)
        await rating.locator("button[type=submit]").click()

    async def everything(self) -> str:
        """All that the browser holds of the conversation, shown or not."""
        return str(await self.frame.locator("html").evaluate("html => html.outerHTML"))


class Operator:
    """A gendarme with a standard client."""

    def __init__(self, client: Person, lobby: str) -> None:
        self.client = client
        self.lobby = lobby
        self.room = ""

    async def claims(self, wanted: Callable[[Event], bool] = lambda event: "✋" in event.body) -> Event:
        """Press ✋ on the first new message of the lobby that is ``wanted``, any card by default."""
        before = {event.id for event in self.client.seen}

        def is_new(event: Event) -> bool:
            return event.id not in before and event.room_id == self.lobby and wanted(event)

        card = await self.client.wait(is_new, 30)
        await self.client.react(self.lobby, card.id, "✋")
        reference = str(card.own("fr.brigade.card")["reference"])

        def assigned(event: Event) -> bool:
            state = event.content
            is_mine = event.type == CONVERSATION and state.get("reference") == reference
            return is_mine and state.get("operator") == self.client.user_id

        self.room = (await self.client.wait(assigned)).room_id
        return card

    async def hears(self, text: str) -> Event:
        return await self.client.wait(lambda e: e.room_id == self.room and text in e.body and not e.replaces)

    async def sheet(self) -> Event:
        return await self.client.wait(lambda e: e.room_id == self.room and bool(e.own("fr.brigade.sheet")))

    async def sees_a_receipt_of(self, user: str) -> None:
        async with asyncio.timeout(15):
            while not any(
                room == self.room
                and any(receipt.user_id.startswith(user) for receipt in getattr(found, "receipts", ()))
                for room, found in self.client.ephemeral
            ):
                await asyncio.sleep(0.1)

    async def says(self, text: str) -> None:
        await self.client.say(self.room, text)

    async def sends_first_suggestion(self, about: str) -> None:
        def suggested(event: Event) -> bool:
            return event.room_id == self.room and bool(event.own("fr.brigade.suggestions")) and about in event.body

        found = await self.client.wait(suggested)
        await self.client.react(self.room, found.id, "1\ufe0f\u20e3")


@pytest.mark.timeout(180)
async def test_a_citizen_a_gendarme_and_back(
    page: Page, stack: Stack, endpoints: Endpoints, new_operator: Callable[..., Any]
) -> None:
    operator = Operator(await new_operator(0), endpoints.lobby)
    citizen = Citizen(page)
    claiming = asyncio.create_task(operator.claims())
    assert endpoints.demo_page
    await citizen.opens_a_conversation(endpoints.demo_page)
    await citizen.writes("Bonjour, j’ai perdu mon chat ce matin")
    await claiming
    await operator.hears("perdu mon chat")
    await operator.says("Bonjour, je vous écoute. Où l’avez-vous vu ?")
    await citizen.reads("Bonjour, je vous écoute")
    await operator.sees_a_receipt_of("@_webchat:")  # delivered
    await operator.sees_a_receipt_of("@_webchat_")  # read
    await citizen.writes("Près de la mairie.\nEt je voudrais voter par procuration, comment faire une procuration ?")
    await operator.hears("Près de la mairie")

    sheet = await operator.sheet()
    await operator.client.whisper(operator.room, sheet.id, SECRET)
    await operator.says(f"!note {SECRET}")
    await operator.says("!faq voter par procuration")
    await operator.sends_first_suggestion("procuration")
    await citizen.reads("procuration")

    await operator.says("!clore")
    await citizen.rates(9, "Très utile, merci")
    rated = await operator.client.wait(lambda e: e.room_id == operator.room and RATING in e.content)
    assert rated.content[RATING] == {"score": 9, "comment": "Très utile, merci", "resolved": True}

    def closed(event: Event) -> bool:
        return event.room_id == operator.room and event.content.get("status") == Status.CLOSED

    await operator.client.wait(closed)
    held = await citizen.everything()
    assert SECRET not in held
    assert operator.client.user_id not in held
    assert operator.room not in held
    assert "Camille" not in held
    words = (SECRET, "perdu mon chat", "Près de la mairie", "Très utile", "je vous écoute")
    for log in stack.config.paths.log.iterdir():
        assert not [word for word in words if word in log.read_text(encoding="utf-8")], log.name


@pytest.mark.timeout(120)
async def test_an_emergency_is_told_the_numbers_and_alarms_the_desk(
    page: Page, endpoints: Endpoints, new_operator: Callable[..., Any]
) -> None:
    operator = Operator(await new_operator(0), endpoints.lobby)
    me = operator.client.user_id

    def calls_me(event: Event) -> bool:
        return me in str(event.content.get("m.mentions")) and event.msgtype == "m.text"

    citizen = Citizen(page)
    claiming = asyncio.create_task(operator.claims(calls_me))
    assert endpoints.demo_page
    await citizen.opens_a_conversation(endpoints.demo_page)
    await citizen.writes("au secours il est derrière la porte avec un couteau")
    notice = citizen.frame.locator("#log .message", has_text="114").first
    await expect(notice).to_be_visible(timeout=2000)
    call = await claiming
    assert "couteau" not in call.body
    await operator.hears("derrière la porte")
    logged = await operator.client.wait(lambda e: e.room_id != endpoints.lobby and "prise par" in e.body)
    assert logged.room_id != operator.room
