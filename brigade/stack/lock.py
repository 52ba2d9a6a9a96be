"""One stack a folder: the supervisor holds a lock that the system itself gives back when it dies."""

import fcntl
import os
import signal
import time
from pathlib import Path

from brigade.errors import Misconfigured

_POLL = 0.05


class Lock:
    """``var/run/lock``; it holds the supervisor's process id."""

    def __init__(self, run: Path) -> None:
        self._file = run / "lock"
        self._held: int | None = None

    def take(self) -> bool:
        """False when another supervisor has it. Raises OSError."""
        held = os.open(self._file, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(held)
            return False
        os.ftruncate(held, 0)
        os.write(held, f"{os.getpid()}\n".encode())
        self._held = held
        return True

    def holder(self) -> int | None:
        """The supervisor's process id, None when nobody holds the lock."""
        try:
            probe = os.open(self._file, os.O_RDWR)
        except FileNotFoundError:
            return None
        try:
            fcntl.flock(probe, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(os.read(probe, 20) or b"0") or None
        finally:
            os.close(probe)
        return None

    def end_holder(self, seconds: float) -> bool:
        """Ask the supervisor to end and wait for it; False when there was none. Raises Misconfigured (it does not)."""
        pid = self.holder()
        if pid is None:
            return False
        os.kill(pid, signal.SIGTERM)
        deadline = time.monotonic() + seconds
        while self.holder() == pid:
            if time.monotonic() > deadline:
                raise Misconfigured(f"The supervisor (process {pid}) does not end; look at var/log or end it by hand.")
            time.sleep(_POLL)
        return True
