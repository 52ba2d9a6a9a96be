"""A derived folder that is whole or absent: built aside, sealed by its sums, put in place in one rename."""

import hashlib
import json
import shutil
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

_SEAL = "complete.json"
_ASIDE = ".building-"
_ABANDONED = 3600.0  # seconds after which a half-built folder belongs to nobody: a build takes a few


def sealed(root: Path, name: str, fill: Callable[[Path], None]) -> Path:
    """The folder ``root/name``; ``fill`` makes it when missing or damaged. Other folders of ``root`` are removed."""
    final = root / name
    root.mkdir(parents=True, exist_ok=True)
    if not is_whole(final):
        aside = Path(tempfile.mkdtemp(prefix=_ASIDE, dir=root))
        try:
            fill(aside)
            (aside / _SEAL).write_text(json.dumps(_sums(aside)))
            _replace(aside, final)
        finally:
            shutil.rmtree(aside, ignore_errors=True)
    for other in root.iterdir():
        if other.is_dir() and other != final and not _being_built(other):
            shutil.rmtree(other, ignore_errors=True)
    return final


def _being_built(folder: Path) -> bool:
    try:
        return folder.name.startswith(_ASIDE) and time.time() - folder.stat().st_mtime < _ABANDONED
    except FileNotFoundError:
        return True  # its builder has just moved it


def _replace(aside: Path, final: Path) -> None:
    aside.chmod(0o755)
    shutil.rmtree(final, ignore_errors=True)
    try:
        aside.rename(final)
    except OSError:
        if not is_whole(final):  # otherwise another process was quicker, with the same content
            raise


def is_whole(folder: Path) -> bool:
    """Whether every file is there and unchanged: a copy cut short is not whole."""
    try:
        return bool(json.loads((folder / _SEAL).read_text()) == _sums(folder))
    except (OSError, ValueError):
        return False


def _sums(folder: Path) -> dict[str, str]:
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != _SEAL)
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}
