"""How fast the help centre answers 100 readers a second, who do not wait for each other."""

import asyncio
import itertools
import time
from collections.abc import Callable

import aiohttp

from brigade.bench.samples import Samples

RATE = 100.0  # requests a second
_PAGES = (
    "/fr/", "/en/", "/fr/theme/plainte", "/fr/theme/escroqueries", "/de/theme/urgences",
    "/fr/question/plainte-en-brigade", "/en/question/urgence-quand-appeler-17", "/es/question/conjugal-3919",
    "/fr/question/cambriolage-velo-vole", "/it/question/banque-opposition-carte",
)  # fmt: skip
_SEARCHES = (
    "/fr/search?q=on+m'a+vol%C3%A9+mon+v%C3%A9lo", "/fr/search?q=faux+sms+colis", "/en/search?q=stolen+passport",
    "/fr/search?q=mon+voisin+fait+du+bruit", "/de/search?q=Unfall+mit+Fahrerflucht",
)  # fmt: skip


async def measure(address: str, count: int, step: Callable[[], None]) -> dict[str, Samples]:
    """``help_centre``: pages; ``help_centre_search``: one request in ten, which no cache answers. From the moment at
    which a request was due: a queue counts.
    """
    found = {"help_centre": Samples(), "help_centre_search": Samples()}
    pages, searches = itertools.cycle(_PAGES), itertools.cycle(_SEARCHES)
    async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=0)) as session:

        async def read(path: str, due: float, samples: Samples) -> None:
            async with session.get(address + path) as answer:
                await answer.read()
                answer.raise_for_status()
            samples.append(time.perf_counter() - due)
            step()

        began = time.perf_counter()
        tasks = []
        for number in range(count):
            due = began + number / RATE
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            search = number % 10 == 9
            path, kind = (next(searches), "help_centre_search") if search else (next(pages), "help_centre")
            tasks.append(asyncio.create_task(read(path, due, found[kind])))
        await asyncio.gather(*tasks)
    return found
