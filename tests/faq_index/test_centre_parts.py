"""What the help centre is made of: sentences in five languages, Markdown, easy pages, campaigns."""

import ast
import re
import string
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from babel.messages.pofile import read_po

from faq_index import campaigns, centre
from faq_index.campaigns import Campaigns
from faq_index.centre import Centre, Settings
from faq_index.centre.documents import EASY, NAMES, load
from faq_index.centre.journal import anonymous
from faq_index.centre.markup import callable_numbers, markdown
from faq_index.centre.themes import order
from faq_index.centre.wording import LOCALE
from faq_index.content import LANGUAGES
from faq_index.content import load as load_content

FOLDER = Path(centre.__file__).parent


def said() -> set[str]:
    """Every sentence that the code and the templates look up."""
    found = set()
    for file in (FOLDER / "templates").glob("*.j2"):
        found.update(re.findall(r"""\bt\(\s*["'](.+?)["']\s*[,)]""", file.read_text(encoding="utf-8")))
    for file in FOLDER.glob("*.py"):
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and re.fullmatch(r"t|t\.plural|wording\(\w+\)", ast.unparse(node.func)):
                arguments = node.args[:2] if ast.unparse(node.func) == "t.plural" else node.args[:1]
                found.update(each.value for each in arguments if isinstance(each, ast.Constant))
    return found


def catalogue(language: str) -> dict[str, tuple[str, ...]]:
    with (LOCALE / language / "LC_MESSAGES" / "centre.po").open("rb") as file:
        messages = [message for message in read_po(file, locale=language, abort_invalid=True) if message.id]
    found: dict[str, tuple[str, ...]] = {}
    for message in messages:
        ids = message.id if isinstance(message.id, tuple | list) else (message.id,)
        texts = message.string if isinstance(message.string, tuple | list) else (message.string,)
        found |= dict.fromkeys(ids, tuple(texts))
    return found


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_is_said_in_five_languages_and_no_other_is_kept(language: str) -> None:
    known = catalogue(language)
    assert said() == set(known)
    for sentence, texts in known.items():
        assert all(text and fields(text) <= fields(sentence) for text in texts), sentence


def test_French_is_set_as_French_is() -> None:
    wrong = re.compile(r"\w'\w|[\w»)](?<!http)(?<!https)[:;!?](\s|$)|\w [:;!?»](\s|$)|« ")
    texts = [text for found in catalogue("fr").values() for text in found]
    pages = [document.body for (_, code), document in load().pages.items() if code == "fr"]
    pages += [document.body for document in load().easy.values()]
    found = [text for text in texts if wrong.search(text)]
    found += [line for page in pages for line in page.splitlines() if wrong.search(re.sub(r"\]\([^)]*\)", "]", line))]
    assert not found


def test_the_texts_are_there_in_five_languages() -> None:
    documents = load()
    assert documents.problems == ()
    assert {(name, code) for name in NAMES for code in LANGUAGES} == set(documents.pages)
    assert set(EASY) == set(documents.easy)
    known = load_content().by_id
    for document in [*documents.pages.values(), *documents.easy.values()]:
        assert all(key in known for key in document.head.related), document.path


HEAD = "---\ntitle: Aide\nupdated: 2026-11-22\nstatus: {status}\npublished: {published}\n{more}---\nAppelez le 17.\n"
KNOWN = "validated_by: Nous Aussi\nvalidated_on: 2026-12-01\n"


@pytest.mark.parametrize(
    ("status", "published", "more", "wrong"),
    [
        ("draft", "false", "", None),
        ("validated", "true", KNOWN, None),
        ("draft", "true", "", "published needs validated_by and validated_on"),
        ("validated", "true", "validated_by: Nous Aussi\n", "published needs validated_by and validated_on"),
        ("validated", "false", "", "go together"),
        ("draft", "false", KNOWN, "go together"),
        ("finished", "false", "", "status"),
        ("draft", "false", "colour: blue\n", "colour"),
    ],
)
def test_A24_an_easy_page_is_not_published_without_who_and_when(
    tmp_path: Path, status: str, published: str, more: str, wrong: str | None
) -> None:
    (tmp_path / "falc").mkdir()
    (tmp_path / "falc/aide.md").write_text(HEAD.format(status=status, published=published, more=more))
    problems = load(tmp_path).problems
    assert [str(problem) for problem in problems if wrong is None] == []
    assert wrong is None or any(wrong in problem.message for problem in problems)


def test_a_text_without_its_head_is_told_with_its_path(tmp_path: Path) -> None:
    (tmp_path / "falc").mkdir()
    (tmp_path / "falc/aide.md").write_text("Bonjour")
    (tmp_path / "falc/latin.md").write_bytes(b"---\ntitle: \xe9\n---\n")
    assert [problem.path.name for problem in load(tmp_path).problems] == ["aide.md", "latin.md"]


