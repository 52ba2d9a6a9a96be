"""Everything that is shown, as it was at one moment; a new edition takes its place between two requests."""

import asyncio
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import structlog

from faq_index import campaigns
from faq_index.campaigns import Campaigns
from faq_index.centre import documents
from faq_index.centre.documents import PAGES, Documents
from faq_index.centre.settings import Settings
from faq_index.content import CONTENT, HERE, Library
from faq_index.search import Faq
from faq_index.shelf import sources, stamp

log = structlog.get_logger(__name__)


@dataclass(frozen=True)
class Edition:
    """``version`` changes with any of the files; ``changed`` is the day of the newest answer."""

    faq: Faq
    documents: Documents
    campaigns: Campaigns
    version: str

    @property
    def library(self) -> Library:
        """The questions and answers."""
        return self.faq.library

    @property
    def changed(self) -> date:
        """When an answer was last reviewed."""
        return max((entry.reviewed for entry in self.library.entries), default=date(2026, 1, 1))


class Shelf:
    """Holds the present edition and looks from time to time whether a file has changed.

    Nobody waits for an index that must be built: until it is there, a simpler search answers.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._task: asyncio.Task[None] | None = None
        self._edition = self._read(self._seal())
        self.renewed: Callable[[], None] = lambda: None

    @property
    def edition(self) -> Edition:
        """What is shown now."""
        return self._edition

    def start(self) -> None:
        """Begin to look."""
        self._task = asyncio.create_task(self._watch(), name="help centre content")

    async def stop(self) -> None:
        """Stop looking."""
        if self._task:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)

    async def _watch(self) -> None:
        await asyncio.to_thread(self._edition.faq.warm)
        while True:
            await asyncio.sleep(self._settings.reload_seconds)
            try:
                seal = await asyncio.to_thread(self._seal)
                if seal != self._edition.version:
                    self._edition = await asyncio.to_thread(self._read, seal)
                    self.renewed()
                    log.info("content_renewed", questions=len(self._edition.library.entries))
            except Exception:  # the edition that is shown stays; the next look may succeed
                log.exception("content_not_renewed")

    def _read(self, seal: str) -> Edition:
        faq = Faq.load(self._settings.content, self._settings.index, background=True)
        texts = documents.load(self._settings.content)
        found = campaigns.load(self._settings.campaigns, faq.library.by_id)
        for problem in (*faq.library.problems, *texts.problems, *found.problems):
            log.warning("content_problem", file=problem.path.name, line=problem.line)
        return Edition(faq, texts, found, seal)

    def _seal(self) -> str:
        return stamp(self._files())

    def _files(self) -> Iterator[Path]:
        content = self._settings.content or CONTENT
        yield from sources(self._settings.content)
        yield from sorted((content / "falc").glob("*.md"))
        yield from sorted((self._settings.campaigns or campaigns.HERE).glob("*.yaml"))
        yield from sorted(PAGES.glob("*/*.md"))
        yield from sorted(HERE.glob("*.yaml"))
