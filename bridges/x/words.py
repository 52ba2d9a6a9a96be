"""What a message holds, without what X adds: escaped letters, shortened links, the link of the picture."""

import html
import re
from dataclasses import asdict, dataclass, field
from typing import Any, Self

_TON = re.compile(
    r"^https?://ton\.(?:twitter|x)\.com/(?:1\.1/ton|i/ton)/data/dm/(\d{1,19})/(\d{1,19})/([\w.-]{1,200})$"
)


@dataclass(slots=True)
class Words:
    """``files``: addresses of what is attached; ``payload``: of the reply that they tapped; ``notes``: French clauses
    for the team about what is not here.
    """

    text: str
    files: list[str] = field(default_factory=list)
    payload: str = ""
    notes: list[str] = field(default_factory=list)

    def stored(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)

    @classmethod
    def of(cls, stored: dict[str, Any]) -> Self:
        """From what ``stored`` made."""
        return cls(stored["text"], stored["files"], stored["payload"], stored["notes"])


def of_create(create: dict[str, Any]) -> Words:
    """Of ``message_create``, as the webhooks tell it: its text is escaped as in HTML."""
    data = create.get("message_data")
    data = data if isinstance(data, dict) else {}
    attachment = data.get("attachment")
    media = attachment.get("media") if isinstance(attachment, dict) else None
    found = Words(_plain(data.get("text"), data.get("entities"), [media] if isinstance(media, dict) else []))
    found.text = html.unescape(found.text) if "&" in found.text else found.text
    if isinstance(media, dict):
        _add(found, media, media.get("media_url_https") or media.get("media_url"))
    elif attachment:
        found.notes.append("Le citoyen a joint un contenu que X ne nous transmet pas.")
    reply = data.get("quick_reply_response")
    found.payload = str(reply.get("metadata") or "") if isinstance(reply, dict) else ""
    return found


def of_list(raw: dict[str, Any], media: dict[str, dict[str, Any]]) -> Words:
    """Of an event of the REST API; ``media``: what came with the list, by media key."""
    attachments = raw.get("attachments")
    keys = attachments.get("media_keys") if isinstance(attachments, dict) else None
    keys = [str(key) for key in keys] if isinstance(keys, list) else []
    shown = [media.get(key, {}) for key in keys]
    found = Words(_plain(raw.get("text"), raw.get("entities"), shown))
    if keys:  # the link at the end is the picture's
        found.text = re.sub(r"\s*https://t\.co/\w+$", "", found.text)
    for each in shown:
        _add(found, each, each.get("url"))
    return found


def _add(found: Words, media: dict[str, Any], url: Any) -> None:
    kind = str(media.get("type") or "photo")
    if kind != "photo" and not isinstance(media.get("video_info"), dict) and not url:
        found.notes.append("Le citoyen a envoyé une vidéo : demandez-lui de la décrire.")
    elif isinstance(url, str) and url:
        found.files.append(url)
    else:
        found.notes.append("Le citoyen a joint une image que X ne nous transmet pas.")


def _plain(text: Any, entities: Any, media: list[dict[str, Any]]) -> str:
    """Links as they were written; without those of ``media``."""
    said = text if isinstance(text, str) else ""
    own = {str(each.get("url")) for each in media}
    for each in own:
        if each.startswith("https://t.co/"):
            said = said.replace(each, "")
    urls = entities.get("urls") if isinstance(entities, dict) else None
    for each in urls if isinstance(urls, list) else []:
        if isinstance(each, dict) and isinstance(each.get("url"), str) and isinstance(each.get("expanded_url"), str):
            is_media = bool(_TON.match(each["expanded_url"])) or "/messages/media/" in each["expanded_url"]
            said = said.replace(each["url"], "" if is_media and media else each["expanded_url"])
    return said.strip()


def is_of_x(url: str) -> bool:
    """Whether it is a file of X's, for which our authorisation is good."""
    return bool(_TON.match(url))


def by_api(api: str, url: str) -> str:
    """The API's route to a file of X's, which takes OAuth 2; OAuth 1.0a is for the address itself."""
    found = _TON.match(url)
    return f"{api}/2/dm_conversations/media/{found[1]}/{found[2]}/{found[3]}" if found else url


def by_address(emulator: str, url: str) -> str:
    """Where an emulator keeps a file of X's."""
    found = _TON.match(url)
    return f"{emulator}/1.1/ton/data/dm/{found[1]}/{found[2]}/{found[3]}" if found else url
