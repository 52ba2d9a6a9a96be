"""The waiting place that a citizen is shown."""

from collections import deque

from brigade.book import Book, Page
from brigade.vocabulary import Status


class Queue:
    """Places over all channels; waits as this process saw them end."""

    def __init__(self, book: Book) -> None:
        self._book = book
        self._waits: deque[float] = deque(maxlen=20)
        self._last: dict[str, int] = {}

    async def place(self, page: Page) -> tuple[int | None, int | None]:
        """(place, 1 is next; expected minutes): None for what is not known."""
        if page.state.status is not Status.WAITING:
            return None, None
        queue = await self._book.queue()
        return (queue.index(page.id) + 1 if page.id in queue else None), self.minutes

    async def moved(self) -> dict[str, int]:
        """The conversations whose place has changed since the last call, with their place."""
        now = {page_id: n for n, page_id in enumerate(await self._book.queue(), start=1)}
        found = {page_id: n for page_id, n in now.items() if self._last.get(page_id) != n}
        self._last = now
        return found

    @property
    def waiting(self) -> int:
        """How many waited at the last call of ``moved``."""
        return len(self._last)

    @property
    def minutes(self) -> int | None:
        """The middle one of the last waits that this process saw, in minutes; None while it saw none."""
        waits = sorted(self._waits)
        return max(1, round(waits[len(waits) // 2] / 60)) if waits else None

    def taken(self, seconds: float) -> None:
        """A conversation was taken after so long."""
        self._waits.append(seconds)
