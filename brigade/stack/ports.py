"""Who listens where, and what to say when a port is taken."""

import socket
from contextlib import ExitStack
from typing import Any

import psutil

from brigade import emulators
from brigade.config import Config
from brigade.config.parts import CHANNEL_PORTS, EMULATOR_PORTS, FIXED_PORTS, PROCESS_PORTS
from brigade.errors import Misconfigured

WEB = "webchat"  # the process that serves the public web


def used(config: Config) -> dict[str, int]:
    """The ports that this configuration's processes will listen on, by what they are for."""
    listen = config.listen
    ports = {"homeserver": listen.homeserver} if config.homeserver.url is None else {}
    if WEB in config.services:
        ports["web"] = listen.web
    if config.help_centre.enabled:
        ports["help centre"] = listen.help_centre
    ports |= {f"{name} (public)": port for name, port in listen.channels.items() if name in config.services}
    for emulator in config.emulators:
        ports |= {f"{name} (emulator)": listen.emulators[name] for name in emulators.find(emulator).PORTS}
    return ports | {name: listen.processes[name] for name in config.processes}


def check_free(config: Config) -> None:
    """Raises Misconfigured, naming each port that is taken, by whom if that can be known, and what to do."""
    taken = [(name, port) for name, port in used(config).items() if not _is_free(config.listen.host, port)]
    if not taken:
        return
    said = "; ".join(f"port {port} ({name}) is already used{_holder(port)}" for name, port in taken)
    raise Misconfigured(
        f"{said[0].upper()}{said[1:]}: stop that program, or move all our ports with `--port-offset 1000` "
        "or `listen` in brigade.yaml."
    )


def free_listen(*processes: str) -> dict[str, Any]:
    """A ``listen`` stanza whose ports the system says are free now, for tests; ``processes`` beside the usual ones."""
    stanzas = {"processes": [*PROCESS_PORTS, *processes], "channels": CHANNEL_PORTS, "emulators": EMULATOR_PORTS}
    with ExitStack() as held:
        stanza: dict[str, Any] = {name: _free(held) for name in FIXED_PORTS}
        return stanza | {key: {name: _free(held) for name in names} for key, names in stanzas.items()}


def _free(held: ExitStack) -> int:
    """A port that nobody else gets until ``held`` is closed."""
    found = held.enter_context(socket.socket())
    found.bind(("127.0.0.1", 0))
    return int(found.getsockname()[1])


def _is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def _holder(port: int) -> str:
    """Who holds it: known for our own processes, for others only to the administrator."""
    try:
        listening = [c for c in psutil.net_connections("tcp") if c.status == psutil.CONN_LISTEN and c.pid]
        found = [c.pid for c in listening if getattr(c.laddr, "port", None) == port]
        return f" by {psutil.Process(found[0]).name()} (process {found[0]})" if found else ""
    except psutil.Error:
        return ""
