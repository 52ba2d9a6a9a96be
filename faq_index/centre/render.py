"""From a view to a page: templates, the words around, and the policy that a browser must keep it to."""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from pathlib import Path
from urllib.parse import urlsplit

from jinja2 import ChoiceLoader, Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from faq_index.campaigns import Campaign
from faq_index.centre.markup import dial
from faq_index.centre.page import PRIVATE, SHARED, Page
from faq_index.centre.settings import Settings
from faq_index.centre.view import View
from faq_index.centre.wording import NAMES, Wording, wording

TEMPLATES = Path(__file__).parent / "templates"
_POLICY = (
    "default-src 'none'; script-src 'self'{chat}{structured}; style-src 'self'; img-src 'self'; font-src 'self'; "
    "connect-src 'self'; frame-src {frames}; form-action 'self'; base-uri 'none'; frame-ancestors {ancestors}"
)


def menu(t: Wording) -> list[tuple[str, str]]:
    """The main menu: what follows the language in the address, and its name."""
    return [
        ("", t("Home")),
        ("safety", t("Protect yourself online")),
        ("easy/", t("Easy to read")),
        ("site-map", t("Site map")),
    ]


def foot(t: Wording) -> list[tuple[str, str]]:
    """The links at the end of every page."""
    return [
        ("accessibility", t("Accessibility: not assessed")),
        ("accessibility-plan", t("Accessibility plan")),
        ("privacy", t("Personal data")),
        ("legal", t("Legal notice")),
        ("contact", t("Contact")),
    ]


def emergency(t: Wording) -> list[tuple[str, str, str]]:
    """The numbers to call: number, address, what for."""
    return [
        ("17", "tel:17", t("Police, gendarmerie")),
        ("112", "tel:112", t("All emergencies (Europe)")),
        ("114", "sms:114", t("By text message, if you cannot speak or hear")),
        ("15", "tel:15", t("Medical")),
        ("18", "tel:18", t("Fire brigade")),
        ("119", "tel:119", t("Children in danger")),
        ("3919", "tel:3919", t("Violence against women")),
    ]


class Renderer:
    """Makes pages of views."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        folders = [settings.theme / "templates"] if settings.theme else []
        loader = ChoiceLoader([FileSystemLoader(folder) for folder in (*folders, TEMPLATES)])
        self._environment = Environment(
            loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )
        self._environment.globals |= {"dial": dial, "host": _host, "settings": settings, "names": NAMES}

    def page(self, view: View, campaigns: Sequence[Campaign] = ()) -> Page:
        """The page of that view, with the campaigns that run."""
        t = wording(view.language)
        shown = [_campaign(each, view.language, t) for each in campaigns if view.prevention]
        text = self.text(
            view.template,
            {
                "lang": view.language, "t": t, "page": _Shown(view), "menu": menu(t), "foot": foot(t),
                "emergency": emergency(t), "campaigns": shown,
            }
            | dict(view.values),
        )  # fmt: skip
        headers = {"Content-Security-Policy": self.policy(view.structured), "Content-Language": view.language}
        headers |= {"Cross-Origin-Opener-Policy": "same-origin"}
        return Page.of(text, headers=headers, status=view.status, cache=SHARED if view.shared else PRIVATE)

    def text(self, template: str, values: Mapping[str, object]) -> str:
        """A template filled in."""
        return self._environment.get_template(template).render(values)

    def policy(self, structured: str = "", ancestors: str = "'none'") -> str:
        """Nothing from anywhere but us and the web chat; ``structured`` is the one inline block."""
        chat = self.settings.chat_url
        digest = base64.b64encode(hashlib.sha256(structured.encode()).digest()).decode()
        return _POLICY.format(
            chat=f" {chat}" if chat else "",
            structured=f" 'sha256-{digest}'" if structured else "",
            frames=chat or "'none'",
            ancestors=ancestors,
        )


class _Shown:
    """A view as templates see it: its one block of JSON is not text to be escaped."""

    def __init__(self, view: View) -> None:
        self._view = view
        self.structured = Markup(view.structured)  # noqa: S704 - JSON without `<`, see structured.py

    def __getattr__(self, name: str) -> object:
        return getattr(self._view, name)


def _campaign(campaign: Campaign, language: str, t: Wording) -> dict[str, object]:
    code, message = campaign.message(language)
    href = f"/{language}/question/{campaign.question}" if campaign.question else ""
    link = message.link or t("Read more")
    return {
        "title": message.title,
        "text": message.text,
        "lang": code,
        "href": href,
        "link": link,
        "draft": campaign.status == "draft",
    }


def _host(address: str) -> str:
    return urlsplit(address).netloc.removeprefix("www.")
