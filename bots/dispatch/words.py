"""The desk's French: what operators read on cards, sheets and in notes."""

from datetime import datetime
from zoneinfo import ZoneInfo

from brigade.vocabulary import Urgency

URGENCIES = {Urgency.EMERGENCY: "URGENCE", Urgency.PRIORITY: "PRIORITAIRE", Urgency.NORMAL: "Normale"}
LANGUAGES = {"fr": "français", "en": "anglais", "es": "espagnol", "de": "allemand", "it": "italien"}
CHANNELS = {"webchat": "tchat", "messenger": "Messenger", "x": "X", "form": "formulaire"}
DEPARTURES = {"exit": "Le citoyen a quitté (sortie rapide)", "finish": "Le citoyen a mis fin à la conversation"}


def language(code: str) -> str:
    """A language's name."""
    return LANGUAGES.get(code, code)


def channel(name: str) -> str:
    """A channel's name."""
    return CHANNELS.get(name, name)


def departure(reason: object) -> str:
    """How the citizen left."""
    return DEPARTURES.get(str(reason), "Le citoyen a quitté la conversation")


def moment(opened_at: str) -> float:
    """Seconds since 1970 of a time of the contract (RFC 3339); 0 when it cannot be read."""
    try:
        return datetime.fromisoformat(opened_at).timestamp()
    except ValueError:
        return 0.0


def hour(at: float, zone: ZoneInfo) -> str:
    """``14 h 05``; with the day, since a card may stay overnight: ``22/11 à 14 h 05``."""
    return datetime.fromtimestamp(at, zone).strftime("%d/%m à %H h %M")


def duration(seconds: float) -> str:
    """``45 s``, ``12 min``, ``2 h 05``."""
    whole = max(0, round(seconds))
    if whole < 60:
        return f"{whole} s"
    minutes = whole // 60
    return f"{minutes} min" if minutes < 60 else f"{minutes // 60} h {minutes % 60:02}"
