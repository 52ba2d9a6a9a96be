"""The documents and files as they are served, without a browser."""

import gzip
from pathlib import Path
from typing import Any

import aiohttp
import html5lib
import pytest
from aiohttp import web
from pydantic import ValidationError

from bridges.webchat.entry_points import WidgetSettings, payload
from bridges.webchat.pages import routes
from bridges.webchat.wording import SENTENCES
from brigade.errors import Misconfigured
from brigade.texts import LANGUAGES, Texts

DOCUMENTS = ["/widget/frame", "/demo", "/demo/victimes", "/demo/en", "/demo/victimes/de"]


async def get(desk: Any, path: str, **headers: str) -> tuple[aiohttp.ClientResponse, str]:
    async with aiohttp.ClientSession(headers=headers) as client, client.get(desk.url + path) as answer:
        return answer, await answer.text()


@pytest.mark.parametrize("path", DOCUMENTS)
@pytest.mark.parametrize("language", LANGUAGES)
async def test_A20_documents_are_valid_html(desk: Any, path: str, language: str) -> None:
    _, text = await get(desk, path, **{"Accept-Language": language})
    html5lib.HTMLParser(strict=True).parse(text)
    ids = [part.split('"')[0] for part in text.split(' id="')[1:]]
    assert len(ids) == len(set(ids))
    assert text.count("<h1") == 1


@pytest.mark.parametrize("path", DOCUMENTS)
async def test_S6_S9_S11_documents_are_not_stored_and_name_nobody_else(desk: Any, path: str) -> None:
    answer, text = await get(desk, path)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    policy = answer.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy and "*" not in policy
    assert "http://" not in text.replace("http://www.w3.org/", "") and "https://" not in text


@pytest.mark.parametrize("language", LANGUAGES)
async def test_S17_the_numbers_are_in_the_html(desk: Any, language: str) -> None:
    _, text = await get(desk, "/widget/frame", **{"Accept-Language": f"{language}-XX,xx;q=0.5"})
    assert f'<html lang="{language}"' in text
    for number in ("tel:17", "tel:112", "sms:114", "tel:15", "tel:18", "tel:119", "tel:3919"):
        assert f'href="{number}"' in text
    assert Texts("widget")(language, SENTENCES["not_emergency"]) in text


async def test_the_whole_widget_weighs_less_than_40_kb(desk: Any) -> None:
    _, frame = await get(desk, "/widget/frame")
    parts = ["/widget/brigade.js", "/widget/frame", "/api/v1/entry-points/gendarmerie?lang=de"]
    parts += [part.split('"')[0] for part in frame.split('href="')[1:] if part.startswith("/widget/")]
    parts += [part.split('"')[0] for part in frame.split('src="')[1:]]
    weight = 0
    for part in sorted(set(parts)):
        _, text = await get(desk, part)
        weight += len(gzip.compress(text.encode(), 9))
    assert len(set(parts)) > 15
    assert weight < 40_000


async def test_files_are_sent_compressed_once_and_then_not_again(desk: Any) -> None:
    answer, _ = await get(desk, "/widget/frame.js")
    assert answer.headers["Content-Encoding"] == "gzip"
    assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    again, body = await get(desk, "/widget/frame.js", **{"If-None-Match": answer.headers["ETag"]})
    assert (again.status, body) == (304, "")


def test_every_sentence_is_translated() -> None:
    texts = Texts("widget")
    same = {"Messages", "No", "SMS", "Gendarme", "Contact", "Chat"}
    for language in set(LANGUAGES) - {"en"}:
        for msgid in SENTENCES.values():
            assert texts(language, msgid) != msgid or msgid in same, (language, msgid)


def test_french_is_set_as_french_is() -> None:
    texts = Texts("widget")
    for msgid in SENTENCES.values():
        sentence = texts("fr", msgid)
        assert "'" not in sentence, sentence
        for mark in (" :", " ;", " !", " ?", "« ", " »", " %"):
            assert mark not in sentence, sentence


def test_an_administration_brings_its_colours_and_words(tmp_path: Path) -> None:
    theme = tmp_path / "theme.css"
    theme.write_text(":root { --accent: #000091; }")
    point = {"title": {"fr": "Ma mairie"}, "sensitive": True}
    settings = WidgetSettings.model_validate({"theme": str(theme), "entry_points": {"mairie": point}, "demo": False})
    paths = {route.path for route in routes(settings)}
    assert "/widget/theme.css" in paths and "/demo" not in paths
    found = payload(settings, "mairie", "fr", text_max=100, attachment_bytes=100)
    assert found and (found["title"], found["sensitive"]) == ("Ma mairie", True)
    assert payload(settings, "gendarmerie", "fr", text_max=100, attachment_bytes=100) is None
    with pytest.raises(Misconfigured, match="cannot read"):
        routes(WidgetSettings(theme=str(tmp_path / "missing.css")))


@pytest.mark.parametrize(
    "wrong",
    [
        {"entry_points": {"Mairie !": {}}},
        {"entry_points": {"mairie": {"title": {"pt": "Olá"}}}},
        {"frame_ancestors": ["https://a.fr; script-src *"]},
        {"exit_url": "javascript:alert(1)"},
        {"inactivity_minutes": 1},
        {"colour": "blue"},
    ],
)
def test_mistakes_of_an_administrator_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        WidgetSettings.model_validate(wrong)


async def test_only_the_named_sites_may_embed_the_chat(aiohttp_client: Any) -> None:
    app = web.Application()
    app.add_routes(routes(WidgetSettings(frame_ancestors=("https://www.example.fr",))))
    answer = await (await aiohttp_client(app)).get("/widget/frame")
    assert answer.headers["Content-Security-Policy"].endswith("frame-ancestors https://www.example.fr")
