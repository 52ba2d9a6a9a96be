"""The help centre as it is served, without a browser: every page in every language, and what it refuses."""

import asyncio
import base64
import hashlib
import json
import re
import shutil
from collections.abc import AsyncIterator
from datetime import date
from itertools import pairwise
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import html5lib
import pytest
from aiohttp.test_utils import TestClient, TestServer

from faq_index.centre import Centre, Feedback, Missed, Settings
from faq_index.centre.documents import EASY, NAMES
from faq_index.content import CONTENT, LANGUAGES, load

TRANSLATED = "urgence-quand-appeler-17"
# Translations come one by one: a question that is not yet answered in German.
FRENCH = next(e.id for e in load().entries if e.theme == "plainte" and not e.speaks("de") and len(e.id) < 40)
PATHS = [
    "", "theme/violences-conjugales", f"question/{TRANSLATED}", f"question/{FRENCH}", f"question/{FRENCH}/print",
    f"question/{TRANSLATED}/thanks", "search", "search?q=on+m'a+volé+mon+vélo", "search?q=自転車", "site-map", "easy/",
    *(f"easy/{name}" for name in EASY), *NAMES, "nothing-here",
]  # fmt: skip
TODAY = date(2026, 12, 1)


class Kept:
    """A journal that a test can look into."""

    def __init__(self) -> None:
        self.opinions: list[Feedback] = []
        self.queries: list[Missed] = []
        self.away = False

    async def feedback(self, given: Feedback) -> None:
        if self.away:
            raise ConnectionError("away")
        self.opinions.append(given)

    async def missed(self, missed: Missed) -> None:
        self.queries.append(missed)


@pytest.fixture(scope="module")
def journal() -> Kept:
    return Kept()


@pytest.fixture(scope="module")
async def client(journal: Kept) -> AsyncIterator[TestClient[Any, Any]]:
    settings = Settings(public_url="https://aide.example", chat_url="https://tchat.example")
    server = TestServer(Centre(settings, journal, lambda: TODAY).application())
    await server.start_server(max_line_size=65_536)  # as brigade.service does
    found = TestClient(server)
    yield found
    await found.close()


async def text(client: Any, path: str, status: int | None = None, **options: Any) -> str:
    async with client.get(path, allow_redirects=False, **options) as answer:
        assert status is None or answer.status == status, path
        return str(await answer.text())


@pytest.mark.parametrize("language", LANGUAGES)
async def test_A21_every_page_is_valid_complete_and_has_its_own_title(client: Any, language: str) -> None:
    titles = {}
    for path in PATHS:
        async with client.get(f"/{language}/{path}") as answer:
            page = await answer.text()
            assert answer.status == (404 if path == "nothing-here" else 200), path
            assert "Set-Cookie" not in answer.headers
        html5lib.HTMLParser(strict=True).parse(page)
        assert f'<html lang="{language}"' in page
        ids = re.findall(r'\sid="([^"]+)"', page)
        assert len(ids) == len(set(ids)), path
        assert page.count("<h1") == 1 and page.count("<main") == 1 and page.count("<footer") == 1
        for target in re.findall(r'href="#([^"]+)"', page):
            assert target in ids, (path, target)
        levels = [int(level) for level in re.findall(r"<h([1-6])", page)]
        assert all(after - before <= 1 for before, after in pairwise(levels)), (path, levels)
        titles[path] = re.search("<title>(.*?)</title>", page)[1]  # type: ignore[index]
    del titles[f"question/{FRENCH}/print"]
    assert len(set(titles.values())) == len(titles), titles


@pytest.mark.parametrize("language", LANGUAGES)
async def test_S17_A22_the_numbers_and_ways_to_reach_somebody_are_on_every_page(client: Any, language: str) -> None:
    blocks = set()
    for path in PATHS:
        page = await text(client, f"/{language}/{path}")
        for number in ("tel:17", "tel:112", "sms:114", "tel:15", "tel:18", "tel:119", "tel:3919"):
            assert f'href="{number}"' in page, (path, number)
        main, block, foot = page.index("</main>"), page.index('id="contact"'), page.index("<footer")
        assert main < block < foot
        blocks.add(page[block:foot])
    assert len(blocks) == 1, "not the same everywhere"


