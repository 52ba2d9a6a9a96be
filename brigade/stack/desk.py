"""The operators' desk: a space and its rooms, owned by the bot, found by their aliases."""

import asyncio
from typing import Any

from brigade.config import Config, Room
from brigade.errors import Misconfigured
from brigade.matrix import Account

_JOINED_WITHIN = 20.0  # seconds for Synapse to accept the operators' invitations


async def make_desk(config: Config, bot: Account) -> dict[str, str]:
    """Room ids by key (``space``, ``lobby``, ``team``, ``alerts``); rooms that exist are kept, operators are in all."""
    operators = [config.user_id(operator.name) for operator in config.operators]
    rooms = config.desk.rooms
    ids = {"space": await _room(config, bot, rooms["space"], operators, None)}
    others = [key for key in rooms if key != "space"]
    made = await asyncio.gather(*(_room(config, bot, rooms[key], operators, ids["space"]) for key in others))
    ids |= dict(zip(others, made, strict=True))
    for key in others:
        await _hang(config, bot, ids["space"], ids[key], list(rooms).index(key))
    async with asyncio.timeout(_JOINED_WITHIN):
        await asyncio.gather(*(_gather(bot, room_id, operators) for room_id in ids.values()))
    return ids


async def _room(config: Config, bot: Account, room: Room, operators: list[str], space: str | None) -> str:
    # The alias is the guard: a createRoom repeated after a crash is refused, and the first one's room is found.
    found = await bot.resolve(config.alias(room.alias))
    return found or await bot.create_room(_body(config, bot, room, operators, space))


def _body(config: Config, bot: Account, room: Room, operators: list[str], space: str | None) -> dict[str, Any]:
    state: list[dict[str, Any]] = [
        {"type": "m.room.history_visibility", "content": {"history_visibility": "shared"}},
        {"type": "m.room.guest_access", "content": {"guest_access": "forbidden"}},
    ]
    if space:
        parent = {"via": [config.server_name], "canonical": True}
        state.append({"type": "m.space.parent", "state_key": space, "content": parent})
    return {
        "preset": "private_chat",
        "visibility": "private",
        "name": room.name,
        "topic": room.topic,
        "room_alias_name": room.alias,
        "is_direct": False,
        "invite": operators,
        "initial_state": state,
        "creation_content": {"m.federate": True} | ({} if space else {"type": "m.space"}),
        "power_level_content_override": {
            "users": {bot.user_id: 100},
            "invite": 100,
            "events_default": 0 if space else 100,
            "events": {"m.room.encryption": 100},
        },
    }


async def _hang(config: Config, bot: Account, space: str, room_id: str, order: int) -> None:
    if await bot.state(space, "m.space.child", room_id):
        return
    content = {"via": [config.server_name], "suggested": True, "order": f"{order:02}"}
    await bot.put_state(space, "m.space.child", content, room_id)


async def _gather(bot: Account, room_id: str, operators: list[str]) -> None:
    """Invite whoever is missing, and wait until everybody is in."""
    invited: set[str] = set()
    while missing := await _missing(bot, room_id, operators):
        for user_id, membership in missing.items():
            if membership == "ban":
                raise Misconfigured(f"{user_id} is banned from {room_id}: unban it or remove it from `operators`.")
            if membership != "invite" and user_id not in invited:
                await bot.invite(room_id, user_id)
                invited.add(user_id)
        await asyncio.sleep(0.1)


async def _missing(bot: Account, room_id: str, operators: list[str]) -> dict[str, str]:
    state = await bot.full_state(room_id)
    members = {e.state_key: str(e.content.get("membership")) for e in state if e.type == "m.room.member"}
    found = {user_id: members.get(user_id, "leave") for user_id in operators}
    return {user_id: membership for user_id, membership in found.items() if membership != "join"}