@pytest.mark.parametrize(
    ("text", "html"),
    [
        ("a <b onclick=x>b</b> & c", "<p>a &lt;b onclick=x&gt;b&lt;/b&gt; &amp; c</p>\n"),
        ("[x](javascript:alert)", "<p>[x](javascript:alert)</p>\n"),
        ("[x](data:text/html,x)", "<p>[x](data:text/html,x)</p>\n"),
        ("[17](tel:17)", '<p><a href="tel:17">17</a></p>\n'),
        ("[s](https://a.fr/?a=1&b=2)", '<p><a href="https://a.fr/?a=1&amp;b=2" rel="noreferrer external">s</a></p>\n'),
        ("![x](https://a.fr/x.png)", '<p>!<a href="https://a.fr/x.png" rel="noreferrer external">x</a></p>\n'),
        ("# Titre\n## Sous", "<h3>Titre</h3>\n<h4>Sous</h4>\n"),
    ],
)
def test_editors_markdown_is_safe(text: str, html: str) -> None:
    assert markdown(text) == html


def test_numbers_in_an_emergency_can_be_pressed_and_others_are_left() -> None:
    found = callable_numbers("Appelez le 17 ou le 112, SMS au 114, pas avant 18 ans, ni à 17 h, <b>1120</b>, 116 000.")
    assert re.findall('href="([^"]+)"', found) == ["tel:17", "tel:112", "sms:114", "tel:116000"]
    assert "&lt;b&gt;" in found


def test_nothing_that_says_who_is_kept() -> None:
    text = "je suis ada@example.fr\n\u202e06 12 34 56 78, carte 4970-1234, 17 ou 3919"
    assert anonymous(text, 100) == "je suis @ #, carte #, 17 ou 3919"
    assert len(anonymous("mot " * 500, 120)) == 120


def test_every_theme_has_its_place() -> None:
    library = load_content()
    placed = [theme for group in order().groups for theme in group.themes]
    assert len(placed) == len(set(placed))
    assert set(placed) == set(library.themes)
    assert order().sensitive | set(order().chat) <= set(library.themes)
    for group in order().groups:
        assert set(group.title) == set(LANGUAGES)


def test_the_campaigns_that_ship_are_whole() -> None:
    found = campaigns.load(None, load_content().by_id)
    assert found.problems == () and len(found.all) >= 3
    for campaign in found.all:
        assert set(campaign.messages) == set(LANGUAGES)
        assert campaign.status == "draft", "nobody has validated it"


CAMPAIGN: dict[str, Any] = {
    "first": "2026-12-01", "last": "2026-12-31", "sites": "[help-centre, chat]", "status": "draft",
    "messages": "{fr: {title: Attention, text: Fermez à clé.}}",
}  # fmt: skip


def written(folder: Path, **more: str) -> Campaigns:
    lines = [f"{key}: {value}" for key, value in (CAMPAIGN | more).items()]
    (folder / "essai.yaml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return campaigns.load(folder, {"known": 1})


def test_a_campaign_runs_from_its_first_to_its_last_day_where_it_should(tmp_path: Path) -> None:
    found = written(tmp_path, entry_points="[gendarmerie]")
    days = [date(2026, 11, 30), date(2026, 12, 1), date(2026, 12, 31), date(2027, 1, 1)]
    assert [len(found.running(day, "chat")) for day in days] == [0, 1, 1, 0]
    assert found.running(days[1], "partners") == ()
    assert found.running(days[1], "chat", "arretonslesviolences") == ()
    assert found.running(days[1], "chat", "gendarmerie")[0].message("de")[0] == "fr"


@pytest.mark.parametrize(
    ("more", "wrong"),
    [
        ({"last": "2026-01-01"}, "essai.yaml:2: error: must not be before"),
        ({"last": "demain"}, "essai.yaml:2: error: last"),
        ({"sites": "[television]"}, "essai.yaml:3: error: sites.0"),
        ({"messages": "{en: {title: Hello, text: Lock up.}}"}, "needs the French text"),
        ({"messages": "{fr: {title: " + "x" * 81 + ", text: y}}"}, "messages.fr.title"),
        ({"status": "validated"}, "go together"),
        ({"question": "unknown"}, "leads to “unknown”"),
        ({"colour": "blue"}, "colour"),
        ({"messages": "{"}, "is not valid YAML"),
    ],
)
def test_a_mistake_in_a_campaign_is_told_with_its_line(tmp_path: Path, more: dict[str, str], wrong: str) -> None:
    found = written(tmp_path, **more)
    assert found.all == ()
    assert any(wrong in str(problem) for problem in found.problems), [str(problem) for problem in found.problems]


async def test_the_feed_says_what_runs_and_any_site_may_read_it(aiohttp_client: Any, tmp_path: Path) -> None:
    written(tmp_path, sites="[partners, chat]", question="plainte-en-brigade")
    day = date(2026, 12, 24)
    app = Centre(Settings(public_url="https://aide.example", campaigns=tmp_path), today=lambda: day).application()
    client = await aiohttp_client(app)
    answer = await client.get("/campaigns.json", params={"lang": "de"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    document = await answer.json()
    (row,) = document["campaigns"]
    assert (row["title"], row["language"], row["status"]) == ("Attention", "fr", "draft")
    assert row["link"] == {"text": "En savoir plus", "url": "https://aide.example/de/question/plainte-en-brigade"}
    assert (await (await client.get("/campaigns.json?site=help-centre")).json())["campaigns"] == []
    strict = Centre(Settings(campaigns=tmp_path, drafts=False), today=lambda: day).application()
    validated_only = await aiohttp_client(strict)
    assert (await (await validated_only.get("/campaigns.json")).json())["campaigns"] == []
