"""Who calls: OAuth 1.0a with its signature checked, OAuth 2 of a user, or the app's own bearer token."""

import hmac
import secrets
import time
from typing import Any

from aiohttp import web
from oauthlib.oauth1 import RequestValidator, ResourceEndpoint

from brigade.emulators.x.problems import Problem, unauthorized
from brigade.emulators.x.world import Options, World

APP = "app"
_LIFETIME = 7200.0  # seconds of an OAuth 2 access token


class _Validator(RequestValidator):  # type: ignore[misc]  # oauthlib has no types
    """What oauthlib asks about keys and tokens."""

    enforce_ssl = False
    safe_characters = property(lambda self: set(map(chr, range(33, 127))))
    client_key_length = property(lambda self: (1, 200))
    access_token_length = property(lambda self: (1, 200))
    nonce_length = property(lambda self: (8, 100))
    timestamp_lifetime = 300
    dummy_client = dummy_access_token = "dummy"  # noqa: S105 - oauthlib compares with it to take its time

    def __init__(self, options: Options) -> None:
        self._options = options
        self._tokens = {token: (user, secret) for user, (_, token, secret) in options.accounts.items()}
        self._used: set[str] = set()

    def validate_client_key(self, key: str, request: Any) -> bool:
        return hmac.compare_digest(key, self._options.consumer_key)

    def validate_access_token(self, key: str, token: str, request: Any) -> bool:
        return token in self._tokens

    def get_client_secret(self, key: str, request: Any) -> str:
        return self._options.consumer_secret

    def get_access_token_secret(self, key: str, token: str, request: Any) -> str:
        return self._tokens.get(token, ("", "dummy"))[1]

    def validate_realms(self, key: str, token: str, request: Any, uri: Any = None, realms: Any = None) -> bool:
        return True

    def validate_timestamp_and_nonce(
        self, key: str, timestamp: str, nonce: str, request: Any, request_token: Any = None, access_token: Any = None
    ) -> bool:
        once = f"{timestamp}:{nonce}"
        if once in self._used:
            return False
        self._used.add(once)
        return True


class Access:
    """``user`` and ``app`` say who it is, or raise 401 and 403."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._endpoint = ResourceEndpoint(_Validator(world.options))

    def user(self, request: web.Request) -> str:
        """The account in whose name the call is made. App-only tokens are refused."""
        signed = request.headers.get("Authorization", "").startswith("OAuth ")
        return self.signed(request) if signed else self.granted(request)

    def granted(self, request: web.Request) -> str:
        """As ``user``, by OAuth 2."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if hmac.compare_digest(token, self._world.options.bearer):
            detail = "Authenticating with OAuth 2.0 Application-Only is forbidden for this endpoint."
            raise Problem(403, "Unsupported Authentication", detail, "unsupported-authentication")
        user, until = self._world.tokens.get(token, ("", 0.0))
        if until < time.time():
            raise unauthorized()
        return user

    def app(self, request: web.Request) -> str:
        """The app itself, for webhooks and lists of subscriptions."""
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        if not hmac.compare_digest(token, self._world.options.bearer):
            raise unauthorized()
        return APP

    def either(self, request: web.Request) -> str:
        """The app or an account."""
        return self.app(request) if self._world.options.bearer in request.headers.get("Authorization", "") else (
            self.user(request)
        )  # fmt: skip

    def signed(self, request: web.Request) -> str:
        """As ``user``, by OAuth 1.0a."""
        if not request.headers.get("Authorization", "").startswith("OAuth "):
            raise unauthorized()
        url = f"{self._world.options.origin or f'http://{request.host}'}{request.raw_path}"
        headers = {"Authorization": request.headers.get("Authorization", "")}
        valid, found = self._endpoint.validate_protected_resource_request(url, request.method, None, headers, [])
        if not valid:
            raise Problem(401, "", "Could not authenticate you.", code=32)
        owners = {token: user for user, (_, token, _) in self._world.options.accounts.items()}
        return owners[found.resource_owner_key]

    async def token(self, request: web.Request) -> web.Response:
        """``POST /2/oauth2/token``: a refresh token works once."""
        form = await request.post()
        given = str(form.get("refresh_token", ""))
        user = self._world.refresh.pop(given, None)
        if form.get("grant_type") != "refresh_token" or user is None:
            wrong = {"error": "invalid_request", "error_description": "Value passed for the token was invalid."}
            return web.json_response(wrong, status=400)
        return web.json_response(self.grant(user))

    def grant(self, user: str, seconds: float = _LIFETIME) -> dict[str, Any]:
        """New tokens of an account."""
        access, refresh = secrets.token_urlsafe(24), secrets.token_urlsafe(24)
        self._world.tokens[access] = (user, time.time() + seconds)
        self._world.refresh[refresh] = user
        scope = "dm.read dm.write tweet.read users.read media.write offline.access"
        return {
            "token_type": "bearer", "expires_in": int(seconds), "access_token": access, "refresh_token": refresh,
            "scope": scope,
        }  # fmt: skip
