"""What a person's message holds: words, files to fetch, and what cannot be taken over, named in French for the team."""

from dataclasses import dataclass, field
from typing import Any

from brigade.post.channel import Remote

_FILES = ("image", "audio", "video", "file")
# The thumb in its three sizes (documented for stickers, 2026).
_THUMBS = {"369239263222822", "369239343222814", "369239383222810"}
_SHARED = {
    "reel": "une vidéo courte", "ig_reel": "une vidéo courte d’Instagram", "post": "une publication",
    "ig_post": "une publication d’Instagram", "share": "une publication", "fallback": "un lien",
    "template": "une fiche produit", "appointment_booking": "une demande de rendez-vous",
}  # fmt: skip


@dataclass(slots=True)
class Contents:
    """``notes``: French clauses for the team about what is not in ``text`` and ``files``."""

    text: str
    files: list[Remote] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


def contents(message: dict[str, Any]) -> Contents:
    """Of ``message`` as the platform tells it. Unknown kinds of attachment are named, never dropped in silence."""
    text = message.get("text")
    found = Contents(text if isinstance(text, str) else "")
    attachments = message.get("attachments")
    rows = [each for each in attachments if isinstance(each, dict)] if isinstance(attachments, list) else []
    stickers = {_sticker(each) for each in rows if each.get("type") == "sticker"}
    for each in rows:
        # Until August 2026 a sticker comes twice in one message: as a picture and as a sticker.
        if each.get("type") == "image" and _sticker(each) in stickers - {""}:
            continue
        _add(found, each)
    found.text = found.text.strip()
    return found


def _add(found: Contents, given: dict[str, Any]) -> None:
    kind = str(given.get("type"))[:40]
    payload = given.get("payload") if isinstance(given.get("payload"), dict) else {}
    assert isinstance(payload, dict)
    url = next((value for value in (payload.get("url"), given.get("url")) if isinstance(value, str)), "")
    title = str(payload.get("title") or given.get("title") or "")[:300]
    if _sticker(given) in _THUMBS:
        _line(found, "👍")
    elif kind in (*_FILES, "sticker") and url:
        found.files.append(Remote(url, _name(url)))
    elif kind == "location":
        _line(found, _place(payload, title, url))
    elif kind in _SHARED:
        shown = " ".join(part for part in (title, url) if part and part not in found.text)
        _line(found, shown)
        if not (shown or url):
            found.notes.append(f"Le citoyen a partagé {_SHARED[kind]} que Messenger ne transmet pas.")
    else:
        found.notes.append(f"Le citoyen a envoyé un contenu de genre « {kind} », qui n’est pas repris.")
        _line(found, url)


def _place(payload: dict[str, Any], title: str, url: str) -> str:
    at = payload.get("coordinates") if isinstance(payload.get("coordinates"), dict) else {}
    assert isinstance(at, dict)
    where = f"{at.get('lat')}, {at.get('long')}" if "lat" in at and "long" in at else ""
    return " ".join(part for part in ("📍", title, where, url) if part)


def _line(found: Contents, line: str) -> None:
    if line:
        found.text = f"{found.text}\n{line}".strip()


def _sticker(given: dict[str, Any]) -> str:
    payload = given.get("payload")
    return str(payload.get("sticker_id") or "") if isinstance(payload, dict) else ""


def _name(url: str) -> str:
    return url.partition("?")[0].rpartition("/")[2][:100]
