"""How fast the triage bot judges, asked of its own command: this package imports no bot."""

import asyncio
import json
import sys
from dataclasses import dataclass
from typing import Any

from brigade.errors import Misconfigured


@dataclass(frozen=True, slots=True)
class Triage:
    """As ``brigade triage speed`` prints it: ms a message, messages a second, seconds to load, MB."""

    p95_ms: float
    per_second: float
    load_s: float
    rss_mb: float

    @classmethod
    def of(cls, found: dict[str, Any]) -> "Triage":
        """From the command's JSON."""
        return cls(*(float(found[key]) for key in cls.__slots__))


async def measure() -> Triage:
    """In a process of its own. Raises Misconfigured when the command fails."""
    command = (sys.executable, "-m", "brigade", "triage", "speed")
    process = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    out, _ = await process.communicate()
    if process.returncode:
        raise Misconfigured("`brigade triage speed` failed; try it alone")
    return Triage.of(json.loads(out))
