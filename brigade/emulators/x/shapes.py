"""Messages in the platform's three shapes: Account Activity, Activity API, and the REST API's lists."""

import time
from typing import Any

from brigade.emulators.x.world import Event, Person, World


def escaped(text: str) -> str:
    """As the older payloads write text."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def message_create(event: Event) -> dict[str, Any]:
    """As both webhooks tell a message."""
    data: dict[str, Any] = {
        "text": escaped(event.text),
        "entities": {"hashtags": [], "symbols": [], "user_mentions": [], "urls": []},
    }
    if event.payload:
        data["quick_reply_response"] = {"type": "options", "metadata": event.payload}
    if event.media:
        data["attachment"] = {"type": "media", "media": event.media}
        data["text"] = f"{data['text']} {event.media['url']}".strip()
    create = {"target": {"recipient_id": event.recipient}, "sender_id": event.sender, "message_data": data}
    moment = str(int(event.at * 1000))
    return {"type": "message_create", "id": event.id, "created_timestamp": moment, "message_create": create}


def old_user(person: Person) -> dict[str, Any]:
    """In the Account Activity API."""
    return {
        "id": person.id, "created_timestamp": "1422556069340", "name": person.name, "screen_name": person.username,
        "protected": False, "verified": False, "followers_count": 0, "friends_count": 0, "statuses_count": 0,
        "profile_image_url": "http://abs.twimg.com/normal.png",
        "profile_image_url_https": "https://abs.twimg.com/normal.png",
    }  # fmt: skip


def user(person: Person) -> dict[str, Any]:
    """In the second version of the API."""
    return {"id": person.id, "name": person.name, "username": person.username}


def new_user(person: Person) -> dict[str, Any]:
    """In the Activity API."""
    more = {"verified": False, "verified_type": "none", "created_at": "2026-04-20T19:55:59.000Z"}
    return {"data": user(person) | more | {"profile_image_url": "https://abs.twimg.com/normal.png"}}


def dm_event(event: Event, fields: list[str], sender: bool) -> dict[str, Any]:
    """As the REST API lists a message."""
    found: dict[str, Any] = {"id": event.id, "event_type": "MessageCreate", "text": event.text}
    if sender:
        found["sender_id"] = event.sender
    if "created_at" in fields:
        found["created_at"] = iso(event.at)
    if "dm_conversation_id" in fields:
        found["dm_conversation_id"] = event.conversation
    if event.media:
        found["text"] = f"{event.text} {event.media['url']}".strip()
        if "attachments" in fields:
            found["attachments"] = {"media_keys": [event.media["media_key"]]}
        if "entities" in fields:
            shown = {"start": 0, "end": 1, "url": event.media["url"], "expanded_url": event.media["media_url_https"]}
            found["entities"] = {"urls": [shown]}
    return found


def media(event: Event) -> dict[str, Any]:
    """As ``includes.media`` shows it."""
    assert event.media
    return {"media_key": event.media["media_key"], "type": event.media["type"], "url": event.media["media_url_https"]}


def people(world: World, *ids: str) -> list[Person]:
    """Those that there are."""
    return [world.people[each] for each in ids if each in world.people]


def iso(at: float) -> str:
    """With milliseconds."""
    return time.strftime("%Y-%m-%dT%H:%M:%S.", time.gmtime(at)) + f"{int(at * 1000) % 1000:03d}Z"
