"""Our own calls: what they ask is as X describes it, and its refusals are understood."""

import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from PIL import Image

from bridges.x.api import Api
from bridges.x.credentials import APP
from bridges.x.faults import Spent, Unauthorised, fault
from bridges.x.outbound import FIELDS
from bridges.x.settings import Settings
from brigade.errors import Refused, Temporary, Unreachable

ACCOUNT, PERSON = "1000000000000000001", "7000000000000000001"
FILES = {
    "consumer_key": "consumer_key_1", "consumer_secret": "consumer_secret_1", "bearer": "bearer_1",
    "access_token": "token_1", "access_token_secret": "token_secret_1",
}  # fmt: skip
SEND, READ = f"/2/dm_conversations/with/{PERSON}/messages", "/2/dm_events"


@asynccontextmanager
async def opened(platform: Any, folder: Path, **account: Any) -> AsyncIterator[Api]:
    for name, value in FILES.items():
        (folder / f"x.{name}").write_text(value)
    api = Api(platform.url, Settings.model_validate({"accounts": [{"user": ACCOUNT} | account]}), folder)
    yield api
    await api.close()


async def test_everything_we_ask_is_described(new_platform: Callable[..., Any], tmp_path: Path) -> None:
    platform = await new_platform()
    await platform.control("say", text="Bonjour")
    picture = tmp_path / "a.png"
    Image.new("RGB", (8, 8)).save(picture)
    async with opened(platform, tmp_path) as api:
        media = await api.upload(ACCOUNT, picture, "image/png")
        sent = await api.post(ACCOUNT, SEND, {"text": "é & <b>", "attachments": [{"media_id": media}]})
        assert sent["data"]["dm_conversation_id"] == f"{ACCOUNT}-{PERSON}"
        await platform.control("faults", on="media", fault="none")
        await platform.control("faults", on="processing", fault="1")
        assert await api.upload(ACCOUNT, picture, "image/png") != media, "it waited until the platform was done"
        found = await api.get(ACCOUNT, READ, FIELDS | {"max_results": "100"})
        assert [row["text"].split(" https")[0] for row in found["data"]] == ["é & <b>", "Bonjour"]
        thread = f"/2/dm_conversations/with/{PERSON}/dm_events"
        assert len((await api.get(ACCOUNT, thread, FIELDS))["data"]) == 2
        assert (await api.get(APP, "/2/webhooks"))["meta"]["result_count"] == 0
        await api.get(APP, "/2/activity/subscriptions", {"max_results": "1000"})
    assert len(platform.description.seen) == 7 and not platform.description.odd


async def test_a_refresh_token_works_once_and_the_new_one_is_kept(
    new_platform: Callable[..., Any], tmp_path: Path
) -> None:
    platform = await new_platform(refresh={"first": ACCOUNT})
    file = tmp_path / "granted.json"
    file.write_text(json.dumps({"client_id": "c1", "client_secret": "s1", "refresh_token": "first"}))
    async with opened(platform, tmp_path, oauth2_file=str(file)) as api:
        await platform.control("say", text="a")
        assert (await api.get(ACCOUNT, READ, FIELDS))["data"]
        kept = json.loads(file.read_text())
        assert kept["refresh_token"] != "first" and kept["expires_at"] > time.time() + 7000
        assert file.stat().st_mode & 0o777 == 0o600
        await api.get(ACCOUNT, READ, FIELDS)
        assert json.loads(file.read_text()) == kept, "not before it ends"
        await platform.control("faults", on="read", fault="token_expired")
        with pytest.raises(Unauthorised):
            await api.get(ACCOUNT, READ, FIELDS)
        assert ACCOUNT in api.wrong
        assert (await api.get(ACCOUNT, READ, FIELDS))["data"] and not api.wrong, "a refused token is renewed"
        assert json.loads(file.read_text())["refresh_token"] != kept["refresh_token"]
    file.write_text(json.dumps({"client_id": "c1", "refresh_token": "first"}))
    async with opened(platform, tmp_path, oauth2_file=str(file)) as api:
        with pytest.raises(Temporary, match="authorise the account again"):
            await api.get(ACCOUNT, READ, FIELDS)


