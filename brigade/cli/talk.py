"""``brigade talk``."""

import asyncio
import sys
from typing import Annotated

import typer

from brigade.cli._options import ConfigFile, Var, chosen
from brigade.client import Citizen
from brigade.config import Config
from brigade.config.parts import Language
from brigade.errors import Misconfigured
from brigade.stack.endpoints import Endpoints
from brigade.talk.keyboard import Keyboard
from brigade.talk.screen import Screen
from brigade.talk.session import Session


def talk(
    config: ConfigFile = None,
    var: Var = None,
    url: Annotated[
        str | None, typer.Option(help="Base address of a web chat; without it the one that runs here.")
    ] = None,
    language: Annotated[Language, typer.Option("--language", "-l", help="The citizen's language.")] = "fr",
    entry_point: Annotated[str, typer.Option(help="The page that the citizen comes from.")] = "gendarmerie",
    pseudonym: Annotated[str | None, typer.Option(help="What the gendarme calls the citizen.")] = None,
) -> None:
    """Play the citizen here; /aide lists what can be written besides messages. Lines may come from a pipe."""
    base = url or _running(chosen(config, var).config)
    sys.stdin.reconfigure(errors="replace")  # type: ignore[union-attr]  # what a pipe brings may not be UTF-8
    try:
        asyncio.run(_talk(base, language, entry_point, pseudonym))
    except KeyboardInterrupt:
        typer.echo("")


def _running(config: Config) -> str:
    try:
        found = Endpoints.read(config.paths.endpoints).webchat
    except (OSError, ValueError):
        found = None
    if found is None:
        raise Misconfigured("No web chat runs here: start it with `brigade up`, or give its address with --url.")
    return found


async def _talk(base: str, language: str, entry_point: str, pseudonym: str | None) -> None:
    keyboard = Keyboard()
    async with Citizen(base) as citizen:
        page = await citizen.call("GET", f"/entry-points/{entry_point}", params={"lang": language})
        screen = Screen(keyboard, page)
        screen.welcome()
        await citizen.open(language=language, entry_point=entry_point, pseudonym=pseudonym)
        screen.note(f"{citizen.reference} · {base} · /aide")
        left = await Session(citizen, screen).run(keyboard.lines())
        keyboard.is_reading = False
        if left:
            screen.note("left; nothing of the conversation can be read here any more")
        else:
            screen.note(f"gone without leaving: {citizen.reference} still waits for whoever takes it (/fin ends it)")
