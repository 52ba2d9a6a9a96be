"""Other people's clients, recordings of the real platform and X's own description, run against the emulator.

How many pass, and what is left out and why, is written in docs/channels/x.md.
"""

import asyncio
import base64
import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import requests
import tweepy
import xdk
from aiohttp import web
from chat_xdk import Chat
from xdk.activity.models import CreateSubscriptionRequest
from xdk.oauth1_auth import OAuth1
from xdk.webhooks.models import CreateRequest

from bridges.x.chat import _signing
from bridges.x.events import listed
from bridges.x.webhook import signed

HERE = Path(__file__).parent
RECORDED = json.loads((HERE / "fixtures/tweepy.json").read_text(encoding="utf-8"))["interactions"]
SECOND = [each for each in RECORDED if "/2/" in each["uri"]]
ACCOUNT, PERSON = "1000000000000000001", "7000000000000000001"
PNG = b"\x89PNG\r\n\x1a\n" + b"\0" * 40


class Redirected(requests.Session):
    """tweepy's host is fixed in its code."""

    def __init__(self, base: str) -> None:
        super().__init__()
        self._base = base

    def request(self, method: str, url: str, *args: Any, **more: Any) -> requests.Response:  # type: ignore[override]
        return super().request(method, url.replace("https://api.twitter.com", self._base), *args, **more)


def tweet(platform: Any, **changes: str) -> tweepy.Client:
    keys = {"consumer_key": "consumer_key_1", "consumer_secret": "consumer_secret_1", "bearer_token": "bearer_1"}
    keys |= {"access_token": "token_1", "access_token_secret": "token_secret_1"}
    client = tweepy.Client(**keys | changes)
    client.session = Redirected(platform.url)
    return client


def minute(at: float) -> str:
    return time.strftime("%Y%m%d%H%M", time.gmtime(at))


def shape(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: shape(inner) for key, inner in value.items()}
    return [shape(value[0])] if isinstance(value, list) else type(value).__name__


# tweepy 4.17.0 and what it recorded


@pytest.mark.parametrize("number", range(len(SECOND)), ids=lambda n: f"{n}-{SECOND[n]['method']}")
async def test_recorded_calls_are_answered_in_the_recorded_shape(number: int, new_platform: Callable[..., Any]) -> None:
    """The calls before it in the same recording are made first: what is listed has been sent."""
    platform = await new_platform(accounts={"1072250532645998596": ("Tweepy", "token_1", "token_secret_1")})
    for user in ("750362064426721281", "145336962"):
        await platform.control("people", user=user)
    client = tweet(platform)
    recording = SECOND[number]["cassette"]
    for each in [row for row in SECOND[: number + 1] if row["cassette"] == recording]:
        if each["uri"].endswith("/2/dm_events") and each is SECOND[number]:
            break
        path = each["uri"].removeprefix("https://api.twitter.com")
        body = json.loads(each["body"]) if isinstance(each["body"], str) else each["body"]
        answer = await asyncio.to_thread(lambda p=path, b=body, m=each["method"]: client.request(m, p, None, b, True))
    else:
        assert answer.status_code == each["status"]
        assert shape(answer.json()) == shape(each["answer"])
        for name in ("x-rate-limit-limit", "x-rate-limit-remaining", "x-rate-limit-reset"):
            assert answer.headers[name].isdigit() and each["headers"][name].isdigit()
        return
    empty = await new_platform()
    found = await asyncio.to_thread(lambda: tweet(empty).request("GET", "/2/dm_events", None, None, True))
    assert found.json() == SECOND[number]["answer"] == {"meta": {"result_count": 0}}


def test_what_was_recorded_is_read_by_the_bridge() -> None:
    """Answers of 2022 without a sender are nobody's; nothing breaks."""
    lists = [each["answer"] for each in SECOND if each["method"] == "GET"]
    assert len(lists) == 6
    assert [listed("1072250532645998596", answer) for answer in lists] == [[]] * 6
    whole = {"sender_id": "750362064426721281", "dm_conversation_id": "750362064426721281-1072250532645998596"}
    full = [answer | {"data": [row | whole for row in answer["data"]]} for answer in lists if "data" in answer]
    read = [[item.content["text"] for item in listed("1072250532645998596", answer)] for answer in full]
    assert read == [["Testing 2", "Testing 1"]] * 4


