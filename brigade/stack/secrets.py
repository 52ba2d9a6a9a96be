"""Tokens, keys and passwords: made once, one file each, readable by their owner only."""

import os
import secrets
from base64 import b64encode
from collections.abc import Callable
from pathlib import Path

from brigade import emulators
from brigade.config import Config

SHARED_SECRETS = ("registration_shared_secret", "macaroon_secret_key", "form_secret")


def make_secrets(config: Config) -> None:
    """Create whatever is missing under ``var/secrets``; what exists is kept. Raises OSError."""
    folder = config.paths.secrets
    for name in SHARED_SECRETS:
        secret(folder / name)
    secret(folder / "signing.key", _signing_key)
    secret(folder / "persons.key")  # of the hash that people of other platforms are known by; lost, they are strangers
    for service in config.services.values():
        secret(service.token_file("as_token"))
        secret(service.token_file("hs_token"))
    for emulator in config.emulators:
        for name in emulators.find(emulator).SECRETS:
            secret(folder / name)


def password(config: Config, localpart: str) -> str:
    """The generated password of a demo account."""
    return secret(config.paths.secrets / f"{localpart.replace('/', '_')}.password", lambda: secrets.token_urlsafe(12))


def secret(file: Path, make: Callable[[], str] = lambda: secrets.token_hex(32)) -> str:
    """The secret in ``file``, made first when there is none or it was cut short."""
    if file.exists() and (found := file.read_text(encoding="utf-8").strip()):
        return found
    made = make()
    write_private(file, made + "\n")
    return made


def write_private(file: Path, text: str) -> None:
    """Write for the owner's eyes only, all or nothing: a full disk leaves the former file. Raises OSError."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    try:
        with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
            out.write(text)
            out.flush()
            os.fsync(out.fileno())
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)


def _signing_key() -> str:
    """An ed25519 seed as Synapse keeps it: version and unpadded base64."""
    return f"ed25519 a_{secrets.token_hex(3)} {b64encode(secrets.token_bytes(32)).decode().rstrip('=')}"
