"""What the machine itself may refuse, said in one sentence."""

import errno
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from brigade.errors import Misconfigured

_LEAST = 100_000_000  # bytes free below which starting would only fail later and less clearly


def check_room(var: Path) -> None:
    """Raises Misconfigured when the disk of ``var`` is (nearly) full."""
    there = next(folder for folder in (var, *var.parents) if folder.exists())
    free = shutil.disk_usage(there).free
    if free < _LEAST:
        raise Misconfigured(_full(var, free))


@contextmanager
def sentences(var: Path) -> Iterator[None]:
    """Turns the system's refusals to write under ``var`` into Misconfigured."""
    try:
        yield
    except OSError as error:
        raise Misconfigured(_sentence(error, var)) from error


def _sentence(error: OSError, var: Path) -> str:
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return _full(var, 0)
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{error.filename or var} cannot be written ({error.strerror}): change its owner or use `--var FOLDER`."
    if error.errno in (errno.EMFILE, errno.ENFILE):
        return "Too many files are open: raise the limit with `ulimit -n 4096` and start again."
    return f"The system refused: {error}."


def _full(var: Path, free: int) -> str:
    return (
        f"The disk that holds {var} is full ({free // 1_000_000} MB free, {_LEAST // 1_000_000} needed): "
        "free some room or use `--var FOLDER` on another disk; nothing is lost."
    )
