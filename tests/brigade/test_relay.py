"""A citizen's side of a room, on a real Synapse: what is said arrives once and in order, whatever is killed."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import pytest

from brigade import vocabulary
from brigade.book import Opening, Page
from brigade.errors import Malformed, Refused
from brigade.events import Event
from brigade.inbox import Inbox
from brigade.matrix import Account, Homeserver, txn
from brigade.relay import Relay, Terms
from brigade.service import _serve
from brigade.stack.stack import Stack
from brigade.storage import Storage, tables
from brigade.vocabulary import AUDIENCE, Answer, Conversation, Rating, Status
from brigade.watch import Watch


@pytest.fixture(scope="module")
async def synapse(new_plan: Callable[..., Any]) -> AsyncIterator[Stack]:
    """A homeserver without our processes: the tests play them."""
    found = Stack(new_plan(bots={}), processes=())
    await found.start()
    yield found
    await found.stop()


class Bridge:
    """A bridge process in the test's own loop, and the bots' user to speak in the rooms."""

    def __init__(self, relay: Relay, inbox: Inbox, watch: Watch, sender: Account, bot: Account) -> None:
        self.relay, self.inbox, self.watch, self.sender, self.bot = relay, inbox, watch, sender, bot

    async def open(self, text: str | None = "Bonjour", **more: Any) -> Page:
        opened = await self.relay.open(Opening("webchat", "gendarmerie", "fr", text=text, **more))
        return await self.until(opened.id, lambda page: page.dressed)

    async def until(self, page_id: str, wanted: Callable[[Page], bool], within: float = 20) -> Page:
        async with asyncio.timeout(within):
            while not (page := await self.relay.book.page(page_id)) or not wanted(page):
                await asyncio.sleep(0.02)
        return page

    async def said(self, page: Page) -> list[str]:
        """What the ghost said in the room, oldest first."""
        assert page.room_id
        history, _ = await self.sender.history(page.room_id, limit=200)
        mine = [raw for raw in reversed(history) if raw["type"] == "m.room.message"]
        return [raw["content"]["body"] for raw in mine if raw["sender"].startswith("@_webchat_")]

    async def until_said(self, page: Page, count: int) -> list[str]:
        page = await self.until(page.id, lambda found: found.room_id is not None)
        async with asyncio.timeout(20):
            while len(said := await self.said(page)) < count:
                await asyncio.sleep(0.05)
        return said

    async def shown(self, page: Page, count: int) -> list[dict[str, Any]]:
        """What the citizen gets from the others, when it is at least ``count`` messages."""
        async with asyncio.timeout(20):
            while True:
                entries = [entry.payload for entry in await self.relay.transcript.since(page.id, 0)]
                found = [p for p in entries if p["type"] == "message" and p["from"] != "me"]
                if len(found) >= count:
                    return found
                await asyncio.sleep(0.02)


@asynccontextmanager
async def bridge_on(synapse: Stack, storage: Storage) -> AsyncIterator[Bridge]:
    config = synapse.config
    async with AsyncExitStack() as stack:
        accounts = []
        for name in ("webchat", "bots"):
            service = config.services[name]
            homeserver = Homeserver(config.homeserver_url, config.server_name, service.tokens().as_token)
            await homeserver.open()
            stack.push_async_callback(homeserver.close)
            accounts.append(Account(homeserver, service.user_id))
        sender, bot = accounts
        relay = Relay(storage, "webchat", sender, bot.user_id, config.paths.media, Terms(ready=2))
        inbox = Inbox(storage, "webchat", relay.outward.handle, Event.parse)
        watch = Watch(sender, "webchat", inbox, relay.back, period=0.2)
        await _serve(config, "webchat", storage, inbox, watch, None, stack)
        relay.start()
        stack.push_async_callback(relay.stop)
        await relay.inward.resume()
        yield Bridge(relay, inbox, watch, sender, bot)


@pytest.fixture
async def bridge(synapse: Stack, storage: Storage) -> AsyncIterator[Bridge]:
    async with bridge_on(synapse, storage) as found:
        yield found


async def tell(bridge: Bridge, page: Page, body: str, **content: Any) -> str:
    assert page.room_id
    message = {"msgtype": "m.text", "body": body, AUDIENCE: "citizen"} | content
    return await bridge.bot.send(page.room_id, message, txn(page.id, body))


async def test_a_conversation_becomes_a_room_with_its_state(bridge: Bridge) -> None:
    page = await bridge.open("On a volé mon vélo", pseudonym="Zoé", postcode="35000")
    assert page.room_id
    content = await bridge.sender.state(page.room_id, vocabulary.CONVERSATION)
    state = Conversation.parse(content or {})
    assert state
    assert (state.reference, state.status, state.channel) == (page.reference, Status.WAITING, "webchat")
    assert await bridge.until_said(page, 1) == ["On a volé mon vélo"]
    async with asyncio.timeout(10):
        while not (name := await bridge.sender.state(page.room_id, "m.room.name")):
            await asyncio.sleep(0.05)
    assert page.reference in name["name"]
    power = await bridge.sender.state(page.room_id, "m.room.power_levels")
    assert power
    assert set(power["users"]) == {bridge.sender.user_id, bridge.bot.user_id}


async def test_the_same_client_id_is_one_message(bridge: Bridge) -> None:
    page = await bridge.open(None)
    first = await bridge.relay.say(page, "c1", "un")
    assert await bridge.relay.say(page, "c1", "un") == first
    await bridge.relay.say(page, "c2", "deux")
    assert await bridge.until_said(page, 2) == ["un", "deux"]


async def test_only_what_is_for_the_citizen_reaches_the_transcript(bridge: Bridge) -> None:
    page = await bridge.open()
    assert page.room_id
    await bridge.bot.send(page.room_id, {"msgtype": "m.text", "body": "interne"}, txn("a"))
    shown_id = await tell(bridge, page, "pour vous")
    hidden = {"m.new_content": {"msgtype": "m.text", "body": "corrigé", AUDIENCE: "citizen"}}
    hidden |= {"m.relates_to": {"rel_type": "m.replace", "event_id": shown_id}, AUDIENCE: "citizen"}
    await bridge.bot.send(page.room_id, {"msgtype": "m.text", "body": "* corrigé"} | hidden, txn("b"))
    await tell(bridge, page, "fin")
    shown = await bridge.shown(page, 2)
    assert [message["text"] for message in shown] == ["corrigé", "fin"]
    assert "@" not in str(shown)
    assert "!" not in str(shown)


async def test_a_message_taken_back_cannot_be_read_again(bridge: Bridge) -> None:
    page = await bridge.open()
    assert page.room_id
    event_id = await tell(bridge, page, "erreur")
    await bridge.shown(page, 1)
    await bridge.bot.redact(page.room_id, event_id, txn("r"))
    async with asyncio.timeout(10):
        while not any(e.payload["type"] == "delete" for e in await bridge.relay.transcript.since(page.id, 0)):
            await asyncio.sleep(0.02)
    assert "erreur" not in str([e.payload for e in await bridge.relay.transcript.since(page.id, 0)])


async def test_questions_are_answered_with_what_was_offered(bridge: Bridge) -> None:
    page = await bridge.open()
    options = [{"id": "yes", "label": "Oui"}, {"id": "no", "label": "Non"}]
    asked = await tell(bridge, page, "?", **{vocabulary.PROMPT: {"id": "p1", "kind": "choice", "options": options}})
    await bridge.shown(page, 1)
    for wrong in (Answer("p1", option="maybe"), Answer("p2", option="yes"), Answer("p1", value=3)):
        with pytest.raises(Malformed):
            await bridge.relay.answer(page, "w", wrong)
    await bridge.relay.answer(page, "c9", Answer("p1", option="yes"))
    assert (await bridge.until_said(page, 2))[-1] == "Oui"
    assert page.room_id
    history, _ = await bridge.sender.history(page.room_id)
    answers = [raw["content"].get(vocabulary.ANSWER) for raw in history]
    assert {"prompt": asked, "option": "yes"} in answers


async def test_an_emergency_gets_the_numbers_without_anybody(bridge: Bridge, synapse: Stack) -> None:
    page = await bridge.open(None)
    await bridge.relay.say(page, "sos", "au secours il est derrière la porte avec un couteau")
    shown = await bridge.shown(page, 1)
    assert shown[0]["emergency"]
    assert all(number in shown[0]["text"] for number in ("17", "112", "114"))
    assert (await bridge.until_said(page, 1))[0].startswith("au secours")


async def test_a_rating_is_in_the_room(bridge: Bridge) -> None:
    page = await bridge.open(None)
    await bridge.relay.rate(page, Rating(9, "Merci", True))
    await bridge.until_said(page, 1)
    assert page.room_id
    history, _ = await bridge.sender.history(page.room_id)
    ratings = [raw["content"][vocabulary.RATING] for raw in history if vocabulary.RATING in raw["content"]]
    assert ratings == [{"score": 9, "comment": "Merci", "resolved": True}]


async def test_S8_after_the_exit_nothing_reaches_the_citizen(bridge: Bridge) -> None:
    page = await bridge.open()
    await bridge.until_said(page, 1)
    await bridge.relay.leave(page, quick=True)
    assert await bridge.until_said(page, 2) == ["Bonjour", "Sortie rapide utilisée."]
    before = page.last_seq
    await tell(bridge, page, "vous êtes là ?")
    await asyncio.sleep(0.5)
    after = await bridge.until(page.id, lambda found: found.left_at is not None)
    assert after.last_seq == before
    assert not after.alive


async def test_finish_and_erase_leaves_nothing_that_the_citizen_said(bridge: Bridge, storage: Storage) -> None:
    page = await bridge.open("un secret bien gardé", pseudonym="Zoé-Canari")
    await bridge.until_said(page, 1)
    assert await bridge.relay.erasure.run() == 0
    await bridge.relay.leave(page, quick=False)
    await bridge.until_said(page, 2)
    async with asyncio.timeout(10):
        while not await bridge.relay.erasure.run():
            await asyncio.sleep(0.05)
    for _ in range(100):  # what the homeserver still tells us of it is worked off, and then gone, too
        async with storage.read() as tx:
            rows = [(table, str((await tx.execute(table.select())).all())) for table in tables.metadata.sorted_tables]
        kept = [table.name for table, found in rows if "secret" in found or "Canari" in found]
        if not kept:
            break
        await asyncio.sleep(0.1)
    assert not kept


async def test_a_closed_conversation_takes_no_message(bridge: Bridge) -> None:
    page = await bridge.open()
    assert page.room_id
    closed = page.state.with_(status=Status.CLOSED)
    await bridge.bot.put_state(page.room_id, vocabulary.CONVERSATION, closed.content())
    page = await bridge.until(page.id, lambda found: found.state.status is Status.CLOSED)
    with pytest.raises(Refused, match="closed"):
        await bridge.relay.say(page, "late", "encore")
    await bridge.relay.rate(page, Rating(3))


async def test_no_room_is_kept_after_the_end(bridge: Bridge) -> None:
    page = await bridge.open()
    await bridge.until_said(page, 1)
    assert page.room_id
    closed = page.state.with_(status=Status.CLOSED).content()
    await bridge.bot.put_state(page.room_id, vocabulary.CONVERSATION, closed)
    page = await bridge.until(page.id, lambda found: found.state.status is Status.CLOSED)
    await bridge.relay.clean_up()
    assert page.room_id in await bridge.sender.joined_rooms()
    await bridge.relay.leave(page, quick=False)
    async with asyncio.timeout(10):
        while page.room_id in await bridge.sender.joined_rooms() or await bridge.relay.book.over():
            await bridge.relay.clean_up()
            await asyncio.sleep(0.1)


async def test_a_forged_state_changes_nothing(bridge: Bridge) -> None:
    page = await bridge.open()
    forged = page.state.with_(operator="@evil:hs", status=Status.ASSIGNED).content()
    event = Event("$forged", vocabulary.CONVERSATION, page.room_id or "", "@evil:hs", forged, state_key="")
    await bridge.relay.outward.handle(event)
    after = await bridge.relay.book.page(page.id)
    assert after
    assert after.state.operator is None


async def test_what_is_said_while_the_homeserver_is_dead_arrives_once_and_in_order(
    bridge: Bridge, synapse: Stack
) -> None:
    page = await bridge.open("un")
    await bridge.until_said(page, 1)
    await synapse.kill("homeserver")
    await bridge.relay.say(page, "2", "deux")
    opened = await bridge.relay.open(Opening("webchat", "gendarmerie", "fr", text="autre"))
    await synapse.start_one("homeserver")
    await bridge.relay.say(page, "3", "trois")
    assert await bridge.until_said(page, 3) == ["un", "deux", "trois"]
    other = await bridge.until(opened.id, lambda found: found.dressed)
    assert await bridge.until_said(other, 1) == ["autre"]


async def test_killing_the_homeserver_while_it_works_duplicates_nothing(bridge: Bridge, synapse: Stack) -> None:
    page = await bridge.open(None)
    numbers = [str(n) for n in range(40)]

    async def speak() -> None:
        for n in numbers:
            await bridge.relay.say(page, n, n)
            await asyncio.sleep(0.03)

    talk = asyncio.create_task(speak())
    await asyncio.sleep(0.5)
    await synapse.kill("homeserver")
    await synapse.start_one("homeserver")
    await talk
    said = await bridge.until_said(page, len(numbers))
    await asyncio.sleep(0.5)
    assert await bridge.said(page) == said == numbers


async def test_events_that_the_homeserver_never_sent_are_fetched(synapse: Stack, storage: Storage) -> None:
    async with bridge_on(synapse, storage) as bridge:
        page = await bridge.open()
        await tell(bridge, page, "un")
        await bridge.shown(page, 1)
    async with bridge_on(synapse, storage) as bridge:
        # As if Synapse had lost it: the event is in the room, no transaction ever brought it.
        await bridge.inbox.lanes.stop()
        await tell(bridge, page, "deux")
        await asyncio.sleep(0.3)
        async with storage.write() as tx:
            await tx.exec_driver_sql("DELETE FROM inbox WHERE state = 'pending'")
    async with bridge_on(synapse, storage) as bridge:
        assert [message["text"] for message in await bridge.shown(page, 2)] == ["un", "deux"]