async def test_S11_no_page_names_a_third_party_that_a_browser_would_ask(client: Any) -> None:
    for path in PATHS:
        async with client.get(f"/fr/{path}") as answer:
            policy = answer.headers["Content-Security-Policy"]
            page = await answer.text()
        assert policy.startswith("default-src 'none';") and "unsafe" not in policy and "*" not in policy
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        loaded = re.findall(r'<(?:script|img|iframe|link rel="(?:stylesheet|icon)")[^>]*(?:src|href)="([^"]+)"', page)
        assert all(each.startswith(("/static/", "https://tchat.example/widget/")) for each in loaded), loaded
        assert " style=" not in page and " on" not in "".join(re.findall(r"<[a-z]+( on\w+=)", page))


async def test_structured_data_is_what_people_read_and_the_policy_allows_it(client: Any) -> None:
    async with client.get(f"/fr/question/{FRENCH}") as answer:
        page, policy = await answer.text(), answer.headers["Content-Security-Policy"]
    block = re.search(r'<script type="application/ld\+json">(.*?)</script>', page, re.DOTALL)
    assert block
    digest = base64.b64encode(hashlib.sha256(block[1].encode()).digest()).decode()
    assert f"'sha256-{digest}'" in policy
    data = json.loads(block[1])
    assert data["@type"] == "FAQPage" and data["creativeWorkStatus"] == "Draft"
    question = data["mainEntity"][0]
    assert question["name"] in page.replace("&#39;", "'")
    assert question["acceptedAnswer"]["text"].startswith("<p>")
    assert "ld+json" not in await text(client, f"/de/question/{FRENCH}"), "the German page has no German answer"


async def test_A23_what_is_not_translated_is_shown_in_French_and_says_so(client: Any) -> None:
    page = await text(client, f"/de/question/{FRENCH}")
    assert "noch nicht übersetzt" in page
    assert f'<a href="/fr/question/{FRENCH}" lang="fr" hreflang="fr">' in page
    assert re.search(r'<p class="short" lang="fr">\w', page)
    assert '<meta name="robots" content="noindex">' in page
    theme = await text(client, "/de/theme/plainte")
    assert f'href="/de/question/{FRENCH}"' in theme and "auf Französisch" in theme


async def test_a_draft_says_that_it_is_one(client: Any) -> None:
    assert "Brouillon, pas encore validé." in await text(client, f"/fr/question/{FRENCH}")


async def test_A24_the_five_easy_pages_are_there_and_marked_as_not_validated(client: Any) -> None:
    for name in EASY:
        page = await text(client, f"/fr/easy/{name}", 200)
        assert "ce n’est donc pas du FALC" in page and 'content="noindex"' in page
    assert "auf Französisch" in await text(client, "/de/easy/urgence", 200)


async def test_A25_results_are_counted_aloud_and_typos_are_understood(client: Any) -> None:
    page = await text(client, "/fr/search", 200, params={"q": "on ma vollé mon velo"})
    assert re.search(r'role="status">\d+ résultats?<', page)
    assert "/fr/question/cambriolage-velo-vole" in page
    async with client.get("/fr/search", params={"q": "vélo"}) as answer:
        assert answer.headers["Cache-Control"] == "no-store"


async def test_A25_no_result_leads_on(client: Any) -> None:
    page = await text(client, "/fr/search", 200, params={"q": "自転車が盗まれた"})
    assert 'role="status">0 résultat<' in page
    assert 'href="/fr/question/urgence-quand-appeler-17"' in page


