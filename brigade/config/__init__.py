"""The one configuration file, ``brigade.yaml``: parsed once into frozen models; an empty file is the embedded set.

config = load(Path("brigade.yaml"))       # or parse({...}) in tests
config.homeserver_url, config.database_url, config.paths.run
config.bridges["webchat"]                 # an instance of bridges.webchat.Settings
config.services["bots"].tokens()          # the application service's two tokens
"""

from brigade.config.load import Plan, load, parse, plan, read
from brigade.config.model import Config
from brigade.config.parts import Desk, Listen, Operator, Room, Unit
from brigade.config.paths import Paths
from brigade.config.sample import sample
from brigade.config.section import NoOptions, Section
from brigade.config.services import Service, Tokens

__all__ = [
    "Config",
    "Desk",
    "Listen",
    "NoOptions",
    "Operator",
    "Paths",
    "Plan",
    "Room",
    "Section",
    "Service",
    "Tokens",
    "Unit",
    "load",
    "parse",
    "plan",
    "read",
    "sample",
]
