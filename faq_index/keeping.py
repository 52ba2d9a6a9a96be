"""Where the index is kept, and who builds it: once for all processes of this machine, in processes of their own."""

import fcntl
import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from importlib.metadata import version
from pathlib import Path

from faq_index.content import CONTENT, LANGUAGES
from faq_index.index import Index
from faq_index.sealed import is_whole, sealed
from faq_index.words import VOCABULARY

FORMAT = 5  # raise it when the way texts are indexed changes: every index on disk is then rebuilt

_PACKAGES = ("snowballstemmer", "scikit-learn", "numpy", "Whoosh-Reloaded")
_BUILDERS = (("fr", "it"), ("en", "es", "de"))  # a process each; French, with its whole answers, is half of the work
Told = Callable[[str], None]
Indexes = Mapping[str, Index]


def fingerprint(content: Path | None = None) -> str:
    """Changes with anything that the index of this content is made of."""
    seal = hashlib.sha256(repr((FORMAT, [(name, version(name)) for name in _PACKAGES])).encode())
    for path in sorted([*(content or CONTENT).rglob("*.yaml"), *VOCABULARY.glob("*.yaml")]):
        seal.update(str(path.relative_to(path.parents[1])).encode() + path.read_bytes())
    return seal.hexdigest()[:20]


def kept(root: Path | None, name: str) -> Indexes | None:
    """The whole index of that fingerprint, from the folder ``root`` or the user's cache; None when there is none."""
    for place in (root, _cache()):
        if place and is_whole(place / name):
            try:
                return _read(place / name)
            except (OSError, ValueError, KeyError):
                continue  # replaced while it was read: it is built again
    return None


def built(root: Path | None, name: str, content: Path | None, told: Told) -> Indexes:
    """The index of the folder ``content``, built now and kept in ``root`` and, for the packaged content, in the cache.

    Of the packaged content processes build one after the other: the second finds what the first has built. ``told``
    hears of each language. Raises subprocess.CalledProcessError when a builder fails, OSError when a disk does.
    """

    def fill(folder: Path) -> None:
        with ThreadPoolExecutor(len(_BUILDERS)) as pool:
            list(pool.map(lambda codes: _build(content or CONTENT, folder, codes, told), _BUILDERS))

    cache = _cache()
    with _alone(None if content else cache), tempfile.TemporaryDirectory() as nowhere:
        if found := kept(root, name):
            return found
        made = sealed(root or (cache if cache and not content else None) or Path(nowhere), name, fill)
        if cache and made.parent != cache and not content:
            sealed(cache, name, lambda target: _copy(made, target))
        return _read(made)


def _build(content: Path, folder: Path, codes: Sequence[str], told: Told) -> None:
    command = [sys.executable, "-m", "faq_index.building", str(content.absolute()), str(folder), *codes]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as builder:  # noqa: S603  # our own module
        for line in builder.stdout or ():
            told(line.strip())
    if builder.returncode:
        raise subprocess.CalledProcessError(builder.returncode, command)


def _copy(source: Path, target: Path) -> None:
    for code in LANGUAGES:
        shutil.copyfile(source / f"{code}.npz", target / f"{code}.npz")


def _read(folder: Path) -> Indexes:
    return {code: Index.read(folder / f"{code}.npz") for code in LANGUAGES}


def _cache() -> Path | None:
    """The user's cache; None where there is none to write in."""
    try:
        root = Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache").expanduser() / "brigade" / "faq-index"
        root.mkdir(parents=True, exist_ok=True)
    except (OSError, RuntimeError):
        return None
    return root if os.access(root, os.W_OK) else None


@contextmanager
def _alone(folder: Path | None) -> Iterator[None]:
    """One process at a time; without a folder, no promise."""
    if folder is None:
        yield
        return
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