async def test_tweepy_sends_and_lists(new_platform: Callable[..., Any]) -> None:
    platform = await new_platform()
    await platform.control("say", text="Bonjour <Brigade> & cie", name="Ada")
    client = tweet(platform)

    def work() -> dict[str, Any]:
        found: dict[str, Any] = {"sent": client.create_direct_message(participant_id=PERSON, text="Bonjour").data}
        both = found["sent"]["dm_conversation_id"]
        client.create_direct_message(dm_conversation_id=both, text="Encore")
        client.create_direct_message_conversation(text="à tous", participant_ids=[PERSON, "12"])
        fields = ["sender_id", "created_at", "dm_conversation_id"]
        found["all"] = client.get_direct_message_events(dm_event_fields=fields, expansions="sender_id")
        found["one"] = client.get_direct_message_events(participant_id=PERSON).data
        found["conversation"] = client.get_direct_message_events(dm_conversation_id=both, max_results=1).data
        found["me"] = client.get_me().data.id
        return found

    found = await asyncio.to_thread(work)
    assert found["sent"]["dm_conversation_id"] == f"{ACCOUNT}-{PERSON}"
    assert [each.text for each in found["all"].data] == ["Encore", "Bonjour", "Bonjour <Brigade> & cie"]
    assert [each.sender_id for each in found["all"].data][-1] == int(PERSON)
    assert {user.name for user in found["all"].includes["users"]} == {"Ada", "Gendarmerie"}
    assert [each.text for each in found["one"]] == ["Encore", "Bonjour", "Bonjour <Brigade> & cie"]
    assert [each.text for each in found["conversation"]] == ["Encore"]
    assert found["me"] == int(ACCOUNT)
    assert platform.description.odd, "it still asks for names that are described no more"


async def test_tweepys_refusals(new_platform: Callable[..., Any]) -> None:
    platform = await new_platform(limits={"read": 2, "send": 4, "media": 1, "app": 1, "chat": 1, "other": 9})
    await platform.control("people", closed=True)

    async def send(client: tweepy.Client, **said: Any) -> Any:
        return await asyncio.to_thread(lambda: client.create_direct_message(participant_id=PERSON, **said))

    for secret in ({"access_token_secret": "other"}, {"consumer_secret": "other"}, {"access_token": "other"}):
        with pytest.raises(tweepy.Unauthorized):
            await send(tweet(platform, **secret), text="a")
    client = tweet(platform)
    with pytest.raises(tweepy.Forbidden, match="permission to DM"):
        await send(client, text="a")
    for said in ({"text": "a" * 10_001}, {"text": "a", "media_id": "1"}, {}):
        with pytest.raises(tweepy.BadRequest):
            await send(client, **said)
    with pytest.raises(tweepy.TooManyRequests) as late:
        await send(client, text="a")
    assert late.value.reset_time
    with pytest.raises(tweepy.Forbidden, match="Application-Only"):
        await asyncio.to_thread(lambda: client.get_direct_message_events(user_auth=False))
    for problem, error in (("500", tweepy.TwitterServerError), ("token_expired", tweepy.Unauthorized)):
        await platform.control("faults", on="read", fault=problem)
        with pytest.raises(error):
            await asyncio.to_thread(client.get_direct_message_events)


# xdk 0.10.6: X's own


def official(platform: Any, **more: Any) -> xdk.Client:
    return xdk.Client(base_url=platform.url, **more)


def signer() -> OAuth1:
    return OAuth1("consumer_key_1", "consumer_secret_1", "oob", "token_1", "token_secret_1")


def proves(secret: str) -> Callable[[str], web.Response]:
    return lambda token: web.json_response({"response_token": signed(secret, token.encode())})


@pytest.mark.parametrize("how", ["oauth1", "oauth2"])
async def test_xs_own_client_sends_lists_and_uploads(how: str, new_platform: Callable[..., Any]) -> None:
    platform = await new_platform()
    file = {"type": "image/png", "data": base64.b64encode(PNG).decode()}
    await platform.control("say", text="voici", file=file, name="Ada")
    granted = await platform.control("world", grant=ACCOUNT)
    client = official(platform, auth=signer()) if how == "oauth1" else official(
        platform, access_token=granted["access_token"]
    )  # fmt: skip

    def work() -> dict[str, Any]:
        dm, media = client.direct_messages, client.media
        found: dict[str, Any] = {}
        uploaded = media.upload({"media": base64.b64encode(PNG).decode(), "media_category": "dm_image"})
        picture = {"attachments": [{"media_id": uploaded.data.id}]}
        found["sent"] = dm.create_by_participant_id(PERSON, {"text": "Bonjour"}).data
        dm.create_by_conversation_id(found["sent"].dm_conversation_id, picture)
        group = {"conversation_type": "Group", "participant_ids": [PERSON, "1"], "message": {"text": "a"}}
        dm.create_conversation(group)
        fields = ["attachments", "created_at", "dm_conversation_id", "entities", "event_type", "id", "text"]
        pages = dm.get_events(dm_event_fields=fields, expansions=["sender_id", "attachments.media_keys"], max_results=2)
        found["pages"] = [page.model_dump() for page in pages]
        found["one"] = dm.get_events_by_id(found["sent"].dm_event_id).data.text
        found["with"] = len(next(iter(dm.get_events_by_participant_id(PERSON))).data)
        found["in"] = len(next(iter(dm.get_events_by_conversation_id(found["sent"].dm_conversation_id))).data)
        found["deleted"] = dm.delete_events(found["sent"].dm_event_id).data.deleted
        begun = media.initialize_upload({"media_type": "video/mp4", "media_category": "dm_video", "total_bytes": 8})
        media.append_upload(begun.data.id, {"media": base64.b64encode(b"12345678").decode(), "segment_index": 0})
        found["work"] = media.finalize_upload(begun.data.id).data.model_dump()["processing_info"]
        found["status"] = media.get_upload_status(begun.data.id, command="STATUS").data.id
        return found

    found = await asyncio.to_thread(work)
    assert found["sent"].dm_conversation_id == f"{ACCOUNT}-{PERSON}"
    rows = [row for page in found["pages"] for row in page.get("data") or []]
    assert len(rows) == 3 and found["with"] == found["in"] == 3
    assert "data" not in {key for key, value in found["pages"][-1].items() if value}, "the last page is empty"
    assert (found["one"], found["deleted"]) == ("Bonjour", True)
    assert found["work"]["state"] == "in_progress"
    assert len(platform.description.seen) >= 13 and not platform.description.odd


