"""What the postman hands to a platform: one message of the transcript, in as many parts as the platform needs."""

from dataclasses import dataclass
from typing import Any

from brigade.post.capabilities import Capabilities
from brigade.post.wording import numbered, split, texts
from brigade.transcript import Entry
from brigade.vocabulary import Prompt, PromptKind


@dataclass(frozen=True, slots=True)
class File:
    """An attachment; its bytes lie in the media folder under ``id``; ``size`` in bytes."""

    id: str
    name: str
    type: str
    size: int


@dataclass(frozen=True, slots=True)
class Parcel:
    """One message for a platform. ``key`` names it for ever: send it along where the platform allows, to recognise it.

    ``prompt``: options that the platform shows natively, under the last part; ``human``: a gendarme wrote it; ``edits``
    and ``deletes``: the remote id of the message that it changes or takes back; ``moves``: it invites to the web chat;
    ``emergency``: it says the numbers to call, and is never held back.
    """

    key: str
    seq: int
    part: int
    text: str
    language: str
    human: bool
    prompt: Prompt | None = None
    file: File | None = None
    event_id: str | None = None
    moves: bool = False
    edits: int | None = None
    deletes: int | None = None
    emergency: bool = False


def parcels(entry: Entry, can: Capabilities) -> list[Parcel]:
    """What has to be sent for one entry of the transcript; nothing for what the citizen said or need not be told."""
    said = entry.payload
    kind = said["type"]
    if kind == "message" and said.get("from") != "me" and not said.get("deleted"):
        return _message(entry, can)
    if kind == "edit":
        text = said["text"] if can.edit else texts(said.get("lang", "fr"), "Correction: {text}", text=said["text"])
        return [_parcel(entry, n, piece, edits=said["target"]) for n, piece in enumerate(split(text, can.length))]
    if kind == "delete" and can.delete:
        return [_parcel(entry, 0, "", deletes=said["target"])]
    return []


def _message(entry: Entry, can: Capabilities) -> list[Parcel]:
    said = entry.payload
    prompt = Prompt.parse(said.get("prompt"))
    native = prompt if prompt and 0 < _count(prompt) <= can.choices else None
    file = _file(said.get("attachment"))
    text = said["text"] if not file or said["text"] != file.name else ""
    if file and not can.media:
        text = f"{text}\n[{file.name}]".strip()
    if prompt and not native:
        text = numbered(text, prompt, said["lang"])
    texts = split(text, can.length) if text else []
    found = [_parcel(entry, n, piece) for n, piece in enumerate(texts)]
    if file and can.media:
        found.append(_parcel(entry, len(found), "", file=file))
    if native and found:
        last = found[-1]
        found[-1] = _parcel(entry, last.part, last.text, prompt=native, file=last.file)
    if said.get("moves") and found:
        found[-1] = _parcel(entry, found[-1].part, found[-1].text, moves=True)
    return found


def _parcel(entry: Entry, part: int, text: str, **more: Any) -> Parcel:
    said = entry.payload
    key = f"{entry.conversation_id}:{entry.seq}:{part}"
    human = said.get("from") == "gendarme"
    more["emergency"] = bool(said.get("emergency"))
    return Parcel(key, entry.seq, part, text, said.get("lang", "fr"), human, event_id=entry.event_id, **more)


def _count(prompt: Prompt) -> int:
    if prompt.options:
        return len(prompt.options)
    return (
        prompt.max - prompt.min + 1 if prompt.kind is PromptKind.SCALE and prompt.max and prompt.min is not None else 0
    )


def _file(given: Any) -> File | None:
    if not isinstance(given, dict):
        return None
    return File(str(given["id"]), str(given["name"]), str(given["type"]), int(given["size"]))
