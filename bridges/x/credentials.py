"""What proves who we are: OAuth 1.0a or OAuth 2 for an account, a bearer token for the app."""

import json
import os
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import structlog
from oauthlib.oauth1 import Client

from bridges.x.settings import Account, Settings
from brigade.config.services import read_secret
from brigade.errors import Misconfigured, Refused, Temporary

log = structlog.get_logger(__name__)

APP = ""  # the app itself, where an account's id would stand
_EARLY = 120.0  # seconds before its end that a token is renewed
Refresh = Callable[[dict[str, str], str | None], Awaitable[dict[str, Any]]]


class Credentials:
    """``headers`` for one call. Files are read again after ``forget``."""

    def __init__(self, settings: Settings, secrets: Path, refresh: Refresh) -> None:
        self._settings = settings
        self._secrets = secrets
        self._refresh = refresh
        self._accounts = {each.user: each for each in settings.accounts}
        self._signers: dict[str, Client] = {}
        self._granted: dict[str, dict[str, Any]] = {}

    async def headers(self, who: str, verb: str, url: str) -> dict[str, str]:
        """``who`` is an account's id or APP; ``url`` as it is sent, with its query: OAuth 1.0a signs it, and not a JSON
        or multipart body. Raises Temporary (to be put right by an administrator).
        """
        try:
            if who == APP:
                return {"Authorization": f"Bearer {read_secret(self._settings.file('bearer', self._secrets))}"}
            account = self._accounts[who]
            if account.oauth2_file:
                return {"Authorization": f"Bearer {await self._bearer(account, account.oauth2_file)}"}
            _, headers, _ = self._signer(account).sign(url, http_method=verb, headers={})
            return {"Authorization": str(headers["Authorization"])}
        except Misconfigured as error:
            raise Temporary(str(error), 60.0) from error

    def is_granted(self, who: str) -> bool:
        """Whether the account is authorised by OAuth 2."""
        return bool(self._accounts[who].oauth2_file)

    def forget(self, who: str) -> None:
        """The platform refused it."""
        self._signers.pop(who, None)
        if who in self._granted:
            self._granted[who]["expires_at"] = 0.0

    def _signer(self, account: Account) -> Client:
        if account.user not in self._signers:
            token, secret = (read_secret(file) for file in self._settings.token_files(account, self._secrets))
            app = [read_secret(self._settings.file(n, self._secrets)) for n in ("consumer_key", "consumer_secret")]
            self._signers[account.user] = Client(*app, resource_owner_key=token, resource_owner_secret=secret)
        return self._signers[account.user]

    async def _bearer(self, account: Account, file: Path) -> str:
        """Two hours of access; the refresh token works once, so that the new one is on disk before it is used."""
        known = self._granted.get(account.user)
        if known is None:
            try:
                known = self._granted[account.user] = dict(json.loads(read_secret(file)))
                client = str(known["client_id"])
            except (ValueError, KeyError) as error:
                raise Misconfigured(f"The file {file} must hold JSON with client_id and refresh_token.") from error
        client = str(known["client_id"])
        if float(known.get("expires_at") or 0) < time.time() + _EARLY:
            form = {
                "grant_type": "refresh_token",
                "refresh_token": str(known.get("refresh_token")),
                "client_id": client,
            }
            try:
                found = await self._refresh(form, known.get("client_secret"))
            except Refused as error:
                self._granted.pop(account.user, None)
                raise Misconfigured("X takes the refresh token no more: authorise the account again") from error
            known["access_token"] = found["access_token"]
            known["refresh_token"] = found.get("refresh_token") or known.get("refresh_token")
            known["expires_at"] = time.time() + float(found.get("expires_in") or 7200)
            _write(file, known)
            log.info("token_renewed", account=account.user)
        return str(known["access_token"])


def _write(file: Path, content: dict[str, Any]) -> None:
    """All or nothing, for nobody else's eyes."""
    part = file.with_name(f"{file.name}.part")
    with os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as out:
        json.dump(content, out)
        out.flush()
        os.fsync(out.fileno())
    part.replace(file)
