"""The server's part of X Chat: it wraps what clients have encrypted into an event, in Thrift's binary protocol."""

import base64
import struct
from dataclasses import dataclass

_STRING, _STRUCT = 11, 12


class Struct:
    """A Thrift struct being written."""

    def __init__(self) -> None:
        self._bytes = b""

    def text(self, field: int, value: str) -> "Struct":
        """A string field."""
        data = value.encode()
        self._bytes += struct.pack(">bhi", _STRING, field, len(data)) + data
        return self

    def inner(self, field: int, value: bytes) -> "Struct":
        """A struct field, already written."""
        self._bytes += struct.pack(">bh", _STRUCT, field) + value
        return self

    def end(self) -> bytes:
        """The whole."""
        return self._bytes + b"\0"


@dataclass(frozen=True, slots=True)
class Envelope:
    """What the server says of an event: ``sequence`` is its own and not signed."""

    sequence: str
    message: str
    sender: str
    conversation: str
    token: str
    at_msec: str


def wrapped(envelope: Envelope, detail: bytes, signature: bytes) -> str:
    """A ``MessageEvent`` in base64; ``detail`` and ``signature`` are structs that a client made."""
    whole = Struct().text(1, envelope.sequence).text(2, envelope.message).text(3, envelope.sender)
    whole = whole.text(4, envelope.conversation).text(5, envelope.token).text(6, envelope.at_msec)
    return base64.b64encode(whole.inner(7, detail).inner(9, signature).end()).decode()


def created(create_event: str) -> bytes:
    """The detail of a message, from ``encoded_message_create_event``."""
    return Struct().inner(1, base64.b64decode(create_event)).end()


def signature(value: str, key_version: str, version: str) -> bytes:
    """Of an action that is signed in plain fields."""
    return Struct().text(1, value).text(2, key_version).text(3, version).end()
