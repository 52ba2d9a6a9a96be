"""Other people's clients and Meta's own request examples, run against the emulator: they prove that it behaves.

How many pass, and what is left out and why, is written in docs/channels/messenger.md.
"""

import asyncio
import hashlib
import hmac
import json
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer
from facebook_business.adobjects.page import Page
from facebook_business.api import FacebookAdsApi
from facebook_business.exceptions import FacebookRequestError
from facebook_business.session import FacebookSession
from fbmessenger import MessengerClient, attachments, elements, quick_replies, thread_settings
from fbmessenger.sender_actions import SenderAction
from pywa.utils import webhook_updates_validator

from brigade.emulators.messenger import Options, application

HERE = Path(__file__).parent
COLLECTION = json.loads((HERE / "fixtures/collection.json").read_text(encoding="utf-8"))
SECRET, PAGE, TOKEN, PSID = "app_secret_1", "100000000000001", "TOKEN_1", "7000000000000001"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


class Hook:
    """The app that the platform calls: keeps what came, as it came."""

    def __init__(self) -> None:
        self.came: list[tuple[bytes, dict[str, str]]] = []
        self.broken = False

    def app(self) -> web.Application:
        app = web.Application()
        app.add_routes([web.get("/webhook", self._shake), web.post("/webhook", self._take)])
        return app

    async def _shake(self, request: web.Request) -> web.Response:
        return web.Response(text=request.query["hub.challenge"])

    async def _take(self, request: web.Request) -> web.Response:
        self.came.append((await request.read(), dict(request.headers)))
        return web.Response(status=500 if self.broken else 200)

    async def until(self, key: str) -> Any:
        async with asyncio.timeout(10):
            while True:
                for body, _ in self.came:
                    for entry in json.loads(body)["entry"]:
                        for item in [*entry.get("messaging", []), *entry.get("standby", [])]:
                            if key in item or (key == "echo" and item.get("message", {}).get("is_echo")):
                                return item
                await asyncio.sleep(0.02)


class Platform:
    """The emulator, in this process."""

    def __init__(self, url: str, hook: Hook) -> None:
        self.url, self.hook = url, hook

    async def control(self, path: str, **said: Any) -> Any:
        async with (
            aiohttp.ClientSession() as session,
            session.post(f"{self.url}/_emulator/{path}", json={"psid": PSID} | said) as answer,
        ):
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def state(self, session: aiohttp.ClientSession) -> Any:
        async with session.get(f"{self.url}/_emulator/state") as answer:
            return await answer.json()

    async def sent(self) -> list[dict[str, Any]]:
        async with aiohttp.ClientSession() as session, session.get(f"{self.url}/_emulator/sent") as answer:
            return list(await answer.json())


@pytest.fixture
async def new_platform() -> AsyncIterator[Callable[..., Any]]:
    servers: list[TestServer] = []

    async def make(**changes: Any) -> Platform:
        hook = Hook()
        servers.append(TestServer(hook.app()))
        await servers[-1].start_server()
        webhook = str(servers[-1].make_url("/webhook"))
        pages = {PAGE: ("Gendarmerie", TOKEN), "200000000000002": ("Une autre page", "TOKEN_2")}
        options = replace(Options("900000000000001", SECRET, "verify", webhook, pages), **changes)
        servers.append(TestServer(application(options)))
        await servers[-1].start_server()
        platform = Platform(str(servers[-1].make_url("")).rstrip("/"), hook)
        await platform.control("say", text="Bonjour", name="Ada Martin")
        return platform

    yield make
    for server in reversed(servers):
        await server.close()


# fbmessenger 6.0.0


def messenger(platform: Platform, **options: Any) -> MessengerClient:
    client = MessengerClient(TOKEN, **{"api_version": 25.0, "app_secret": SECRET} | options)
    client.graph_url = f"{platform.url}/v25.0"
    return client


def _sends(url: str) -> dict[str, Any]:
    """Everything that the library's builders make of a message; its templates need a Python before 3.10."""
    replies = quick_replies.QuickReplies([quick_replies.QuickReply(title=f"n{n}", payload=f"p{n}") for n in range(11)])
    return {
        "text": elements.Text("Bonjour").to_dict(),
        "quick replies": elements.Text("Choisissez", quick_replies=replies).to_dict(),
        "image": attachments.Image(url=url).to_dict(),
        "audio": attachments.Audio(url=url).to_dict(),
        "video": attachments.Video(url=url).to_dict(),
        "file": attachments.File(url=url).to_dict(),
    }


