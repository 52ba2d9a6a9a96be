"""X Chat, end-to-end encrypted, through the platform's own library; an account takes part when we have its keys."""

import base64
import json
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import structlog
from chat_xdk import Chat

from bridges.x.api import Api
from bridges.x.settings import Settings
from brigade.clean import clean
from brigade.config.services import read_secret
from brigade.errors import Misconfigured, Refused

log = structlog.get_logger(__name__)

_KEYS_FOR = 3600.0  # seconds that somebody's public keys are remembered
_SKEW = 5.0


@dataclass(frozen=True, slots=True)
class Opened:
    """What was in an encrypted event. ``sort``: Message, or what the library calls other events; ``id`` is the
    writer's own, which is signed; ``verified``: the signature fits a key that is theirs.
    """

    sort: str
    id: str
    sender: str
    text: str
    verified: bool
    attached: bool
    at: float


class Chats:
    """All accounts' ends of X Chat."""

    def __init__(self, settings: Settings, api: Api) -> None:
        self._api = api
        self._ends = {a.user: _end(a.user, a.chat_keys_file) for a in settings.accounts if a.chat_keys_file}
        self._public: dict[str, tuple[float, list[dict[str, str]]]] = {}

    async def read(self, account: str, content: dict[str, Any]) -> Opened | None:
        """None when we have no keys, or none that fit. Raises Temporary."""
        end, event = self._ends.get(account), content.get("encoded_event")
        if end is None or not event:
            return None
        conversation = content["conversation"]
        await self._meet(account, end, conversation)
        if change := content.get("conversation_key_change_event"):
            _try_keys(end, [change])
        found = _open(end, event)
        if found is None or not found.verified:  # a key that we have not seen, or one that is new
            await self._load(account, end, conversation)
            found = _open(end, event) or found
        return found

    async def send(self, account: str, conversation: str, token: str, text: str) -> str:
        """The message's id. Raises as ``Api.call``."""
        end = self._ends.get(account)
        if end is None:
            raise Refused("les clés X Chat de notre compte manquent : prévenez l’administrateur", "chat-keys")
        await self._meet(account, end, conversation)
        try:
            sealed = end.encrypt_message(conversation, text)
        except ValueError:
            await self._load(account, end, conversation)
            try:
                sealed = end.encrypt_message(conversation, text)
            except ValueError as error:
                raise Refused(
                    "la clé de cette conversation X Chat manque : proposez le chat web", "chat-key"
                ) from error
        body = {
            "message_id": sealed.message_id,
            "encoded_message_create_event": sealed.encrypted_content,
            "encoded_message_event_signature": sealed.encoded_event_signature,
        }
        path = f"/2/chat/conversations/{_path(conversation)}/messages"
        await self._api.post(account, path, body | ({"conversation_token": token} if token else {}))
        return str(sealed.message_id)

    async def written(self, account: str, conversation: str) -> list[Opened]:
        """What we wrote lately, newest first."""
        end = self._ends.get(account)
        if end is None:
            return []
        await self._meet(account, end, conversation)
        answer = await self._load(account, end, conversation)
        found = [_open(end, str(each.get("encoded_event"))) for each in answer.get("data") or []]
        return [each for each in found if each and each.sort == "Message" and each.sender == account]

    async def act(self, account: str, conversation: str, what: str) -> None:
        """``typing``. Raises as ``Api.call``."""
        if account in self._ends:
            await self._api.call(account, "POST", f"/2/chat/conversations/{_path(conversation)}/{what}")

    async def _load(self, account: str, end: Chat, conversation: str) -> dict[str, Any]:
        """The last events; the conversation's keys that come with them are kept."""
        self._public.clear()
        await self._meet(account, end, conversation)
        path = f"/2/chat/conversations/{_path(conversation)}/events"
        answer = await self._api.get(account, path, {"max_results": "50"})
        keys = (answer.get("meta") or {}).get("conversation_key_events")
        _try_keys(end, [str(each) for each in keys] if isinstance(keys, list) else [])
        return answer

    async def _meet(self, account: str, end: Chat, conversation: str) -> None:
        """Everybody's public keys, so that signatures can be checked."""
        rows: list[dict[str, str]] = []
        for user in {*conversation.split(":"), account}:
            at, known = self._public.get(user, (0.0, []))
            if time.time() - at > _KEYS_FOR:
                answer = await self._api.get(account, f"/2/users/{user}/public_keys")
                known = [_signing(user, each) for each in _rows(answer.get("data"))]
                self._public[user] = (time.time(), known)
            rows += known
        end.set_signing_keys(rows)


def _end(user: str, file: Path) -> Chat:
    """Raises Misconfigured."""
    try:
        given = json.loads(read_secret(file))
        keys, version = base64.b64decode(given["keys"], validate=True), str(given["version"])
        end = Chat()
        end.import_keys(keys, version=version)
    except (ValueError, KeyError, TypeError) as error:
        raise Misconfigured(f"The file {file} must hold JSON with `version` and `keys` (64 bytes, base64).") from error
    end.set_identity(user, version)
    end.set_cache_keys(True)
    return end


def _try_keys(end: Chat, events: list[str]) -> None:
    try:
        end.decrypt_events(events)
    except ValueError as error:
        log.info("chat_keys_refused", reason=str(error)[:200])


def _open(end: Chat, event: str) -> Opened | None:
    """None when it cannot be decrypted."""
    try:
        found = end.decrypt_event(event)
    except ValueError as error:
        log.info("chat_not_read", reason=str(error)[:200])
        return None
    content = found.get("content")
    content = content if isinstance(content, dict) else {}
    sort = str(found.get("type"))
    if sort == "Message" and content.get("content_type") != "Text":
        if not content:
            return None
        sort = str(content.get("content_type"))
    return Opened(
        sort, str(found.get("id")), str(found.get("sender_id")), clean(str(content.get("text") or "")),
        bool(found.get("verified")), bool(content.get("attachments")), int(found.get("created_at_msec") or 0) / 1000,
    )  # fmt: skip


def _signing(user: str, key: dict[str, Any]) -> dict[str, str]:
    return {
        "user_id": user,
        "public_key_version": str(key.get("public_key_version")),
        "public_key": str(key.get("signing_public_key")),
        "identity_public_key": str(key.get("public_key")),
        "identity_public_key_signature": str(key.get("identity_public_key_signature")),
    }


def _rows(data: Any) -> list[dict[str, Any]]:
    rows = data if isinstance(data, list) else [data]
    return [each for each in rows if isinstance(each, dict)]


def _path(conversation: str) -> str:
    """Written ``A-B`` in paths, ``A:B`` in events."""
    return conversation.replace(":", "-")
