"""What is examined: the processes of one deployment, its secrets, and an operator's account if there is one."""

from dataclasses import dataclass
from pathlib import Path

from brigade.config import Config, read
from brigade.config.services import BOTS
from brigade.errors import Misconfigured
from brigade.matrix import Account, Homeserver
from brigade.stack.endpoints import Endpoints
from brigade.stack.ports import WEB


@dataclass(frozen=True, slots=True)
class Patient:
    """``operator`` is (Matrix id, password)."""

    config: Config
    operator: tuple[str, str] | None

    @classmethod
    def find(cls, config: Config, operator: tuple[str, str] | None) -> "Patient":
        """What runs under the folder of ``config``, which may have been started with other options.

        Raises Misconfigured when nothing ever ran there.
        """
        running = config.paths.run / "brigade.yaml"
        found = read(running).config if running.exists() else config
        if WEB not in found.services:
            raise Misconfigured("The configuration has no web chat, and the canary comes through it.")
        if not found.services[BOTS].token_file("as_token").exists():
            raise Misconfigured(f"Nothing was ever started under {found.paths.var}: `brigade up`, or give its --var.")
        return cls(found, operator or _demo_operator(found.paths.endpoints))

    def bot(self) -> Account:
        """The bots' own user, to look at rooms; its homeserver must be opened and closed."""
        service = self.config.services[BOTS]
        homeserver = Homeserver(self.config.homeserver_url, self.config.server_name, service.tokens().as_token)
        return Account(homeserver, service.user_id)

    @property
    def entry_point(self) -> str:
        """One that exists."""
        stanza = next(stanza for name, stanza in self.config.bridges.items() if name.endswith(WEB))
        names = list(stanza.model_dump().get("widget", {}).get("entry_points", {}))
        return names[0] if names else "gendarmerie"

    def log_of(self, process: str) -> str:
        """Where a process tells what happens to it."""
        file = self.config.paths.log / f"{process}.log"
        return f"look at `{process}` ({file})" if file.exists() else f"look at `{process}` and what it logs"


def _demo_operator(file: Path) -> tuple[str, str] | None:
    try:
        account = Endpoints.read(file).operators[0]
    except (OSError, ValueError, IndexError):
        return None
    return account.user_id, account.password
