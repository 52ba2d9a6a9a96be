"""Where the running system keeps its files: one tree under ``var``."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Paths:
    """The folders of one deployment; ``make()`` creates them, readable by their owner only."""

    var: Path

    @property
    def run(self) -> Path:
        """Process ids, ``endpoints.json``, what is running now."""
        return self.var / "run"

    @property
    def secrets(self) -> Path:
        """Tokens, keys and the demo accounts' passwords, one a file, mode 0600."""
        return self.var / "secrets"

    @property
    def db(self) -> Path:
        """Our own SQLite file."""
        return self.var / "db"

    @property
    def log(self) -> Path:
        """One file a process."""
        return self.var / "log"

    @property
    def synapse(self) -> Path:
        """The homeserver's configuration, database and media."""
        return self.var / "synapse"

    @property
    def media(self) -> Path:
        """Attachments that wait to be sent on."""
        return self.var / "media"

    @property
    def endpoints(self) -> Path:
        """The addresses and accounts of what is running, for people's tools."""
        return self.run / "endpoints.json"

    def make(self) -> None:
        """Create what is missing. Raises OSError (disk full, not permitted)."""
        for folder in (self.var, self.run, self.secrets, self.db, self.log, self.synapse, self.media):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