async def test_fbmessenger_sends_whatever_it_can_build(new_platform: Callable[..., Any]) -> None:
    platform = await new_platform()
    file = await platform.control("say", files=[{"name": "a.png", "type": "image/png", "data": ""}])
    assert file
    async with aiohttp.ClientSession() as session:
        query = {"psid": PSID, "page": PAGE}
        async with session.get(f"{platform.url}/_emulator/thread", params=query) as answer:
            url = (await answer.json())["messages"][-1]["attachments"][0]["payload"]["url"]
    client = messenger(platform)
    for name, payload in _sends(platform.url + url if url.startswith("/") else url).items():
        answer = await asyncio.to_thread(client.send, payload, PSID)
        assert set(answer) == {"recipient_id", "message_id"}, (name, answer)
    assert len(await platform.sent()) == 6


async def test_fbmessenger_asks_for_profiles_acts_and_sets_the_page_up(new_platform: Callable[..., Any]) -> None:
    platform = await new_platform()
    client = messenger(platform)
    profile = await asyncio.to_thread(client.get_user_data, PSID)
    assert (profile["first_name"], profile["last_name"]) == ("Ada", "Martin")
    for action in ("typing_on", "typing_off", "mark_seen"):
        sent = SenderAction(sender_action=action).to_dict()
        assert await asyncio.to_thread(client.send_action, sent, PSID) == {"recipient_id": PSID}
    assert await asyncio.to_thread(client.subscribe_app_to_page) == {"success": True}
    start = thread_settings.MessengerProfile(get_started=thread_settings.GetStartedButton(payload="START")).to_dict()
    menu = thread_settings.PersistentMenu(
        [thread_settings.PersistentMenuItem(item_type="postback", title="Aide", payload="HELP")]
    )
    greeting = thread_settings.MessengerProfile(greetings=[thread_settings.GreetingText(text="Bonjour")]).to_dict()
    for settings in (start, thread_settings.MessengerProfile(persistent_menus=[menu]).to_dict(), greeting):
        assert await asyncio.to_thread(client.set_messenger_profile, settings) == {"result": "success"}
    assert await asyncio.to_thread(client.delete_persistent_menu) == {"result": "success"}
    assert await asyncio.to_thread(client.delete_get_started) == {"result": "success"}
    assert await asyncio.to_thread(client.update_whitelisted_domains, ["https://example.org"])
    assert await asyncio.to_thread(client.remove_whitelisted_domains) == {"result": "success"}


async def test_fbmessenger_uploads_and_its_proof_is_checked(new_platform: Callable[..., Any]) -> None:
    platform = await new_platform()
    source = f"{platform.url}/"  # any address that answers
    uploaded = await asyncio.to_thread(messenger(platform).upload_attachment, attachments.Image(url=source))
    assert uploaded["attachment_id"].isdigit()
    wrong = await asyncio.to_thread(messenger(platform, app_secret="other").send, {"text": "a"}, PSID)
    assert wrong["error"]["code"] == 100
    stranger = await asyncio.to_thread(messenger(platform).send, {"text": "a"}, "1")
    assert (stranger["error"]["code"], stranger["error"]["error_subcode"]) == (100, 2018001)


async def test_fbmessenger_meets_the_window_and_the_tags(new_platform: Callable[..., Any]) -> None:
    platform = await new_platform()
    client = messenger(platform)
    await platform.control("people", hours_ago=25)

    async def send(**terms: Any) -> tuple[int, int | None] | None:
        answer = await asyncio.to_thread(lambda: client.send({"text": "a"}, PSID, **terms))
        error = answer.get("error")
        return (error["code"], error.get("error_subcode")) if error else None

    assert await send() == (10, 2018278)
    assert await send(messaging_type="UPDATE") == (10, 2018278)
    assert await send(messaging_type="MESSAGE_TAG", tag="ACCOUNT_UPDATE") == (100, None)
    assert await send(messaging_type="MESSAGE_TAG", tag="HUMAN_AGENT") is None
    await platform.control("world", human_agent=False)
    assert await send(messaging_type="MESSAGE_TAG", tag="HUMAN_AGENT") == (100, 2018276)
    await platform.control("world", human_agent=True)
    await platform.control("people", hours_ago=24 * 7 + 1)
    assert await send(messaging_type="MESSAGE_TAG", tag="HUMAN_AGENT") == (10, 2018278)
    await platform.control("people", hours_ago=1, owner="123")
    assert await send() == (100, 2018300)
    await platform.control("people", owner=None, blocked=True)
    assert await send() == (551, 1545041)