async def test_xs_own_client_fetches_a_picture(new_platform: Callable[..., Any]) -> None:
    platform = await new_platform()
    await platform.control("say", text="", file={"type": "image/png", "data": base64.b64encode(PNG).decode()})
    thread = await platform.get("/_emulator/thread", user=PERSON)
    dm, media, resource = thread["messages"][0]["media"].split("/")[-3:]
    client = official(platform, access_token=(await platform.control("world", grant=ACCOUNT))["access_token"])
    assert await asyncio.to_thread(client.direct_messages.dm_conversations_media_download, dm, media, resource) == PNG
    with pytest.raises(requests.HTTPError):
        await asyncio.to_thread(client.direct_messages.dm_conversations_media_download, dm, "1", resource)
    stranger = official(platform, access_token="nothing")
    with pytest.raises(requests.HTTPError):
        await asyncio.to_thread(stranger.direct_messages.dm_conversations_media_download, dm, media, resource)


async def test_xs_own_client_sets_up_webhooks_and_subscriptions(new_platform: Callable[..., Any]) -> None:
    platform = await new_platform()
    platform.hook.answer = proves("consumer_secret_1")
    app, user = official(platform, bearer_token="bearer_1"), official(platform, auth=signer())
    url = platform.hook.url

    def work() -> dict[str, Any]:
        found: dict[str, Any] = {"none": app.webhooks.get().meta.result_count}
        hook = app.webhooks.create(CreateRequest(url=url)).data
        found["hook"] = hook.model_dump()
        body = {"event_type": "dm.received", "filter": {"user_id": ACCOUNT}, "webhook_id": hook.id}
        user.activity.create_subscription(CreateSubscriptionRequest(**body))
        found["subscriptions"] = [each.model_dump() for page in app.activity.get_subscriptions() for each in page.data]
        with pytest.raises(requests.HTTPError) as twice:
            app.webhooks.create(CreateRequest(url=url))
        found["twice"] = twice.value.response.json()["reason"]
        with pytest.raises(requests.HTTPError) as alone:
            app.activity.create_subscription(CreateSubscriptionRequest(**body | {"event_type": "dm.sent"}))
        found["alone"] = alone.value.response.status_code
        found["valid"] = app.webhooks.validate(hook.id).data.valid
        more = user.activity.create_subscription(CreateSubscriptionRequest(**body | {"event_type": "dm.sent"}))
        app.activity.delete_subscription(more.model_dump()["data"]["subscription"]["subscription_id"])
        now = time.time()
        span = {"from_date": minute(now - 3600), "to_date": minute(now)}
        found["job"] = app.webhooks.create_webhook_replay_job({"webhook_id": hook.id} | span).data.job_id
        found["left"] = len([each for page in app.activity.get_subscriptions() for each in page.data])
        return found

    found = await asyncio.to_thread(work)
    assert found["none"] == 0 and found["hook"]["valid"] and found["hook"]["url"] == url
    assert [each["event_type"] for each in found["subscriptions"]] == ["dm.received"]
    assert (found["twice"], found["alone"], found["valid"]) == ("DuplicateUrlFailed", 403, True)
    assert found["left"] == 1 and found["job"].isdigit()
    await platform.control("say", text="été")
    async with asyncio.timeout(5):
        while len(platform.hook.came) < 2:
            await asyncio.sleep(0.02)
    assert json.loads(platform.hook.came[0][0])["replay_job_status"]["job_state"] == "Complete"
    body, headers = platform.hook.came[1]
    assert headers["x-twitter-webhooks-signature"] == signed("consumer_secret_1", body)
    data = json.loads(body)["data"]
    assert data["event_type"] == "dm.received" and data["filter"] == {"user_id": ACCOUNT}
    platform.hook.answer = proves("other")
    with pytest.raises(requests.HTTPError):
        await asyncio.to_thread(app.webhooks.validate, found["hook"]["id"])
    state = await platform.get("/_emulator/state")
    assert state["webhooks"][0]["valid"] is False
    assert (await asyncio.to_thread(app.webhooks.delete, found["hook"]["id"])).data.deleted
    assert (await platform.get("/_emulator/state"))["webhooks"] == []