async def test_A25_a_query_in_vain_is_counted_without_anything_that_says_who(client: Any, journal: Kept) -> None:
    journal.queries.clear()
    await text(client, "/fr/search", params={"q": "recette du kouglof de mamie@example.fr 06 12 34 56 78"})
    await text(client, "/fr/search", params={"q": "on m'a volé mon vélo"})
    await text(client, "/fr/search", params={"q": "12345 ???"})
    async with client.post("/fr/suggest", data="recette du kouglof") as answer:
        assert answer.status == 200
    assert journal.queries == [Missed("recette du kouglof de @ #", "fr")]


HOSTILE = [
    "", " ", "🚲" * 50, "x" * 10_000, "Вор украл", "自転車が盗まれた", "<script>alert(1)</script>", "' OR 1=1 --",
    "AND OR NOT (", "*:* ~~ ^^^", "../../etc/passwd", "\u202e\u0000\ufeff", "a:b:c [1 TO *]", "%%%", "{{7*7}}",
]  # fmt: skip


@pytest.mark.parametrize("words", HOSTILE)
async def test_bad_queries_are_answered_like_any_other(client: Any, words: str) -> None:
    for path in ("/fr/search", "/en/search", "/intranet/"):
        page = await text(client, path, 200, params={"q": words})
        html5lib.HTMLParser(strict="\u0000" not in words).parse(page)
        assert "<script>alert" not in page and "49" not in re.findall(r'value="([^"]*)"', page)
    async with client.post("/fr/suggest", data=words.encode()) as answer:
        assert answer.status == 200


async def test_A26_the_statement_the_plan_and_the_contact_exist_and_claim_nothing(client: Any) -> None:
    for language in LANGUAGES:
        home = await text(client, f"/{language}/")
        for name in ("accessibility", "accessibility-plan", "contact", "legal", "privacy"):
            assert f'href="/{language}/{name}"' in home
            assert f'lang="{language}"' in await text(client, f"/{language}/{name}", 200)
    assert "Accessibilité\u00a0: non évaluée" in await text(client, "/fr/")
    assert "Aucun audit n’a été fait" in await text(client, "/fr/accessibility")


async def test_A26_every_link_leads_somewhere(client: Any) -> None:
    """Every page that can be reached in French; in the other languages all but the questions."""
    todo, seen = ["/fr/"], {"/fr/"}
    while todo:
        path = todo.pop()
        async with client.get(path, allow_redirects=False) as answer:
            assert answer.status == (303 if path == "/exit" else 200), path
            page = await answer.text() if answer.content_type == "text/html" else ""
        for target in re.findall(r'href="(/[^"#]*)', page):
            target = target.replace("&amp;", "&")
            question = re.match(r"/(en|es|de|it)/question/", target)
            if target not in seen and not question:
                seen.add(target)
                todo.append(target)
    assert len(seen) > 300


async def test_S16_the_safety_page_promises_no_more_than_is_true(client: Any) -> None:
    page = await text(client, "/fr/safety")
    for said in (
        "n’efface pas l’historique",
        "logiciel espion",
        "navigation privée",
        "éveiller des soupçons",
        "revenir",
    ):
        assert said in page
    assert "aucune trace" not in page and "sans trace" not in page
    assert 'id="exit"' in page


async def test_S1_S2_sensitive_pages_begin_with_the_exit(client: Any) -> None:
    for path in ("theme/violences-conjugales", "question/conjugal-danger-immediat", "easy/violences-couple"):
        page = await text(client, f"/fr/{path}")
        assert page.index('<a id="exit"') < page.index('<a href="#content"'), "first in the order of tabs"
    found = await text(client, "/fr/search", params={"q": "mon mari me frappe"})
    assert 'id="exit"' in found
    assert 'id="exit"' not in await text(client, "/fr/theme/armes")


async def test_S5_the_exit_empties_the_origin_and_leaves(client: Any) -> None:
    async with client.get("/exit", allow_redirects=False) as answer:
        assert answer.status == 303 and answer.headers["Location"] == "https://fr.wikipedia.org/"
        assert '"storage"' in answer.headers["Clear-Site-Data"] and answer.headers["Cache-Control"] == "no-store"


