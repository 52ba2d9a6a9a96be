"""The accounts of the embedded deployment: made once, with passwords that only ``var/secrets`` knows."""

import asyncio
import hashlib
import hmac
import json

from brigade.config import Config
from brigade.config.services import read_secret
from brigade.errors import Misconfigured, NotFound, Refused
from brigade.matrix import Account, Homeserver
from brigade.stack.secrets import password

ADMIN = "admin"
_REGISTER = "/_synapse/admin/v1/register"


async def make_accounts(config: Config, bot: Account) -> dict[str, str]:
    """The administrator, the operators and the units; those that exist are kept. Local part to password.

    Raises Misconfigured when an account exists and its password is lost.
    """
    wanted = {ADMIN: "Administration"}
    wanted |= {operator.name: operator.display_name for operator in config.operators}
    wanted |= {unit.account: unit.name for unit in config.units}
    made = await asyncio.gather(*(_account(config, bot, name, shown) for name, shown in wanted.items()))
    return dict(zip(wanted, made, strict=True))


async def _account(config: Config, bot: Account, localpart: str, display_name: str) -> str:
    known = (config.paths.secrets / f"{localpart.replace('/', '_')}.password").exists()
    exists = await _exists(bot, config.user_id(localpart))
    if exists and not known:
        raise Misconfigured(
            f"The account {config.user_id(localpart)} exists, but its password is no longer in {config.paths.secrets}: "
            "put the file back, or remove the account from brigade.yaml."
        )
    chosen = password(config, localpart)
    if not exists:
        await _register(config, bot.homeserver, localpart, display_name, chosen)
    return chosen


async def _exists(bot: Account, user_id: str) -> bool:
    try:
        await bot.homeserver.call("GET", f"/_matrix/client/v3/profile/{user_id}", query={"user_id": bot.user_id})
    except NotFound:
        return False
    return True


async def _register(config: Config, homeserver: Homeserver, localpart: str, display_name: str, chosen: str) -> None:
    """Synapse's registration by shared secret: no open registration, no first administrator needed."""
    shared = read_secret(config.paths.secrets / "registration_shared_secret")
    nonce = str((await homeserver.call("GET", _REGISTER))["nonce"])
    admin = localpart == ADMIN
    signed = "\0".join((nonce, localpart, chosen, "admin" if admin else "notadmin"))
    proof = hmac.new(shared.encode(), signed.encode(), hashlib.sha1).hexdigest()
    body = {"nonce": nonce, "username": localpart, "password": chosen, "admin": admin, "mac": proof}
    try:
        await homeserver.call("POST", _REGISTER, json.dumps(body | {"displayname": display_name}))
    except Refused as error:
        if error.code != "M_USER_IN_USE":
            raise