async def test_xs_own_client_and_library_talk_by_x_chat(new_platform: Callable[..., Any]) -> None:
    """As an account: keys, the conversation's key, a message each way, typing and read."""
    platform = await new_platform()
    end = Chat()
    made = end.generate_keypairs()
    fields = ("public_key", "signing_public_key", "identity_public_key_signature", "registration_method")
    public = {name: getattr(made.public_key, name) for name in fields}
    end.set_identity(ACCOUNT, str(made.version))
    end.set_cache_keys(True)
    client = official(platform, access_token=(await platform.control("world", grant=ACCOUNT))["access_token"])
    registered = {"version": str(made.version), "public_key": public}
    await asyncio.to_thread(client.chat.add_user_public_key, ACCOUNT, registered)
    await platform.control("say", text="un secret", chat=True)

    def work() -> dict[str, Any]:
        chat, users = client.chat, client.users
        found: dict[str, Any] = {"talks": next(iter(chat.get_conversations())).model_dump()}
        rows = [(user, users.get_public_key(user).model_dump()["data"]) for user in (ACCOUNT, PERSON)]
        end.set_signing_keys([_signing(user, key) for user, keys in rows for key in keys])
        page = next(iter(chat.get_conversation_events(PERSON))).model_dump()
        end.decrypt_events(page["meta"]["conversation_key_events"])
        found["read"] = end.decrypt_event(page["data"][0]["encoded_event"])
        sealed = end.encrypt_message(f"{ACCOUNT}:{PERSON}", "bien reçu")
        body = {"message_id": sealed.message_id, "encoded_message_create_event": sealed.encrypted_content}
        body["encoded_message_event_signature"] = sealed.encoded_event_signature
        found["sent"] = chat.send_message(PERSON, body).model_dump()["data"]
        found["typing"] = chat.send_typing_indicator(PERSON).model_dump()["data"]
        chat.mark_conversation_read(PERSON, {"seen_until_sequence_id": page["data"][0]["id"]})
        return found

    found = await asyncio.to_thread(work)
    assert found["talks"]["data"][0]["id"] == f"{ACCOUNT}-{PERSON}"
    assert (found["read"]["content"]["text"], found["read"]["verified"]) == ("un secret", True)
    assert found["sent"]["encoded_message_event"] and found["typing"]["success"]
    (sent,) = await platform.get("/_emulator/sent", user=PERSON)
    assert (sent["text"], sent["chat"]) == ("bien reçu", True)


@pytest.mark.parametrize(
    "answer",
    [
        lambda token: web.json_response({"response_token": signed("consumer_secret_1", b"x")}),
        lambda token: web.Response(text=signed("consumer_secret_1", token.encode())),
        lambda token: web.HTTPFound("/elsewhere"),
        lambda token: web.Response(status=500),
    ],
    ids=["wrong", "no JSON", "elsewhere", "broken"],
)
async def test_a_webhook_that_does_not_prove_itself_is_not_registered(
    answer: Callable[[str], web.Response], new_platform: Callable[..., Any]
) -> None:
    platform = await new_platform()
    platform.hook.answer = answer
    app = official(platform, bearer_token="bearer_1")
    with pytest.raises(requests.HTTPError) as refused:
        await asyncio.to_thread(app.webhooks.create, CreateRequest(url=platform.hook.url))
    assert refused.value.response.json()["reason"] == "CrcValidationFailed"


async def test_webhook_addresses_are_public_and_without_a_port(new_platform: Callable[..., Any]) -> None:
    platform = await new_platform(strict_urls=True)
    app = official(platform, bearer_token="bearer_1")
    for url in ("http://example.org/a", "https://example.org:8443/a", "https://127.0.0.1/a", "https://localhost/a"):
        with pytest.raises(requests.HTTPError) as refused:
            await asyncio.to_thread(app.webhooks.create, CreateRequest(url=url))
        assert refused.value.response.json()["reason"] == "UrlValidationFailed", url
