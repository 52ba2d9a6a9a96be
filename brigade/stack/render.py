"""Synapse's own files, rendered from the same configuration as everything else."""

from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from sqlalchemy import make_url

from brigade.config import Config
from brigade.errors import Misconfigured
from brigade.stack.secrets import make_secrets, write_private

TEMPLATES = Path(__file__).parents[2] / "synapse-config"


def render(config: Config, level: str = "WARNING") -> list[Path]:
    """Write homeserver.yaml, log.yaml and the registrations under ``var/synapse``; the files written.

    Secrets that are missing are made first. Raises Misconfigured (templates not there), OSError.
    """
    if not TEMPLATES.is_dir():
        raise Misconfigured(f"The folder {TEMPLATES} is missing: run from a complete checkout.")
    config.paths.make()
    make_secrets(config)
    environment = Environment(  # noqa: S701 - YAML, and every value goes through tojson
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, keep_trailing_newline=True
    )
    folder = config.paths.synapse
    written = {}
    for name, service in config.services.items():
        template = environment.get_template("registration.yaml.j2")
        written[folder / f"registration-{name}.yaml"] = template.render(service=service, tokens=service.tokens())
    values = _homeserver(config) | {"registrations": [str(file) for file in written]}
    written[folder / "homeserver.yaml"] = environment.get_template("homeserver.yaml.j2").render(values)
    written[folder / "log.yaml"] = environment.get_template("log.yaml.j2").render(level=level)
    for file, text in written.items():
        write_private(file, text)
    return list(written)


def _homeserver(config: Config) -> dict[str, Any]:
    own = config.homeserver
    others = [name for name in own.federation_domain_whitelist or () if name != config.server_name]
    return {
        "server_name": config.server_name,
        "public_url": config.homeserver_public_url,
        "host": config.listen.host,
        "port": config.listen.homeserver,
        "run": str(config.paths.run),
        "folder": str(config.paths.synapse),
        "secrets": str(config.paths.secrets),
        "postgresql": _psycopg2(own.database) if own.database else None,
        "max_upload": own.max_upload,
        "cache_factor": own.cache_factor,
        # Every server must have the same list, its own name included (a room that ever held another fails to join).
        "whitelist": [config.server_name, *others],
        "federates": bool(others),
    }


def _psycopg2(address: str) -> dict[str, Any]:
    """libpq's words for ``postgresql://user:password@host:port/name?host=/run/socket``."""
    url = make_url(address)
    words = {"user": url.username, "password": url.password, "host": url.host, "port": url.port, "dbname": url.database}
    given = {word: value for word, value in words.items() if value is not None}
    return given | dict(url.query) | {"cp_min": 5, "cp_max": 10}