async def test_files_are_fetched_as_each_authorisation_demands(
    new_platform: Callable[..., Any], tmp_path: Path
) -> None:
    platform = await new_platform(refresh={"first": ACCOUNT})
    await platform.control("say", file={"type": "image/png", "data": "iVBORw0KGgo="})
    file = tmp_path / "granted.json"
    file.write_text(json.dumps({"client_id": "c1", "refresh_token": "first"}))
    for account, path in (({}, "/1.1/ton/"), ({"oauth2_file": str(file)}, "/2/dm_conversations/media/")):
        async with opened(platform, tmp_path, **account) as api, aiohttp.ClientSession() as session:
            found = await api.get(ACCOUNT, READ, FIELDS)
            url = api.download(ACCOUNT, found["includes"]["media"][0]["url"])
            assert url.startswith(platform.url + path)
            async with session.get(url, headers=await api.authorisation(ACCOUNT, url)) as answer:
                assert (answer.status, (await answer.read())[:4]) == (200, b"\x89PNG")
            async with session.get(url) as answer:
                assert answer.status == 401
            assert await api.authorisation(ACCOUNT, "https://evil.example/a.png") == {}
            assert await api.authorisation(ACCOUNT, f"{platform.url}.evil.example/a.png") == {}


@pytest.mark.parametrize(
    ("given", "error", "code"),
    [
        ("403", Refused, "not-allowed"), ("150", Refused, "150"), ("349", Refused, "349"), ("93", Refused, "93"),
        ("226", Refused, "226"), ("476", Refused, "476"), ("client-forbidden", Refused, "client-forbidden"),
        ("151", Temporary, None), ("88", Temporary, None), ("429", Temporary, None), ("32", Unauthorised, None),
        ("89", Unauthorised, None), ("token_expired", Unauthorised, None), ("500", Unreachable, None),
        ("lost_answer", Unreachable, None), ("credits-depleted", Spent, None), ("usage-capped", Spent, None),
    ],
)  # fmt: skip
async def test_refusals_are_named_by_who_must_act(
    given: str, error: type[Exception], code: str | None, new_platform: Callable[..., Any], tmp_path: Path
) -> None:
    platform = await new_platform()
    await platform.control("people", name="Ada")
    async with opened(platform, tmp_path) as api:
        await platform.control("faults", on="send", fault=given)
        with pytest.raises(error) as refused:
            await api.post(ACCOUNT, SEND, {"text": "a"})
        assert type(refused.value) is error and getattr(refused.value, "code", None) == code
        assert (ACCOUNT in api.wrong) == (error in (Unauthorised, Spent)), "an administrator is told of these"
        if given not in ("88", "429", "151"):
            assert (await api.post(ACCOUNT, SEND, {"text": "b"}))["data"] and not api.wrong


async def test_patience_until_the_limit_is_set_back(new_platform: Callable[..., Any], tmp_path: Path) -> None:
    few = {"read": 2, "send": 1, "media": 9, "app": 9, "chat": 9, "other": 9}
    platform = await new_platform(limits=few)
    await platform.control("people", name="Ada")
    async with opened(platform, tmp_path) as api:
        await api.post(ACCOUNT, SEND, {"text": "a"})
        with pytest.raises(Temporary) as late:
            await api.post(ACCOUNT, SEND, {"text": "b"})
        assert 800 < (late.value.retry_after or 0) <= 902, "until the header's moment"
        assert len(await platform.get("/_emulator/sent")) == 1, "we did not even ask"
        await api.get(ACCOUNT, READ, FIELDS)
        assert api.left(ACCOUNT, "GET", READ) == 1, "reading is counted apart"


async def test_what_is_no_picture_or_too_large_stays_here(new_platform: Callable[..., Any], tmp_path: Path) -> None:
    platform = await new_platform()
    async with opened(platform, tmp_path) as api:
        large = tmp_path / "large.png"
        large.write_bytes(b"\0" * (5 * 2**20 + 1))
        for kind, code in (("application/pdf", "file-type"), ("image/png", "file-too-large")):
            with pytest.raises(Refused) as refused:
                await api.upload(ACCOUNT, large, kind)
            assert refused.value.code == code


@pytest.mark.parametrize(
    ("status", "body", "code"),
    [
        (400, {"code": 349, "message": "x"}, "349"),
        (403, {"errors": [{"code": 150, "message": "x"}]}, "150"),
        (403, {"title": "Forbidden", "type": "about:blank", "status": 403, "detail": "x"}, "not-allowed"),
        (400, {"title": "x", "type": "https://api.x.com/2/problems/invalid-request"}, "invalid-request"),
        (404, {"title": "x", "type": "https://api.twitter.com/2/problems/resource-not-found"}, "resource-not-found"),
        (418, None, "418"), (400, "text", "400"), (403, {"errors": "text"}, "not-allowed"),
    ],
)  # fmt: skip
def test_errors_in_their_three_shapes(status: int, body: Any, code: str) -> None:
    error = fault(status, body, None)
    assert isinstance(error, Refused) and error.code == code and str(error)
