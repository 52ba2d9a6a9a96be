"""How every state looks to eyes, to zoom, to other colours, and to axe."""

from typing import Any

import pytest
from axe_playwright_python.async_playwright import Axe
from playwright.async_api import expect

LANGUAGES = ("fr", "en", "es", "de", "it")
# Not a matter of a frame: the host page has its own headings, landmarks and skip links.
RULES = {"rules": {"region": {"enabled": False}}, "resultTypes": ["violations"]}


async def full(visitor: Any) -> None:
    """A conversation with something of everything."""
    options = [{"id": str(number), "label": f"Choix {number}"} for number in range(3)]
    await visitor.writes("Bonjour")
    await visitor.gets("Lequel ?", sender="assistant", prompt={"id": "c", "kind": "choice", "options": options})
    prompt = {"id": "s", "kind": "scale", "options": [], "min": 0, "max": 10}
    await visitor.gets("Combien ?", sender="assistant", prompt=prompt)
    await visitor.gets("Appelez", sender="assistant", emergency=True)
    file = {"id": "a" * 32, "name": "plan.pdf", "type": "application/pdf", "size": 123456}
    await visitor.desk.say(visitor.conversation, "plan.pdf", attachment=file)
    await visitor.desk.hint(visitor.conversation, type="typing", typing=True)
    await expect(visitor["#typing"]).to_be_visible()


async def error(visitor: Any) -> None:
    await visitor["#text"].press("Enter")
    await expect(visitor["#composer-error"]).to_be_visible()


async def offline(visitor: Any) -> None:
    await visitor.in_frame("() => { offline.hidden = false; offline.textContent = 'x'; }")


async def ended(visitor: Any) -> None:
    await visitor.desk.tell(visitor.conversation, type="status", state="closed")
    await expect(visitor["#rating"]).to_be_visible()


async def idle(visitor: Any) -> None:
    await visitor.page.clock.fast_forward(14 * 60_000 + 1000)
    await expect(visitor["#idle"]).to_be_visible()


async def cover(visitor: Any) -> None:
    await visitor.page.clock.fast_forward(16 * 60_000)
    await expect(visitor["#cover"]).to_be_visible()


async def advice(visitor: Any) -> None:
    await visitor["#safety"].click()


async def finishing(visitor: Any) -> None:
    await visitor["#finish"].click()


async def done(visitor: Any) -> None:
    await finishing(visitor)
    await visitor["#finish-yes"].click()


async def queue(visitor: Any) -> None:
    await visitor.desk.hint(visitor.conversation, type="status", state="waiting", position=3, wait_minutes=5)
    await expect(visitor["#place"]).to_contain_text("3")


STATES = {f.__name__: f for f in (queue, full, error, offline, idle, cover, ended, advice, finishing, done)}


async def at(visitor: Any, state: str) -> None:
    """Brings a fresh visitor's chat into a state."""
    if state in ("idle", "cover"):
        await visitor.page.clock.install()
    if state == "down":
        await visitor.page.route("**/entry-points/**", lambda route: route.abort())
    if state in ("form", "down"):
        await visitor.opens()
        await visitor.in_frame("() => { options.open = true; }")
    elif state != "closed":
        await visitor.starts()
        await STATES[state](visitor)


async def violations(place: Any) -> list[str]:
    results = await Axe().run(place, options=RULES)
    return [f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in results.response["violations"]]


@pytest.mark.parametrize("state", ["closed", "form", "down", *STATES])
async def test_A20_axe_finds_nothing(visit: Any, state: str) -> None:
    visitor = await visit("/demo/victimes", bypass_csp=True)
    await at(visitor, state)
    place = visitor.page if state == "closed" else visitor.page.frames[1]
    for language in LANGUAGES if state not in ("closed", "down", "cover") else ("fr",):
        if language != "fr":
            await visitor["#language"].select_option(language)
            await expect(visitor["html"]).to_have_attribute("lang", language)
        for theme in ("light", "dark"):
            await visitor.page.emulate_media(color_scheme=theme)
            assert await violations(place) == [], (language, theme)
    visitor.complaints.clear()


@pytest.mark.parametrize("language", LANGUAGES)
async def test_A20_axe_finds_nothing_on_the_demo_page(visit: Any, language: str) -> None:
    visitor = await visit("/demo" if language == "fr" else f"/demo/{language}", bypass_csp=True)
    for theme in ("light", "dark"):
        await visitor.page.emulate_media(color_scheme=theme)
        assert await violations(visitor.page) == []


@pytest.mark.parametrize("state", ["form", *STATES])
async def test_A13_nothing_is_cut_at_320_by_256_with_large_and_spaced_text(visit: Any, state: str) -> None:
    visitor = await visit(size=(320, 256))
    await at(visitor, state)
    for style in (
        "",
        "html{font-size:200%}",
        "*{line-height:1.5!important;letter-spacing:.12em!important;word-spacing:.16em!important}",
    ):
        await visitor.in_frame(
            """css => { const sheet = new CSSStyleSheet();
                sheet.replaceSync(css);
                document.adoptedStyleSheets = [sheet]; }""",
            style,
        )
        wide = await visitor.in_frame(
            """() => [...document.body.querySelectorAll("*")].filter(each => {
                const box = each.getBoundingClientRect();
                return box.width > 1 && box.height > 1 && (box.right > innerWidth + 1 || box.left < -1)
                    && !each.closest(".unseen");
            }).map(each => each.outerHTML.slice(0, 100))"""
        )
        assert wide == [], style
        hidden = await visitor.in_frame(
            """() => [...document.querySelectorAll("button, a, input, textarea, select, label, p, h2")].filter(each => {
                if (!each.getClientRects().length || each.matches(".skip")) return false;
                each.scrollIntoView({block: "center"});
                const box = each.getBoundingClientRect();
                return box.bottom < 0 || box.top > innerHeight;
            }).map(each => each.outerHTML.slice(0, 100))"""
        )
        assert hidden == [], style


