"""How fast triage is, in process: what ``brigade triage speed`` prints and ``brigade bench`` takes over."""

import time
from dataclasses import dataclass

import psutil

from bots.triage import learned
from bots.triage.classify import assess, warm
from bots.triage.examples import examples
from brigade.interception import likeness

MESSAGES = 600


@dataclass(frozen=True, slots=True)
class Speed:
    """Milliseconds for one message, messages a second, seconds to load, memory and model files in MB."""

    p50_ms: float
    p95_ms: float
    per_second: float
    load_s: float
    rss_mb: float
    models_mb: float


def measure(count: int = MESSAGES) -> Speed:
    """On messages of all languages, one after the other, after loading."""
    began = time.perf_counter()
    warm()
    loaded = time.perf_counter() - began
    known = examples()
    texts = [(one.text, one.language) for one in known[:: max(1, len(known) // count)]]
    taken: list[float] = []
    for text, language in texts:
        began = time.perf_counter()
        assess([text], "", language)
        taken.append(time.perf_counter() - began)
    ranked = sorted(taken)
    return Speed(
        round(1000 * ranked[len(ranked) // 2], 2),
        round(1000 * ranked[int(0.95 * len(ranked))], 2),
        round(len(taken) / sum(taken), 1),
        round(loaded, 2),
        round(psutil.Process().memory_info().rss / 1e6, 1),
        round(sum(path.stat().st_size for path in (likeness.FILE, learned.FILE)) / 1e6, 2),
    )
