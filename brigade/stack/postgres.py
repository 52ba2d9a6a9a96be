"""A private PostgreSQL for tests and trials: Debian's programs, a folder of its own, a free port of 127.0.0.1.

with Cluster() as cluster:
    cluster.create("brigade")
    cluster.url("brigade")                      # ours: postgresql+asyncpg://…
    cluster.url("synapse", "postgresql")        # Synapse's
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from brigade.errors import Misconfigured
from brigade.stack.child import end_with_parent

_PROGRAMS = Path("/usr/lib/postgresql")
_USER = "brigade"
_READY_WITHIN = 30.0
# Nothing in it is worth keeping: no write waits for the disk.
_FAST = ("fsync=off", "full_page_writes=off", "max_connections=200", "shared_buffers=64MB")


class Cluster:
    """Started on entry, gone with all it holds on exit. Everybody on this machine may connect: never for real data."""

    def __init__(self) -> None:
        self._programs = _programs()
        # initdb and postgres refuse to run as root.
        self._account = pwd.getpwnam("postgres") if os.geteuid() == 0 else None
        self._folder = Path(tempfile.mkdtemp(prefix="brigade-postgres-"))
        self._server: subprocess.Popen[bytes] | None = None
        self.port = 0

    def __enter__(self) -> Self:
        try:
            if self._account:
                os.chown(self._folder, self._account.pw_uid, self._account.pw_gid)
            self._run(
                "initdb", "-D", str(self._data), "-U", _USER, "-A", "trust", "-E", "UTF8", "--locale=C", "--no-sync"
            )
            self._start()
        except BaseException:
            self._end()
            raise
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._end()

    @property
    def _data(self) -> Path:
        return self._folder / "data"

    def create(self, name: str) -> None:
        """An empty database, in the C locale as Synapse demands."""
        self._run("createdb", *self._there(), "-T", "template0", "-E", "UTF8", "-l", "C", name)

    def drop(self, name: str) -> None:
        """Remove a database, whoever is still connected."""
        self._run("dropdb", *self._there(), "--force", "--if-exists", name)

    def url(self, name: str, driver: str = "postgresql+asyncpg") -> str:
        """The address of a database for SQLAlchemy, or with ``postgresql`` for Synapse."""
        return f"{driver}://{_USER}@127.0.0.1:{self.port}/{name}"

    def stop_server(self) -> None:
        """As a crash: every connection breaks; ``start_server`` brings it back on the same port with its data."""
        self._signal(signal.SIGQUIT)

    def start_server(self) -> None:
        """After ``stop_server``."""
        self._start()

    def _there(self) -> tuple[str, ...]:
        return ("-h", "127.0.0.1", "-p", str(self.port), "-U", _USER)

    def _start(self) -> None:
        if not self.port:
            with socket.socket() as probe:
                probe.bind(("127.0.0.1", 0))
                self.port = probe.getsockname()[1]
        options = [part for setting in _FAST for part in ("-c", setting)]
        where = ["-h", "127.0.0.1", "-p", str(self.port), "-c", "unix_socket_directories="]
        with (self._folder / "log").open("ab") as log:
            self._server = subprocess.Popen(  # noqa: S603
                [str(self._programs / "postgres"), "-D", str(self._data), *where, *options],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                preexec_fn=end_with_parent,
                **self._as(),
            )
        deadline = time.monotonic() + _READY_WITHIN
        while subprocess.run([self._programs / "pg_isready", *self._there()], capture_output=True).returncode:  # noqa: S603
            if self._server.poll() is not None or time.monotonic() > deadline:
                raise Misconfigured(f"PostgreSQL does not start: {(self._folder / 'log').read_text()[-500:]}")
            time.sleep(0.05)

    def _run(self, program: str, *arguments: str) -> None:
        command: Sequence[str] = [str(self._programs / program), *arguments]
        done = subprocess.run(command, capture_output=True, text=True, cwd=self._folder, **self._as())  # noqa: S603
        if done.returncode:
            raise Misconfigured(f"{program} failed: {done.stderr.strip()}")

    def _as(self) -> dict[str, Any]:
        if self._account is None:
            return {}
        return {"user": self._account.pw_uid, "group": self._account.pw_gid, "extra_groups": []}

    def _signal(self, number: int) -> None:
        if self._server and self._server.poll() is None:
            self._server.send_signal(number)
            self._server.wait(30)

    def _end(self) -> None:
        self._signal(signal.SIGQUIT)
        shutil.rmtree(self._folder, ignore_errors=True)


def _programs() -> Path:
    found = sorted(_PROGRAMS.glob("*/bin/initdb"), key=lambda file: int(file.parts[-3]))
    if not found:
        raise Misconfigured("PostgreSQL's programs are missing: apt-get install postgresql")
    return found[-1].parent
