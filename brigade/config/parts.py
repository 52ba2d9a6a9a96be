"""The stanzas of ``brigade.yaml`` that are the same for every deployment."""

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import Field, HttpUrl, StringConstraints, field_validator

from brigade.config.section import Section

Language = Literal["fr", "en", "es", "de", "it"]
Port = Annotated[int, Field(ge=1, le=65535)]
Localpart = Annotated[str, StringConstraints(pattern=r"^[a-z0-9._=/-]+$", min_length=1, max_length=100)]
# What a process of ours listens on besides, for the homeserver and for monitoring.
PROCESS_PORTS: dict[str, int] = {
    "webchat": 8101, "bots": 8102, "faq": 8110, "messenger": 8111, "x": 8112, "form": 8113,
    "whatsapp": 8114, "emulate": 8119,
}  # fmt: skip
# What the platforms' servers reach, one a bridge; the web chat's is `web`.
CHANNEL_PORTS: dict[str, int] = {"messenger": 8083, "x": 8084, "form": 8085, "form-mail": 8086, "whatsapp": 8087}
# What plays the platforms of `brigade up`; `smtp` is the mail server, `inbox` where citizens read their mail.
EMULATOR_PORTS: dict[str, int] = {"messenger": 8091, "x": 8092, "smtp": 8093, "inbox": 8094, "whatsapp": 8095}

FIXED_PORTS = ("homeserver", "web", "help_centre", "console")


class Homeserver(Section):
    """The Synapse that everything meets in."""

    url: str | None = Field(
        None,
        pattern=r"^https?://[^/]+$",
        description="Client-server address of Synapse, for our processes; empty: the embedded one.",
    )
    public_url: str | None = Field(
        None, pattern=r"^https?://[^/]+$", description="Address that operators' clients use; empty: the same."
    )
    database: str | None = Field(
        None,
        pattern=r"^postgresql://",
        description="Synapse's PostgreSQL database, postgresql://user:${PASSWORD}@host:port/name; empty: SQLite.",
    )
    max_upload: str = Field("12M", pattern=r"^\d+[KMG]$", description="Largest attachment that Synapse stores.")
    federation_domain_whitelist: tuple[str, ...] | None = Field(
        None, description="Servers allowed to federate, this one included; empty: federation closed to all others."
    )
    cache_factor: float = Field(1.0, gt=0, le=100, description="Synapse's global cache factor.")


class Database(Section):
    """Our own database."""

    url: str | None = Field(
        None,
        pattern=r"^(sqlite\+aiosqlite|postgresql\+asyncpg)://",
        description="postgresql+asyncpg://user@host/name; empty: the SQLite file db/brigade.sqlite under `var`.",
    )
    password_file: Path | None = Field(None, description="File that holds the database's password.")


class Listen(Section):
    """Addresses and ports; everything listens on one host, a reverse proxy stands in front in production."""

    host: str = Field("127.0.0.1", description="Address that every process binds to.")
    homeserver: Port = Field(8008, description="Synapse.")
    web: Port = Field(8080, description="Public web: citizens' API, widget, demo page.")
    help_centre: Port = Field(8081, description="Public help centre.")
    console: Port = Field(8090, description="Supervisors' console.")
    processes: dict[str, Port] = Field(
        PROCESS_PORTS,
        description="Internal listener of each process (transactions, health, metrics); added to these.",
    )
    channels: dict[str, Port] = Field(
        CHANNEL_PORTS, description="What each other bridge shows to the world (webhooks, forms); added to these."
    )
    emulators: dict[str, Port] = Field(
        EMULATOR_PORTS, description="What plays the other platforms on a machine for trying; added to these."
    )
    public_url: str | None = Field(
        None, pattern=r"^https?://[^/]+$", description="Address of the public web as citizens see it; empty: the above."
    )

    @field_validator("processes")
    @classmethod
    def _added_to_ours(cls, given: dict[str, int]) -> dict[str, int]:
        return PROCESS_PORTS | given

    @field_validator("channels")
    @classmethod
    def _channels_added(cls, given: dict[str, int]) -> dict[str, int]:
        return CHANNEL_PORTS | given

    @field_validator("emulators")
    @classmethod
    def _emulators_added(cls, given: dict[str, int]) -> dict[str, int]:
        return EMULATOR_PORTS | given

    @property
    def ports(self) -> dict[str, int]:
        """Every port by who listens on it."""
        fixed = {key: getattr(self, key) for key in FIXED_PORTS}
        public = {f"{name} (public)": port for name, port in self.channels.items()}
        return fixed | self.processes | public | {f"{name} (emulator)": port for name, port in self.emulators.items()}

    def public(self, bridge: str) -> int:
        """The port that a bridge shows to the world."""
        return self.channels.get(bridge, self.web)

    def shifted(self, offset: int) -> dict[str, Any]:
        """The ports moved by ``offset``, as this stanza would write them."""
        moved: dict[str, Any] = {key: getattr(self, key) + offset for key in FIXED_PORTS}
        for key in ("processes", "channels", "emulators"):
            moved[key] = {name: port + offset for name, port in getattr(self, key).items()}
        return moved


