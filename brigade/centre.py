"""The process ``faq``: the public help centre, the journal that its editors read, and its health."""

import asyncio
import importlib
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from typing import Any

from aiohttp import web

from brigade.config import Config
from brigade.config.services import HELP_CENTRE
from brigade.errors import BrigadeError
from brigade.health import Health
from brigade.journal import Journal
from brigade.storage import Storage

Listener = Callable[[web.Application, str, int, AsyncExitStack], Awaitable[None]]
WEB = "webchat"


async def start(config: Config, storage: Storage, listen: Listener, stack: AsyncExitStack) -> Journal:
    """Serve it until ``stack`` is left; ready once the answers are read and indexed. Raises Misconfigured."""
    module = importlib.import_module("faq_index.centre")  # by name: this package imports none of ours
    missing = ["the answers are being read"]

    async def database() -> str | None:
        try:
            await storage.ping()
        except BrigadeError as error:
            return str(error)
        return None

    async def content() -> str | None:
        return missing[0] if missing else None

    internal = web.Application()
    internal.add_routes(Health({"database": database, "content": content}).routes())
    await listen(internal, config.listen.host, config.listen.processes[HELP_CENTRE], stack)
    journal = Journal(storage)
    centre = await asyncio.to_thread(module.Centre, _settings(config, module), journal)
    await listen(centre.application(), config.listen.host, config.listen.help_centre, stack)
    missing.clear()
    return journal


def _settings(config: Config, module: Any) -> Any:
    """As the help centre wants them."""
    own = config.help_centre
    ours = "smtp" in config.emulators and "form_url" not in own.model_fields_set  # the embedded set, form and all
    return module.Settings(
        public_url=config.help_centre_url,
        chat_url=config.web_url if WEB in config.services else None,
        form_url=f"http://{config.listen.host}:{config.listen.channels['form']}/formulaire"
        if ours
        else str(own.form_url),
        appointment_url=str(own.appointment_url),
        exit_url=str(own.exit_url),
        frame_ancestors=own.frame_ancestors,
        theme=own.theme_folder,
        content=own.content_folder,
        campaigns=own.campaigns_folder,
        index=config.paths.db / "faq-index",
        drafts=own.drafts,
    )