# facebook_business 26.0.3: Meta's own


@pytest.fixture
def business(monkeypatch: pytest.MonkeyPatch) -> Callable[[Platform], Page]:
    before = FacebookSession.GRAPH

    def make(platform: Platform) -> Page:
        FacebookSession.GRAPH = platform.url
        api = FacebookAdsApi(FacebookSession("900000000000001", SECRET, TOKEN))
        return Page(PAGE, api=api)

    yield make
    FacebookSession.GRAPH = before


async def test_metas_library_sends_form_fields(new_platform: Callable[..., Any], business: Callable[..., Any]) -> None:
    platform = await new_platform()
    page = business(platform)
    terms = {"messaging_type": "RESPONSE", "recipient": {"id": PSID}}

    def send(**params: Any) -> Any:
        return page.create_message(params=terms | params).export_all_data()

    answer = await asyncio.to_thread(send, message={"text": "Bonjour", "metadata": "m1"})
    assert answer["recipient_id"] == PSID
    assert [each["text"] for each in await platform.sent()] == ["Bonjour"]
    with pytest.raises(FacebookRequestError) as refused:
        await asyncio.to_thread(send, message={"text": "a" * 2000})
    assert refused.value.api_error_code() == 100
    with pytest.raises(FacebookRequestError) as both:
        await asyncio.to_thread(send, message={"text": "a"}, sender_action="TYPING_ON")
    assert both.value.api_error_subcode() == 2018014


async def test_metas_library_subscribes_routes_and_reads(
    new_platform: Callable[..., Any], business: Callable[..., Any]
) -> None:
    platform = await new_platform()
    page = business(platform)
    fields = {"subscribed_fields": ["messages", "message_echoes", "message_deliveries"]}
    person = {"recipient": {"id": PSID}}

    def work() -> dict[str, Any]:
        found: dict[str, Any] = {"before": len(page.get_subscribed_apps())}
        page.create_subscribed_app(params=fields)
        found["apps"] = [app.export_all_data() for app in page.get_subscribed_apps()]
        page.create_pass_thread_control(params=person | {"target_app_id": "263902037430900"})
        found["owner"] = [each.export_all_data() for each in page.get_thread_owner(params={"recipient": PSID})]
        page.create_take_thread_control(params=person)
        page.create_request_thread_control(params=person)
        page.create_extend_thread_control(params=person | {"duration": 3600})
        page.create_release_thread_control(params=person)
        found["threads"] = [t.export_all_data() for t in page.get_conversations(params={"user_id": PSID})]
        page.create_persona(params={"name": "Camille", "profile_picture_url": "https://example.org/a.png"})
        found["personas"] = [p.export_all_data() for p in page.get_personas()]
        page.delete_subscribed_apps()
        return found | {"after": len(page.get_subscribed_apps())}

    found = await asyncio.to_thread(work)
    assert (found["before"], found["after"]) == (0, 0)
    assert found["apps"][0]["subscribed_fields"] == fields["subscribed_fields"]
    assert found["owner"][0]["thread_owner"]["app_id"] == "263902037430900"
    assert found["threads"][0]["id"].startswith("t_")
    assert found["personas"][0]["name"] == "Camille"


async def test_metas_library_uploads_by_address(new_platform: Callable[..., Any], business: Callable[..., Any]) -> None:
    platform = await new_platform()
    page = business(platform)
    picture = {"type": "image", "payload": {"url": f"{platform.url}/", "is_reusable": True}}
    made = await asyncio.to_thread(page.create_message_attachment, params={"message": {"attachment": picture}})
    assert made.export_all_data()["attachment_id"].isdigit()
    nowhere = {"type": "image", "payload": {"url": "http://127.0.0.1:1/a.png"}}
    with pytest.raises(FacebookRequestError) as refused:
        await asyncio.to_thread(page.create_message_attachment, params={"message": {"attachment": nowhere}})
    assert refused.value.api_error_subcode() == 2018008