class HelpCentre(Section):
    """The public help centre, process `faq`."""

    enabled: bool = Field(True, description="Whether it runs.")
    public_url: str | None = Field(
        None, pattern=r"^https?://[^/]+$", description="Its address as citizens see it; empty: `listen.help_centre`."
    )
    form_url: HttpUrl = Field(
        HttpUrl("https://www.gendarmerie.interieur.gouv.fr/"), description="The contact form that its pages lead to."
    )
    appointment_url: HttpUrl = Field(
        HttpUrl("https://www.masecurite.interieur.gouv.fr/"), description="Where brigades and appointments are found."
    )
    exit_url: HttpUrl = Field(
        HttpUrl("https://fr.wikipedia.org/"), description="Where the quick exit leads; the same as the web chat's."
    )
    frame_ancestors: tuple[Annotated[str, StringConstraints(pattern=r"^[^\s;,]+$")], ...] = Field(
        ("https:", "http:"), description="Origins that may embed the intranet block, as in Content-Security-Policy."
    )
    theme_folder: Path | None = Field(
        None, description="Folder with `templates` and `static` that replace ours file by file; empty: neutral look."
    )
    content_folder: Path | None = Field(None, description="Folder of questions and answers; empty: the packaged ones.")
    campaigns_folder: Path | None = Field(None, description="Folder of campaigns; empty: the packaged ones.")
    drafts: bool = Field(True, description="Whether campaigns that nobody has validated yet are shown, marked as such.")


class Room(Section):
    """One room of the operators' desk."""

    alias: Localpart = Field(description="Local part of the alias: `accueil` for #accueil:server.")
    name: str = Field(min_length=1, description="Name shown to operators.")
    topic: str = Field("", description="Line under the name.")


class Desk(Section):
    """The rooms every operator is in."""

    space: Room = Field(
        Room(alias="brigade", name="Brigade numérique", topic="Le bureau des opérateurs"),
        description="The space that holds the others.",
    )
    lobby: Room = Field(
        Room(alias="accueil", name="Accueil", topic="Les conversations qui attendent\u00a0: ✋ pour prendre"),
        description="One card for each conversation that waits.",
    )
    team: Room = Field(
        Room(alias="equipe", name="Équipe", topic="Entre nous\u00a0: aucun citoyen ne lit ce salon"),
        description="Where operators talk among themselves.",
    )
    alerts: Room = Field(
        Room(alias="alertes", name="Alertes", topic="Urgences et incidents de fonctionnement"),
        description="Emergencies and technical incidents.",
    )

    @property
    def rooms(self) -> dict[str, Room]:
        """The four rooms by their key."""
        return {"space": self.space, "lobby": self.lobby, "team": self.team, "alerts": self.alerts}


class Operator(Section):
    """A demo operator; the password is generated into `var/secrets`."""

    name: Localpart = Field(description="Local part of the Matrix account.")
    display_name: str = Field(description="Name shown to colleagues, never to citizens.")
    languages: tuple[Language, ...] = Field(min_length=1, description="Languages spoken.")


class Unit(Section):
    """A demo territorial unit with an account on this homeserver; the password is generated into `var/secrets`."""

    name: str = Field(description="Name of the unit.")
    account: Localpart = Field(description="Local part of its Matrix account.")


class Logging(Section):
    """What is written to standard error; never a citizen's words."""

    level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level that is written.")
    format: Literal["json", "text"] = Field("json", description="`json`: one object a line; `text`: for reading.")
