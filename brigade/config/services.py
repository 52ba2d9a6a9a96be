"""The application services that the homeserver knows: one for each bridge, one for all bots."""

import re
from dataclasses import dataclass
from pathlib import Path

from brigade.errors import Misconfigured

BOTS = "bots"
HELP_CENTRE = "faq"  # a process without an application service: it never speaks in a room
EMULATE = "emulate"  # the process of all emulators, beside what is being tried
BOT_LOCALPART = "brigade"


@dataclass(frozen=True, slots=True)
class Tokens:
    """What authenticates us to the homeserver (``as_token``) and the homeserver to us (``hs_token``)."""

    as_token: str
    hs_token: str


@dataclass(frozen=True, slots=True)
class Service:
    """One application service: ``sender`` is its user's localpart, ``url`` where the homeserver pushes events."""

    id: str
    sender: str
    server_name: str
    url: str
    secrets: Path
    ghost_prefix: str | None
    aliases: tuple[str, ...] = ()

    @property
    def user_id(self) -> str:
        """The service's own Matrix user."""
        return f"@{self.sender}:{self.server_name}"

    @property
    def user_patterns(self) -> list[str]:
        """Exclusive user namespaces, as regular expressions."""
        names = [re.escape(self.sender)] + ([re.escape(self.ghost_prefix) + ".*"] if self.ghost_prefix else [])
        return [f"@{name}:{re.escape(self.server_name)}" for name in names]

    @property
    def alias_patterns(self) -> list[str]:
        """Exclusive alias namespaces, as regular expressions."""
        # A service may only make aliases that it has reserved.
        names = [re.escape(alias) for alias in self.aliases]
        names += [re.escape(self.ghost_prefix) + ".*"] if self.ghost_prefix else []
        return [f"#{name}:{re.escape(self.server_name)}" for name in names]

    def token_file(self, kind: str) -> Path:
        """The file that holds ``as_token`` or ``hs_token``."""
        return self.secrets / f"{self.id}.{kind}"

    def tokens(self) -> Tokens:
        """Read both tokens. Raises Misconfigured when a file is missing."""
        return Tokens(read_secret(self.token_file("as_token")), read_secret(self.token_file("hs_token")))


def read_secret(file: Path) -> str:
    """The content of a secret's file, stripped. Raises Misconfigured when it cannot be read or is empty."""
    try:
        secret = file.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise Misconfigured(f"Cannot read the secret {file}: {error.strerror}; `brigade render` creates it.") from error
    if not secret:
        raise Misconfigured(f"The secret {file} is empty; delete it and run `brigade render`.")
    return secret


def bridge_service(name: str, server_name: str, url: str, secrets: Path) -> Service:
    """The application service of the bridge ``name``; its ghosts are ``@_name_….``"""
    short = short_name(name)
    return Service(short, f"_{short}", server_name, url, secrets, f"_{short}_")


def bots_service(server_name: str, url: str, secrets: Path, aliases: tuple[str, ...]) -> Service:
    """The application service of all bots: one Matrix user, no ghosts; it owns the desk's rooms and ``aliases``."""
    return Service(BOTS, BOT_LOCALPART, server_name, url, secrets, None, aliases)


def short_name(name: str) -> str:
    """A process's name: the last part of a dotted module name."""
    return name.rpartition(".")[2]