# Meta's request collection


@pytest.mark.parametrize("example", COLLECTION["requests"], ids=lambda each: each["name"])
async def test_metas_request_examples_are_answered_as_recorded(
    example: dict[str, Any], new_platform: Callable[..., Any]
) -> None:
    platform = await new_platform(strict=False)  # they leave messaging_type out
    text = json.dumps(example["body"]).replace("{{page-scoped-id}}", PSID)
    text = text.replace("<PATH_TO_ASSET>", f"{platform.url}/")
    text = text.replace("<IS_REUSABLE?>", "true" if example["edge"] == "message_attachments" else "false")
    text = text.replace("<TITLE>", "Rouge").replace("<DEVELOPER_DEFINED_PAYLOAD>", "P")
    async with (
        aiohttp.ClientSession(headers={"Authorization": f"Bearer {TOKEN}"}) as session,
        session.post(f"{platform.url}/v20.0/{PAGE}/{example['edge']}", json=json.loads(text)) as answer,
    ):
        found = await answer.json()
        assert answer.status == 200, found
        assert sorted(found) == example["answer"]
        assert PAGE in json.loads(answer.headers["X-Business-Use-Case-Usage"])


# pywa 4.5.0: a validator of any signature of Meta


async def test_what_the_emulator_signs_is_accepted_by_pywa(new_platform: Callable[..., Any]) -> None:
    platform = await new_platform()
    await asyncio.to_thread(messenger(platform).subscribe_app_to_page)
    await platform.control("say", text="l’été à Besançon 😀")
    item = await platform.hook.until("message")
    body, headers = platform.hook.came[0]
    assert item["message"]["text"] == "l’été à Besançon 😀"
    assert body.isascii() and b"\\u00e9t\\u00e9" in body
    given = headers["X-Hub-Signature-256"]
    assert webhook_updates_validator(SECRET, body, given)
    assert not webhook_updates_validator("other", body, given)
    assert headers["X-Hub-Signature"] == "sha1=" + hmac.new(SECRET.encode(), body, hashlib.sha1).hexdigest()


# What no client asks for.


async def test_faults_come_on_demand_and_are_used_up(new_platform: Callable[..., Any]) -> None:
    platform = await new_platform()
    client = messenger(platform)
    wanted = {"500": 2, "429": 80006, "token_expired": 190, "10/1893063": 10}
    for fault, code in wanted.items():
        await platform.control("faults", on="send", fault=fault)
        answer = await asyncio.to_thread(client.send, {"text": "a"}, PSID)
        assert answer["error"]["code"] == code
        assert "message_id" in await asyncio.to_thread(client.send, {"text": "a"}, PSID)


async def test_what_the_page_writes_comes_back_as_an_echo(new_platform: Callable[..., Any]) -> None:
    platform = await new_platform()
    client = messenger(platform)
    fields = "messages,message_echoes,message_deliveries,message_reads"
    async with aiohttp.ClientSession(headers={"Authorization": f"Bearer {TOKEN}"}) as session:
        await session.post(f"{platform.url}/v25.0/{PAGE}/subscribed_apps", params={"subscribed_fields": fields})
    sent = await asyncio.to_thread(client.send, {"text": "Bonjour", "metadata": "k:1:0"}, PSID)
    echo = (await platform.hook.until("echo"))["message"]
    assert (echo["mid"], echo["metadata"], echo["app_id"]) == (sent["message_id"], "k:1:0", 900000000000001)
    assert (await platform.hook.until("delivery"))["delivery"]["mids"] == [sent["message_id"]]


async def test_a_webhook_that_fails_for_an_hour_is_unsubscribed(new_platform: Callable[..., Any]) -> None:
    platform = await new_platform(hour=0.3)
    platform.hook.broken = True
    await asyncio.to_thread(messenger(platform).subscribe_app_to_page)
    await platform.control("say", text="a")
    async with asyncio.timeout(10), aiohttp.ClientSession() as session:
        while (await platform.state(session))["subscribed"][PAGE] is not None:
            await asyncio.sleep(0.05)
        assert len(platform.hook.came) >= 3, "it was told again and again before"