async def test_A12_focus_is_visible_on_every_control(visit: Any) -> None:
    visitor = await visit()
    await visitor.starts()
    seen = 0
    for _ in range(60):
        await visitor.page.keyboard.press("Tab")
        if not await visitor.in_frame("() => document.hasFocus() && document.activeElement !== document.body"):
            continue
        outline = await visitor.in_frame(
            """() => { const style = getComputedStyle(document.activeElement);
                return [style.outlineStyle, parseFloat(style.outlineWidth)]; }"""
        )
        assert outline[0] == "solid" and outline[1] >= 2
        seen += 1
    assert seen > 10


@pytest.mark.parametrize("scheme", ["light", "dark"])
async def test_A12_colours_of_controls_and_focus_stand_out(visit: Any, scheme: str) -> None:
    visitor = await visit(color_scheme=scheme)
    await visitor.opens()
    colours = await visitor.in_frame(
        """() => Object.fromEntries(["ground", "surface", "text", "soft", "line", "accent", "on-accent", "bar",
            "on-bar", "mine", "urgent", "on-urgent", "exit", "on-exit", "warning", "on-warning", "focus"].map(name => {
                const probe = document.body.appendChild(document.createElement("i"));
                probe.style.color = `var(--${name})`;
                const rgb = getComputedStyle(probe).color.match(/\\d+/g).map(Number);
                probe.remove();
                return [name, rgb]; }))"""
    )

    def light(name: str) -> float:
        parts = [c / 255 for c in colours[name][:3]]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    def contrast(one: str, two: str) -> float:
        high, low = sorted((light(one), light(two)), reverse=True)
        return (high + 0.05) / (low + 0.05)

    texts = [("text", "ground"), ("text", "surface"), ("text", "mine"), ("soft", "ground"), ("soft", "surface")]
    texts += [
        ("soft", "mine"),
        ("accent", "surface"),
        ("on-accent", "accent"),
        ("on-bar", "bar"),
        ("on-urgent", "urgent"),
    ]
    texts += [("on-exit", "exit"), ("on-warning", "warning"), ("on-urgent", "surface")]
    assert {pair: round(contrast(*pair), 2) for pair in texts if contrast(*pair) < 4.5} == {}
    marks = [("line", "surface"), ("line", "ground"), ("focus", "surface"), ("focus", "ground"), ("accent", "ground")]
    assert {pair: round(contrast(*pair), 2) for pair in marks if contrast(*pair) < 3} == {}


async def test_A12_forced_colours_keep_every_border_and_difference(visit: Any) -> None:
    visitor = await visit(forced_colors="active")
    await visitor.starts()
    mine = await visitor.writes("Allô ?")
    theirs = await visitor.gets("Bonjour")
    width = "each => parseFloat(getComputedStyle(each).borderLeftWidth)"
    assert await mine.evaluate(width) > await theirs.evaluate(width) > 0
    assert await visitor["#send"].evaluate(width) > 0 and await visitor["#exit"].evaluate(width) > 0


async def test_A18_nothing_moves_by_itself(visit: Any) -> None:
    visitor = await visit(reduced_motion="reduce")
    await visitor.starts()
    await visitor.gets("Bonjour")
    moving = "document.getAnimations().length + document.querySelectorAll('audio, video, marquee').length"
    assert [await frame.evaluate(moving) for frame in visitor.page.frames] == [0, 0]


@pytest.mark.parametrize("state", ["form", "down", *STATES])
async def test_S17_the_numbers_are_links_in_every_state(visit: Any, state: str) -> None:
    visitor = await visit()
    await at(visitor, state)
    strip = visitor["#emergency"]
    await expect(strip).to_contain_text("n’est pas un service d’urgence")
    for number in ("tel:17", "tel:112", "sms:114", "tel:15", "tel:18", "tel:119", "tel:3919"):
        link = strip.locator(f'a[href="{number}"]')
        await expect(link).to_be_in_viewport(ratio=1)
        box = await link.bounding_box()
        assert box["width"] >= 24 and box["height"] >= 24
    visitor.complaints.clear()


async def test_S17_without_javascript_the_numbers_and_the_exit_remain(visit: Any, neighbour: dict[str, Any]) -> None:
    visitor = await visit("/widget/frame", java_script_enabled=False)
    for number in ("tel:17", "tel:112", "sms:114", "tel:15", "tel:18", "tel:119", "tel:3919"):
        await expect(visitor.page.locator(f'a[href="{number}"]')).to_be_visible()
    await visitor.page.locator("#exit").click()
    await visitor.page.wait_for_url(neighbour["url"] + "/neutral")


async def test_the_frame_opened_alone_is_a_whole_chat(visit: Any, neighbour: dict[str, Any]) -> None:
    visitor = await visit("/widget/frame")
    await visitor.page.locator("#go").click()
    await visitor.page.locator("#text").fill("Bonjour")
    await visitor.page.keyboard.press("Enter")
    await expect(visitor.page.locator(".message.me")).to_contain_text("Envoyé")
    await visitor.page.locator("#exit").click()
    await visitor.page.wait_for_url(neighbour["url"] + "/neutral")