async def test_an_opinion_is_kept_without_anything_that_says_who(client: Any, journal: Kept) -> None:
    journal.opinions.clear()
    form = {"helpful": "no", "why": "Trop long,\nappelez-moi au 06.12.34.56.78"}
    async with client.post(f"/de/question/{FRENCH}/feedback", data=form, allow_redirects=False) as answer:
        assert answer.status == 303
        thanks = answer.headers["Location"]
    assert 'role="status"' in await text(client, thanks, 200)
    assert journal.opinions == [Feedback(FRENCH, "de", False, "Trop long, appelez-moi au #")]


@pytest.mark.parametrize(
    ("path", "form", "headers", "status"),
    [
        (f"/fr/question/{FRENCH}/feedback", {"helpful": "yes"}, {"Sec-Fetch-Site": "cross-site"}, 403),
        (f"/fr/question/{FRENCH}/feedback", {"helpful": "yes"}, {"Origin": "https://evil.example"}, 403),
        (f"/fr/question/{FRENCH}/feedback", {"helpful": "maybe"}, {}, 400),
        (f"/fr/question/{FRENCH}/feedback", {}, {}, 400),
        (f"/fr/question/{FRENCH}/feedback", {"helpful": "no", "why": "x" * 5000}, {}, 429),
        ("/fr/question/nothing/feedback", {"helpful": "yes"}, {}, 404),
        ("/fr/suggest", {"q": "x"}, {"Sec-Fetch-Site": "same-site"}, 403),
    ],
)
async def test_bad_forms_are_refused_with_a_page(
    client: Any, journal: Kept, path: str, form: dict[str, str], headers: dict[str, str], status: int
) -> None:
    journal.opinions.clear()
    async with client.post(path, data=form, headers=headers) as answer:
        assert answer.status == status
        assert 'href="tel:17"' in await answer.text()
    assert journal.opinions == []


async def test_a_journal_that_is_away_is_said_to_be(client: Any, journal: Kept) -> None:
    journal.away = True
    async with client.post(f"/fr/question/{FRENCH}/feedback", data={"helpful": "yes"}) as answer:
        page = await answer.text()
    journal.away = False
    assert answer.status == 503 and "n’a pas pu être enregistré" in page


async def test_opinions_cannot_flood_the_journal(aiohttp_client: Any) -> None:
    kept = Kept()
    client = await aiohttp_client(Centre(Settings(feedback_per_minute=3), kept).application())
    answers = [await client.post(f"/fr/question/{FRENCH}/feedback", data={"helpful": "yes"}) for _ in range(6)]
    assert [answer.status for answer in answers].count(429) >= 2
    assert 3 <= len(kept.opinions) <= 4


async def test_the_language_is_the_browsers(client: Any) -> None:
    for wish, language in (("de-AT,en;q=0.5", "de"), ("pt,ja", "fr"), ("", "fr")):
        async with client.get("/", headers={"Accept-Language": wish}, allow_redirects=False) as answer:
            assert (answer.status, answer.headers["Location"]) == (302, f"/{language}/")


async def test_a_page_is_sent_compressed_or_plain_and_only_when_it_changed(client: Any) -> None:
    async with client.get("/fr/", headers={"Accept-Encoding": "identity"}) as plain:
        assert "Content-Encoding" not in plain.headers
        tag = plain.headers["ETag"]
        body = await plain.text()
    async with client.get("/fr/") as packed:
        assert packed.headers["Content-Encoding"] == "gzip" and await packed.text() == body
    async with client.get("/fr/", headers={"If-None-Match": tag}) as same:
        assert (same.status, await same.read()) == (304, b"")


