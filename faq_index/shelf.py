"""The questions as they are now: read again when a file changes, without dropping a query.

For whoever has no event loop of its own to watch with: the old ``Faq`` answers until the new one is whole, and takes
its place in one assignment.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from threading import Event, Thread

import structlog

from faq_index.content import CONTENT
from faq_index.search import Faq
from faq_index.words import VOCABULARY

log = structlog.get_logger(__name__)


def stamp(files: Iterable[Path]) -> str:
    """From names, sizes and times: quick to take, where reading 700 answers would be a load of its own, and another as
    soon as an editor has saved.
    """
    seal = hashlib.sha256()
    for path in files:
        try:
            state = path.stat()
        except OSError:
            continue  # being replaced: the next look sees it
        seal.update(f"{path} {state.st_size} {state.st_mtime_ns}\n".encode())
    return seal.hexdigest()[:16]


def sources(content: Path | None = None) -> list[Path]:
    """The files that a ``Faq`` is read from."""
    return sorted([*(content or CONTENT).rglob("*.yaml"), *VOCABULARY.glob("*.yaml")])


class Shelf:
    """Holds the present ``Faq``. A thread looks for changes every ``every`` seconds, until ``close``."""

    def __init__(self, content: Path | None = None, index: Path | None = None, *, every: float = 10.0) -> None:
        self._content, self._index, self._every = content, index, every
        self._stamp = stamp(sources(content))
        self._current = Faq.load(content, index, background=True)
        self._closed = Event()
        self._thread = Thread(target=self._watch, name="faq shelf", daemon=True)
        self._thread.start()

    @property
    def current(self) -> Faq:
        """The questions as they are now; take it once for what belongs together."""
        return self._current

    def close(self) -> None:
        """Stop looking."""
        self._closed.set()
        self._thread.join()

    def _watch(self) -> None:
        self._current.warm()
        while not self._closed.wait(self._every):
            try:
                seen = stamp(sources(self._content))
                if seen != self._stamp:
                    renewed = Faq.load(self._content, self._index)
                    self._current, self._stamp = renewed, seen
                    log.info("faq_renewed", questions=len(renewed.library.entries))
            except Exception:  # whatever is wrong with the new state of the files, the old one goes on answering
                log.exception("faq_not_renewed")
