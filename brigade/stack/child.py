"""One process of the stack: started, waited for, stopped; its words go to a file."""

import asyncio
import ctypes
import json
import os
import re
import signal
from asyncio.subprocess import Process
from dataclasses import dataclass
from pathlib import Path

from brigade.errors import Misconfigured

_LIBC = ctypes.CDLL(None)
_PR_SET_PDEATHSIG = 1
_KEEP = 20_000_000  # bytes of log before the file is set aside at the next start
_ERROR = re.compile(r"^([\w.]*(Error|Exception)\b|Error in configuration).*:|^\{.*\"level\": \"(error|critical)\"")
_NOISE = re.compile(r"^[\W_]*$|^There may be more information|^During handling|^The above exception|^\^+")


@dataclass(frozen=True, slots=True)
class Program:
    """What to run: ``ready`` answers 200 once it can work."""

    name: str
    command: tuple[str, ...]
    ready: str
    folder: Path


class Child:
    """A program that is or was running; ``expected`` is False when its end would be a surprise."""

    def __init__(self, program: Program, log: Path, pid_file: Path) -> None:
        self.program = program
        self.log = log
        self.expected = True
        self._pid_file = pid_file
        self._process: Process | None = None
        self._from = 0

    @property
    def pid(self) -> int | None:
        """The process id while it runs."""
        return self._process.pid if self._process and self._process.returncode is None else None

    async def start(self) -> None:
        """Run it. It is told to end when we die, so that nothing is left behind. Raises OSError."""
        if self.log.exists() and self.log.stat().st_size > _KEEP:
            self.log.replace(self.log.with_suffix(".log.1"))
        with os.fdopen(os.open(self.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600), "ab") as out:
            self._from = out.tell()
            self._process = await asyncio.create_subprocess_exec(
                *self.program.command,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=out,
                stderr=out,
                cwd=self.program.folder,
                start_new_session=True,
                preexec_fn=end_with_parent,
            )
        self.expected = False
        self._pid_file.write_text(f"{self._process.pid}\n")

    async def wait(self) -> int:
        """Until it ends: its exit code, negative for a signal."""
        if self._process is None:
            return 0
        code = await self._process.wait()
        self._pid_file.unlink(missing_ok=True)
        return code

    async def stop(self, grace: float = 15.0) -> None:
        """Ask it to end, insist after ``grace`` seconds."""
        self.expected = True
        self.send_signal(signal.SIGTERM)
        try:
            await asyncio.wait_for(self.wait(), grace)
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        """End it without a word, as a power cut would."""
        self.expected = True
        self.send_signal(signal.SIGKILL)
        await self.wait()

    def send_signal(self, number: int) -> None:
        """From elsewhere: its end is then as unexpected as it was before."""
        if self._process and self._process.returncode is None:
            self._process.send_signal(number)

    def death(self, code: int) -> Misconfigured:
        """What to tell a person about its end."""
        how = f"was ended by signal {-code}" if code < 0 else f"stopped with exit code {code}"
        last = self.last_line() if code >= 0 else ""  # who is killed has nothing to say about it
        return Misconfigured(f"{self.program.name} {how}{': ' + last if last else ''} (see {self.log})")

    def last_line(self) -> str:
        """The last line of sense that it wrote since its start, at most 300 characters."""
        try:
            with self.log.open("rb") as file:
                file.seek(max(self._from, self.log.stat().st_size - 20_000))
                lines = file.read().decode("utf-8", "replace").splitlines()
        except OSError:
            return ""
        return _event(_telling([line.strip() for line in lines]))[:300]


def _telling(lines: list[str]) -> str:
    """The last line that names an error, with its sequel when it ends with a colon; else the last line of sense."""
    at = next((n for n in range(len(lines) - 1, -1, -1) if _ERROR.match(lines[n])), None)
    if at is not None:
        return " ".join(lines[at : at + (2 if lines[at].endswith(":") else 1)])
    return next((line for line in reversed(lines) if not _NOISE.match(line)), "")


def _event(line: str) -> str:
    """A structured line's sentence; another line as it is."""
    try:
        entry = json.loads(line)
    except ValueError:
        return line
    return " ".join(str(entry[key]) for key in ("event", "error") if key in entry) if isinstance(entry, dict) else line


def end_with_parent() -> None:
    """For ``preexec_fn``: the system tells this process to end when its parent dies."""
    _LIBC.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
