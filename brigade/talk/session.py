"""One conversation: lines go out, events come in."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path

from brigade.client import Citizen
from brigade.errors import BrigadeError, Malformed
from brigade.talk.screen import Screen
from brigade.vocabulary import PromptKind

HELP = """\
/note 9 merci       rate the conversation, from 0 to 10, with a comment or without
/fichier chemin     send a file; what follows the path describes it
/fin                finish and erase
/sortie             leave quickly
/attendre [5]       for scripts: wait 5 seconds, or until somebody answers (at most 60)
/aide               this list
A number answers the question shown last; //text sends a text that begins with a slash."""
_ENGLISH = {"rate": "note", "file": "fichier", "end": "fin", "exit": "sortie", "wait": "attendre", "help": "aide"}
_PATIENCE = 60.0
_LINGER = 1.5  # seconds after the end of a script in which what is on its way is still shown


class Session:
    """``run`` once, with an opened conversation."""

    def __init__(self, citizen: Citizen, screen: Screen) -> None:
        self._citizen = citizen
        self._screen = screen
        self._shown = 0
        self._asked = 0
        self._over = False

    async def run(self, lines: AsyncIterator[str]) -> bool:
        """Until the citizen leaves or the lines end; whether they left."""
        await self._citizen.listen()
        showing = asyncio.create_task(self._show(), name="show")
        try:
            async for line in lines:
                await self._line(line.strip())
                if self._over:
                    return True
            await asyncio.sleep(_LINGER)
        finally:
            showing.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await showing
            self._show_new()
        return False

    async def _show(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                await self._citizen.wait(lambda _event: len(self._citizen.seen) > self._shown, 3600)
            self._show_new()

    def _show_new(self) -> None:
        new = self._citizen.seen[self._shown :]
        self._shown += len(new)
        for event in new:
            self._screen.show(event)

    async def _line(self, line: str) -> None:
        try:
            if line.startswith("/") and not line.startswith("//"):
                await self._command(*line[1:].partition(" ")[::2])
            elif line:
                await self._say(line.removeprefix("/") if line.startswith("//") else line)
        except BrigadeError as error:
            self._screen.note(str(error), "red")

    async def _command(self, name: str, argument: str) -> None:
        known: dict[str, Callable[[str], Awaitable[None]]] = {
            "note": self._rate,
            "fichier": self._file,
            "fin": self._end,
            "sortie": self._exit,
            "attendre": self._wait,
            "aide": self._help,
        }
        wanted = known.get(_ENGLISH.get(name, name))
        if wanted is None:
            raise Malformed(f"There is no /{name}; /aide lists what there is.")
        await wanted(argument.strip())

    async def _say(self, text: str) -> None:
        self._asked = len(self._citizen.seen)
        prompt = self._screen.prompt
        if prompt and prompt.kind is PromptKind.TEXT:
            await self._citizen.answer(prompt.id, value=text)
        elif prompt and text.isdecimal():
            await self._choose(int(text))
        else:
            await self._citizen.say(text)
            return
        self._screen.prompt = None

    async def _choose(self, number: int) -> None:
        prompt = self._screen.prompt
        assert prompt
        if not prompt.options:
            await self._citizen.answer(prompt.id, value=number)
        elif 1 <= number <= len(prompt.options):
            await self._citizen.answer(prompt.id, option=prompt.options[number - 1].id)
        else:
            raise Malformed(f"Choose a number from 1 to {len(prompt.options)}.")

    async def _rate(self, argument: str) -> None:
        score, _, comment = argument.partition(" ")
        if not score.isdecimal() or int(score) > 10:
            raise Malformed("Write a score from 0 to 10, then a comment if there is one: /note 9 merci")
        await self._citizen.rate(int(score), comment.strip() or None)
        self._screen.note(f"rated {score}/10")

    async def _file(self, argument: str) -> None:
        path, description = _path(argument)
        try:
            data = path.read_bytes()
        except OSError as error:
            raise Malformed(f"{path} cannot be read: {error.strerror}.") from error
        await self._citizen.attach(path.name, data, description or None)

    async def _end(self, _argument: str) -> None:
        await self._citizen.leave()
        self._over = True

    async def _exit(self, _argument: str) -> None:
        await self._citizen.leave(quick=True)
        self._over = True

    async def _wait(self, argument: str) -> None:
        if not argument:
            return await self._answered()
        try:
            seconds = float(argument)
        except ValueError as error:
            raise Malformed("Write how many seconds: /attendre 5") from error
        await asyncio.sleep(max(0.0, min(seconds, _PATIENCE)))

    async def _answered(self) -> None:
        """Since the citizen spoke last, or since the last answer that was waited for."""

        def is_answer(event: object) -> bool:
            return _from_others(event) and any(each is event for each in self._citizen.seen[self._asked :])

        try:
            await self._citizen.wait(is_answer, _PATIENCE)
        except TimeoutError:
            self._screen.note(f"Nobody has answered within {_PATIENCE:g} s.", "red")
        self._asked = len(self._citizen.seen)
        self._show_new()

    async def _help(self, _argument: str) -> None:
        self._screen.note(HELP)


def _from_others(event: object) -> bool:
    return isinstance(event, dict) and event["type"] == "message" and event["from"] != "me"


def _path(argument: str) -> tuple[Path, str]:
    """A path may hold blanks: the longest beginning that exists is it."""
    words = argument.split(" ")
    for count in range(len(words), 0, -1):
        path = Path(" ".join(words[:count])).expanduser()
        if path.exists():
            return path, " ".join(words[count:]).strip()
    return Path(argument).expanduser(), ""
