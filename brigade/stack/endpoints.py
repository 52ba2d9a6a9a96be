"""``var/run/endpoints.json``: the addresses and accounts of what is running, for people's tools and tests."""

import json
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from brigade import emulators
from brigade.config import Config
from brigade.stack.ports import WEB
from brigade.stack.secrets import write_private

DEMO_PATH = "/demo"  # where the public web serves the page that looks like an institutional site


@dataclass(frozen=True, slots=True)
class OperatorAccess:
    """A demo operator's account."""

    user_id: str
    password: str
    languages: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class UnitAccess:
    """A demo territorial unit's account; ``homeserver`` is the address of the server it lives on."""

    name: str
    homeserver: str
    user_id: str
    password: str


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The contract's shape, key by key; what is not there (yet) is None."""

    homeserver: str
    server_name: str
    webchat: str | None
    demo_page: str | None
    help_centre: str | None
    console: str | None
    metrics: dict[str, str]
    lobby: str
    space: str
    operators: tuple[OperatorAccess, ...]
    units: tuple[UnitAccess, ...]
    messenger: dict[str, str] | None = None
    x: dict[str, str] | None = None
    smtp: dict[str, str] | None = None
    whatsapp: dict[str, str] | None = None  # on request only: written where it runs

    def write(self, file: Path) -> None:
        """Raises OSError."""
        known = {key: value for key, value in asdict(self).items() if key != "whatsapp" or value}
        write_private(file, json.dumps(known, ensure_ascii=False, indent=2) + "\n")

    @classmethod
    def read(cls, file: Path) -> "Endpoints":
        """What ``write`` wrote. Raises OSError, ValueError."""
        raw: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
        operators = tuple(OperatorAccess(**{**o, "languages": tuple(o["languages"])}) for o in raw.pop("operators"))
        return cls(operators=operators, units=tuple(UnitAccess(**u) for u in raw.pop("units")), **raw)


def endpoints(config: Config, rooms: dict[str, str], passwords: dict[str, str]) -> Endpoints:
    """From the rooms' ids by key and the passwords by local part."""
    homeserver = config.homeserver_public_url
    web = config.web_url if WEB in config.services else None
    operators = [(config.user_id(o.name), passwords[o.name], tuple(o.languages)) for o in config.operators]
    units = [(u.name, homeserver, config.user_id(u.account), passwords[u.account]) for u in config.units]
    metrics = {"homeserver": f"{config.homeserver_url}/_synapse/metrics"}
    return Endpoints(
        homeserver=homeserver,
        server_name=config.server_name,
        webchat=web,
        demo_page=web and web + DEMO_PATH,
        help_centre=config.help_centre_url if config.help_centre.enabled else None,
        console=None,
        metrics=metrics | {name: f"{config.process_url(name)}/metrics" for name in config.processes},
        lobby=rooms["lobby"],
        space=rooms["space"],
        operators=tuple(OperatorAccess(*row) for row in operators),
        units=tuple(UnitAccess(*row) for row in units),
        **{name: emulators.find(name).endpoints(config) for name in config.emulators},
    )
