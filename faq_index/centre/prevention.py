"""Campaigns outside our own pages: a JSON feed that any site, and the web chat, may read."""

from collections.abc import Sequence
from datetime import date

from faq_index.campaigns import Campaign
from faq_index.centre.shelf import Edition
from faq_index.centre.wording import wording


def running(edition: Edition, day: date, site: str, entry_point: str | None, drafts: bool) -> tuple[Campaign, ...]:
    """Those to show; ``drafts``: also what nobody has validated."""
    found = edition.campaigns.running(day, site, entry_point)
    return tuple(each for each in found if drafts or each.status == "validated")


def feed(campaigns: Sequence[Campaign], language: str, base: str) -> dict[str, object]:
    """The JSON document; ``base`` is our address as others see it."""
    return {"language": language, "campaigns": [_row(each, language, base) for each in campaigns]}


def _row(campaign: Campaign, language: str, base: str) -> dict[str, object]:
    code, message = campaign.message(language)
    row: dict[str, object] = {
        "id": campaign.id, "language": code, "title": message.title, "text": message.text, "status": campaign.status,
        "first": campaign.first.isoformat(), "last": campaign.last.isoformat(), "link": None,
        "entry_points": campaign.entry_points,
    }  # fmt: skip
    if campaign.question:
        address = f"{base}/{language}/question/{campaign.question}"
        row["link"] = {"text": message.link or wording(code)("Read more"), "url": address}
    return row
