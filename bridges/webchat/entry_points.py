"""Entry points: the page or campaign a conversation starts from, and what the widget is told about it."""

import re
from typing import Annotated, Any

from pydantic import AfterValidator, Field, HttpUrl

from bridges.webchat.wording import WIDGET, sentences
from brigade.config import Section
from brigade.texts import LANGUAGES, NAMES, supported

ATTACHMENT_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp", "application/pdf")
# Number, link, and the msgid of what it is for. The first three are the ones for somebody in danger.
EMERGENCY = (
    ("17", "tel:17", "Police, gendarmerie"),
    ("112", "tel:112", "All emergencies (Europe)"),
    ("114", "sms:114", "SMS"),
    ("15", "tel:15", "Medical"),
    ("18", "tel:18", "Fire brigade"),
    ("119", "tel:119", "Children in danger"),
    ("3919", "tel:3919", "Violence against women"),
)
DEFAULT = "gendarmerie"
_TITLES = {DEFAULT: "Digital brigade", "cybermalveillance": "Digital brigade"}
_WELCOMES = {
    "arretonslesviolences": (
        "You are in the right place. A gendarme trained to listen answers you in writing, day and night. "
        "You decide what you tell, and you can stay anonymous."
    ),
    "cybermalveillance": (
        "Victim of a scam, of hacking or of harassment online? A gendarme answers you in writing, day and night, "
        "and tells you what to do first."
    ),
}
# What an entry point says when it is not told otherwise: neutral words, since somebody may look over the shoulder.
_TITLE = "Messages"
_WELCOME = (
    "A gendarme answers you in writing, day and night. Say what happened or ask your question: you can stay anonymous."
)


def _name(name: str) -> str:
    if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", name):
        raise ValueError("must be 1 to 40 lower-case letters, digits or hyphens")
    return name


def _by_language(texts: dict[str, str]) -> dict[str, str]:
    if unknown := sorted(set(texts) - set(LANGUAGES)):
        raise ValueError(f"unknown language {unknown[0]!r}: choose among {', '.join(LANGUAGES)}")
    return texts


def _source(source: str) -> str:
    if not re.fullmatch(r"[^\s;,]+", source):
        raise ValueError("must be one origin such as https://www.example.fr, or a scheme such as https:")
    return source


Name = Annotated[str, AfterValidator(_name)]
Source = Annotated[str, AfterValidator(_source)]
ByLanguage = Annotated[dict[str, str], AfterValidator(_by_language)]


class EntryPoint(Section):
    """One page or campaign."""

    title: ByLanguage = Field({}, description="Title of the chat, by language code; ours when it is not given.")
    welcome: ByLanguage = Field({}, description="First words, by language code; ours when they are not given.")
    sensitive: bool = Field(False, description="Whether its visitors may be watched: quick exit from the first second.")


class WidgetSettings(Section):
    """The widget and the pages around it."""

    entry_points: dict[Name, EntryPoint] = Field(
        {
            DEFAULT: EntryPoint(),
            "arretonslesviolences": EntryPoint(sensitive=True),
            "cybermalveillance": EntryPoint(),
        },
        description="The entry points that host pages may name.",
    )
    exit_url: HttpUrl = Field(
        HttpUrl("https://fr.wikipedia.org/"),
        description="Where the quick exit leads: a neutral page that shows nothing personal or recent.",
    )
    frame_ancestors: tuple[Source, ...] = Field(
        ("https:", "http:"), description="Origins that may embed the chat, as in Content-Security-Policy."
    )
    inactivity_minutes: int = Field(15, ge=2, description="The transcript is covered after so long without a sign.")
    theme: str = Field("", description="Path of a style sheet that replaces the widget's colours.")
    campaigns_url: HttpUrl | None = Field(
        None, description="JSON feed of prevention messages shown before the chat; empty: the help centre's."
    )
    demo: bool = Field(True, description="Whether /demo is served.")


def payload(
    settings: WidgetSettings, name: str, language: str | None, *, text_max: int, attachment_bytes: int
) -> dict[str, Any] | None:
    """The JSON body of ``GET /api/v1/entry-points/{name}?lang=``; None for a name that is not configured."""
    entry = settings.entry_points.get(name)
    if entry is None:
        return None
    code = supported(language)
    return {
        "name": name,
        "language": code,
        "languages": [{"code": each, "name": NAMES[each]} for each in LANGUAGES],
        "title": title(name, entry, code),
        "welcome": entry.welcome.get(code) or WIDGET(code, _WELCOMES.get(name, _WELCOME)),
        "sensitive": entry.sensitive,
        "exit_url": str(settings.exit_url),
        "emergency": emergency(code),
        "texts": sentences(code),
        "limits": {
            "text_max": text_max,
            "attachment_bytes": attachment_bytes,
            "attachment_types": list(ATTACHMENT_TYPES),
        },
        "inactivity_minutes": settings.inactivity_minutes,
    }


def title(name: str, entry: EntryPoint, language: str) -> str:
    """The chat's title in ``language``; never a theme such as "violences", unless the administration wrote it."""
    return entry.title.get(language) or WIDGET(language, _TITLES.get(name, _TITLE))


def emergency(language: str) -> list[dict[str, str]]:
    """The numbers to call, in order, with what each is for."""
    return [{"number": number, "label": WIDGET(language, label), "href": href} for number, href, label in EMERGENCY]
