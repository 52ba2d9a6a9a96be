"""The whole of ``brigade.yaml`` as one frozen value."""

from functools import cached_property
from pathlib import Path
from typing import Annotated

from pydantic import Field, SerializeAsAny, StringConstraints
from sqlalchemy import make_url

from brigade.config.parts import Database, Desk, HelpCentre, Homeserver, Language, Listen, Logging, Operator, Unit
from brigade.config.paths import Paths
from brigade.config.section import Section
from brigade.config.services import (
    BOTS,
    EMULATE,
    HELP_CENTRE,
    Service,
    bots_service,
    bridge_service,
    read_secret,
    short_name,
)

DEMO_OPERATORS = (
    Operator(name="camille", display_name="Camille (fr, en)", languages=("fr", "en")),
    Operator(name="dominique", display_name="Dominique (fr, es)", languages=("fr", "es")),
    Operator(name="sacha", display_name="Sacha (fr, de)", languages=("fr", "de")),
    Operator(name="lou", display_name="Lou (fr, it)", languages=("fr", "it")),
)
DEMO_UNITS = (Unit(name="Brigade de Rennes", account="unite-rennes"),)
DEFAULT_BRIDGES = ("webchat", "messenger", "x", "form")
DEFAULT_BOTS = ("triage", "dispatch", "faq", "modele", "rating")
ServerName = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9.-]+(:\d+)?$")]


class Config(Section):
    """Everything an administrator decides; see ``brigade.sample.yaml``."""

    server_name: ServerName = Field("brigade.localhost", description="Matrix name of this server; fixed for ever.")
    var: Path = Field(Path("var"), description="Folder of everything that is written, relative to this file.")
    languages: tuple[Language, ...] = Field(
        ("fr", "en", "es", "de", "it"),
        min_length=1,
        description="Languages offered to citizens; the first is the default.",
    )
    homeserver: Homeserver = Field(Homeserver(), description="The Synapse that everything meets in.")
    database: Database = Field(Database(), description="Our own database.")
    listen: Listen = Field(Listen(), description="Addresses and ports.")
    help_centre: HelpCentre = Field(HelpCentre(), description="The public help centre, process `faq`.")
    desk: Desk = Field(Desk(), description="The rooms every operator is in.")
    operators: tuple[Operator, ...] = Field(
        DEMO_OPERATORS, description="Demo accounts of `brigade up`; in production accounts are made elsewhere: []."
    )
    units: tuple[Unit, ...] = Field(
        DEMO_UNITS, description="Demo territorial units of `brigade up`; in production: []."
    )
    bridges: dict[str, SerializeAsAny[Section]] = Field(
        description="One stanza a channel: `webchat` is the module bridges.webchat; a dotted name is imported as it is."
    )
    bots: dict[str, SerializeAsAny[Section]] = Field(
        description="One stanza a bot: `triage` is the module bots.triage; a dotted name is imported as it is."
    )
    logging: Logging = Field(Logging(), description="What is written to standard error.")

    @property
    def paths(self) -> Paths:
        """The folders under ``var``."""
        return Paths(self.var)

    @property
    def homeserver_url(self) -> str:
        """Where our processes reach Synapse."""
        return self.homeserver.url or f"http://{self.listen.host}:{self.listen.homeserver}"

    @property
    def homeserver_public_url(self) -> str:
        """Where operators' clients reach Synapse."""
        return self.homeserver.public_url or self.homeserver_url

    @property
    def web_url(self) -> str:
        """The public web's base address as citizens see it."""
        return self.listen.public_url or f"http://{self.listen.host}:{self.listen.web}"

    @property
    def help_centre_url(self) -> str:
        """The help centre's base address as citizens see it."""
        return self.help_centre.public_url or f"http://{self.listen.host}:{self.listen.help_centre}"

    @property
    def database_url(self) -> str:
        """Our database as SQLAlchemy writes it, password included. Raises Misconfigured (unreadable password)."""
        url = make_url(self.database.url or f"sqlite+aiosqlite:///{self.paths.db / 'brigade.sqlite'}")
        if self.database.password_file:
            url = url.set(password=read_secret(self.database.password_file))
        return url.render_as_string(hide_password=False)

    def user_id(self, localpart: str) -> str:
        """A Matrix user of this server."""
        return f"@{localpart}:{self.server_name}"

    def alias(self, localpart: str) -> str:
        """A room alias of this server."""
        return f"#{localpart}:{self.server_name}"

    def process_url(self, name: str) -> str:
        """The internal listener of a process: ``/healthz``, ``/readyz``, ``/metrics``, transactions."""
        return f"http://{self.listen.host}:{self.listen.processes[name]}"

    @property
    def processes(self) -> tuple[str, ...]:
        """The names of all processes of ours."""
        also = [HELP_CENTRE] * self.help_centre.enabled + [EMULATE] * bool(self.emulators)
        return (*self.services, *also)

    def emulator_url(self, name: str) -> str:
        """Where an emulator of ours answers."""
        return f"http://{self.listen.host}:{self.listen.emulators[name]}"

    @property
    def emulators(self) -> tuple[str, ...]:
        """The platforms that must be played because a bridge names no real one."""
        found = [section.emulator for section in self.bridges.values()]
        return tuple(dict.fromkeys(name for name in found if name))

    @cached_property
    def services(self) -> dict[str, Service]:
        """The application services by process name (``webchat``, …, ``bots``); each is one process of ours."""
        secrets = self.paths.secrets
        found = {
            short_name(name): bridge_service(name, self.server_name, self.process_url(short_name(name)), secrets)
            for name in self.bridges
        }
        aliases = tuple(room.alias for room in self.desk.rooms.values())
        return found | {BOTS: bots_service(self.server_name, self.process_url(BOTS), secrets, aliases)}