async def test_the_maps_and_feeds_are_true(client: Any) -> None:
    tree = ElementTree.fromstring(await text(client, "/sitemap.xml", 200))
    places = {each.text or "" for each in tree.iter("{http://www.sitemaps.org/schemas/sitemap/0.9}loc")}
    assert f"https://aide.example/fr/question/{FRENCH}" in places
    assert f"https://aide.example/de/question/{FRENCH}" not in places, "not in German"
    assert f"https://aide.example/de/question/{TRANSLATED}" in places
    for place in [p for p in places if "/question/" not in p] + [f"https://aide.example/fr/question/{FRENCH}"]:
        await text(client, place.removeprefix("https://aide.example"), 200)
    for path in ("/fr/feed.atom", "/de/theme/plainte/feed.atom"):
        feed = ElementTree.fromstring(await text(client, path, 200))
        assert 1 < len(feed.findall("{http://www.w3.org/2005/Atom}entry")) <= 30
    await text(client, "/fr/theme/nothing/feed.atom", 404)
    assert "Sitemap: https://aide.example/sitemap.xml" in await text(client, "/robots.txt", 200)


async def test_the_block_for_staff_can_be_framed_where_the_administrator_says(aiohttp_client: Any) -> None:
    settings = Settings(frame_ancestors=("https://intranet.example",), public_url="https://aide.example")
    client = await aiohttp_client(Centre(settings).application())
    async with client.get("/intranet/", params={"q": "vélo volé", "lang": "en"}) as answer:
        page = await answer.text()
        assert answer.headers["Content-Security-Policy"].endswith("frame-ancestors https://intranet.example")
    copied = re.findall(r'data-copy="([^"]+)"', page)
    assert copied and all("https://aide.example/" in each for each in copied)
    async with client.get("/fr/") as answer:
        assert answer.headers["Content-Security-Policy"].endswith("frame-ancestors 'none'")


async def test_a_theme_replaces_file_by_file(aiohttp_client: Any, tmp_path: Path) -> None:
    for name, said in (
        ("templates/message.html.j2", "<h1>Mon thème</h1>"),
        ("static/theme.css", ":root{--accent:#000091}"),
    ):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(said)
    (tmp_path / "static/logo.png").write_bytes(b"\x89PNG")
    client = await aiohttp_client(Centre(Settings(theme=tmp_path)).application())
    assert await text(client, "/fr/nothing", 404) == "<h1>Mon thème</h1>"
    assert "#000091" in await text(client, "/static/theme.css", 200)
    assert "--accent" in await text(client, "/static/centre.css", 200)
    async with client.get("/static/logo.png") as answer:
        assert (answer.status, answer.content_type) == (200, "image/png")
    await text(client, "/static/../settings.py", 404)


async def test_changed_content_is_shown_without_a_restart_and_without_a_gap(
    aiohttp_client: Any, tmp_path: Path
) -> None:
    content = tmp_path / "content"
    content.mkdir()
    for name in ("plainte.yaml", "urgences.yaml"):
        shutil.copy(CONTENT / name, content / name)
    centre = Centre(Settings(content=content, reload_seconds=0.1))
    client = await aiohttp_client(centre.application())
    path = f"/fr/question/{FRENCH}"
    assert "Réponse toute neuve" not in await text(client, path, 200)
    file = content / "plainte.yaml"
    short = centre.shelf.edition.faq.library.by_id[FRENCH].short.split()[0]
    before = file.read_text(encoding="utf-8")
    at = before.index(short, before.index("short:", before.index(f"id: {FRENCH}")))
    file.write_text(before[:at] + "Réponse toute neuve. " + before[at:], encoding="utf-8")
    async with asyncio.timeout(60):
        while "Réponse toute neuve" not in await text(client, path, 200):
            await asyncio.sleep(0.05)
    file.write_text("entries: [", encoding="utf-8")
    async with asyncio.timeout(60):
        while "/fr/theme/plainte" in await text(client, "/fr/", 200):
            await asyncio.sleep(0.05)
    await text(client, "/fr/question/urgence-quand-appeler-17", 200)
