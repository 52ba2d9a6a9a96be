"""The bots enter a room after the conversation has begun: they were sent nothing of it, and must know it all."""

import secrets
from typing import Any

from brigade.matrix import Account, Homeserver
from brigade.vocabulary import CONVERSATION, Conversation, Urgency


async def test_what_was_said_before_the_bots_came_is_worked_off(desk: Any) -> None:
    config = desk.stack.config
    service = config.services["webchat"]
    homeserver = Homeserver(config.homeserver_url, config.server_name, service.tokens().as_token)
    await homeserver.open()
    try:
        bridge = Account(homeserver, service.user_id)
        ghost = Account(homeserver, config.user_id(f"_webchat_{secrets.token_hex(4)}"))
        await ghost.register("Citoyen")
        state = Conversation("2026-990001", "webchat", "gendarmerie", opened_at="2026-01-01T00:00:00Z")
        power = {"users": {bridge.user_id: 100, desk.bot.user_id: 100}}
        room_id = await bridge.create_room(
            {
                "preset": "private_chat",
                "invite": [ghost.user_id],
                "power_level_content_override": power,
                "initial_state": [{"type": CONVERSATION, "state_key": "", "content": state.content()}],
            }
        )
        await ghost.join(room_id)
        await ghost.send(room_id, {"msgtype": "m.text", "body": "Mon ex me menace tous les soirs"}, "first")
        await bridge.invite(room_id, desk.bot.user_id)
        card = await desk.until_in(desk.lobby, lambda e: "2026-990001" in e.body and not e.replaces)
        await desk.until(room_id, lambda found: found.urgency is Urgency.PRIORITY)
        await desk.until_shown(desk.lobby, card.id, "PRIORITAIRE")
    finally:
        await homeserver.close()
