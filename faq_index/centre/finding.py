"""The search page, its instant results, and what is noted of a search that found nothing sure."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from faq_index.centre.site import Site, danger
from faq_index.centre.themes import order
from faq_index.centre.view import View
from faq_index.centre.wording import wording
from faq_index.search import Hit, Results

LONGEST = 300  # characters that are searched
_MOST, _INSTANT = 10, 6
_NEAR = 0.25  # of the best score: what is further off is only noise beside it
# Where a visitor whose words found nothing may begin: one question for each of the most visited themes.
STARTERS = (
    "urgence-quand-appeler-17", "plainte-plainte-en-ligne", "escroquerie-faux-colis", "banque-remboursement-fraude",
    "brigade-numerique-missions",
)  # fmt: skip


async def search(site: Site, words: str, language: str) -> Results:
    """Off the loop: others are served meanwhile."""
    found = await asyncio.to_thread(site.edition.faq.search, words[:LONGEST], language, _MOST)
    least = found.hits[0].score * _NEAR if found.hits else 0.0
    return replace(found, hits=tuple(hit for hit in found.hits if hit.score >= least))


def view(site: Site, words: str, language: str, found: Results) -> View:
    """The page of results; a quick exit when the first of them are of a sensitive theme."""
    t = wording(language)
    sure = found.confident and bool(found.hits)
    rows = [_row(site, hit, language) for hit in found.hits]
    values: dict[str, Any] = {
        "count": t.plural("{n} result", "{n} results", len(rows)), "cut": len(words) > LONGEST,
        "best": rows[0] if sure else None, "hits": rows[1:] if sure else rows,
        "starters": site.entries(STARTERS) or list(site.library.entries[:5]),
    }  # fmt: skip
    top = [hit.entry.theme for hit in found.hits[:3]]
    heading = t("Results for “{words}”", words=words[:60]) if words else t("Search")
    return View(
        language, "search", heading, "search.html.j2", values,
        indexed=False, shared=False, query=words[:LONGEST],
        sensitive=any(theme in order().sensitive for theme in top),
        entry_point=order().entry_point(top[0]) if top and sure else "gendarmerie",
        trail=((f"/{language}/", t("Home")),),
    )  # fmt: skip


def _row(site: Site, hit: Hit, language: str) -> Mapping[str, object]:
    return {
        "entry": hit.entry, "answer": hit.entry.answer(language), "emergency": danger(hit.entry, language),
        "theme": site.library.title(hit.entry.theme, language),
    }  # fmt: skip


def instant(found: Results, language: str) -> Sequence[Mapping[str, str]]:
    """The first few, for the script."""
    return [
        {
            "title": hit.entry.title(language), "href": f"/{language}/question/{hit.entry.id}",
            "lang": language if language == "fr" or language in hit.entry.translations else "fr",
        }
        for hit in found.hits[:_INSTANT]
    ]  # fmt: skip


def missed(words: str, found: Results) -> bool:
    """Whether editors should know of it: it was a question, and no answer was sure."""
    return not found.confident and any(character.isalpha() for character in words)
