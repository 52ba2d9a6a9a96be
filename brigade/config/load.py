"""From the file to the model, through the environment and the plug-ins' own settings."""

import importlib
import os
import re
from collections.abc import Mapping
from copy import deepcopy
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from brigade.config.model import DEFAULT_BOTS, DEFAULT_BRIDGES, Config
from brigade.config.section import NoOptions, Section
from brigade.config.sentences import sentences
from brigade.config.services import BOTS, EMULATE, HELP_CENTRE, short_name
from brigade.errors import Misconfigured

FILE_NAME = "brigade.yaml"
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_PLUGINS = {"bridges": DEFAULT_BRIDGES, "bots": DEFAULT_BOTS}


@dataclass(frozen=True)
class Plan:
    """A configuration and the text it comes from, so that it can be changed and handed to another process."""

    config: Config
    raw: Mapping[str, Any]
    name: str

    def with_(self, **changes: Any) -> "Plan":
        """The same with ``changes``, merged stanza by stanza and checked again."""
        raw = _merge(self.raw, changes)
        return Plan(_check(raw, self.name), raw, self.name)

    def shifted(self, offset: int) -> "Plan":
        """The same with every port moved by ``offset``."""
        return self.with_(listen=self.config.listen.shifted(offset)) if offset else self

    def dump(self) -> str:
        """As a file that loads to the same from any folder; ``${NAME}`` is kept as it is."""
        return yaml.safe_dump(dict(self.raw), allow_unicode=True, sort_keys=False)


def load(file: Path | None = None) -> Config:
    """Read ``brigade.yaml``. Without ``file``: the one in this folder, or the embedded defaults when there is none.

    Raises Misconfigured: one line for each mistake, ``brigade.yaml: a.b.c: what is wrong``.
    """
    return read(file).config


def parse(raw: Mapping[str, Any]) -> Config:
    """As ``load``, from a mapping; relative paths start at this folder."""
    return plan(raw).config


def read(file: Path | None = None) -> Plan:
    """As ``load``, when the configuration must be changed or handed on."""
    if file is None and not Path(FILE_NAME).exists():
        return plan({})
    path = file or Path(FILE_NAME)
    try:
        raw = yaml.load(path.read_text(encoding="utf-8"), Loader=_Loader)  # noqa: S506 - a SafeLoader
    except OSError as error:
        raise Misconfigured(f"{path}: cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise Misconfigured(f"{path}: is not UTF-8 text") from error
    except yaml.YAMLError as error:
        raise Misconfigured(f"{path}: {_where(error)}") from error
    if raw is not None and not isinstance(raw, dict):
        raise Misconfigured(f"{path}: must hold `key: value` lines, not {type(raw).__name__}")
    return plan(raw or {}, name=path.name, base=path.absolute().parent)


def plan(raw: Mapping[str, Any], *, name: str = FILE_NAME, base: Path | None = None) -> Plan:
    """As ``read``, from a mapping; relative paths start at ``base`` (this folder)."""
    absolute = _absolute({"var": "var"} | dict(raw), base or Path.cwd())
    return Plan(_check(absolute, name), absolute, name)


def _check(raw: Mapping[str, Any], name: str) -> Config:
    mistakes: list[str] = []
    values = {key: _expand(value, key, mistakes) for key, value in raw.items()}
    for kind, defaults in _PLUGINS.items():
        given = values.get(kind)
        stanzas = dict.fromkeys(defaults) if given is None else given
        if isinstance(stanzas, dict):
            values[kind] = {key: _plugin(kind, str(key), stanza, mistakes) for key, stanza in stanzas.items()}
    try:
        config = Config.model_validate(values)
    except ValidationError as error:
        mistakes += sentences(error, Config)
    else:
        mistakes += _unreachable(config)
    if mistakes:
        raise Misconfigured("\n".join(f"{name}: {mistake}" for mistake in mistakes))
    return config


def _plugin(kind: str, key: str, stanza: Any, mistakes: list[str]) -> Section:
    module_name = key if "." in key else f"{kind}.{key}"
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if error.name is None or not f"{module_name}.".startswith(f"{error.name}."):
            raise
        mistakes.append(f"{kind}.{key}: there is no module {module_name}")
        return NoOptions()
    settings = getattr(module, "Settings", NoOptions)
    if not (isinstance(settings, type) and issubclass(settings, Section)):
        mistakes.append(f"{kind}.{key}: {module_name}.Settings must be a brigade.config.Section")
        return NoOptions()
    try:
        return settings.model_validate(stanza)
    except ValidationError as error:
        mistakes += sentences(error, settings, f"{kind}.{key}")
        return NoOptions()


def _unreachable(config: Config) -> list[str]:
    """Processes without a port, ports used twice, two bridges of one name."""
    names = [short_name(name) for name in config.bridges] + [BOTS, HELP_CENTRE, EMULATE]
    found = [f"bridges.{name}: another process has this name" for name in {n for n in names if names.count(n) > 1}]
    processes = config.listen.processes
    for name in names:
        if name not in processes:
            free = max(processes.values()) + 1
            found.append(f"listen.processes: no port for {name}; add `{name}: {free}`")
    ports = config.listen.ports
    for name, port in ports.items():
        other = next(other for other, taken in ports.items() if taken == port)
        if other != name:
            found.append(f"listen: {name} and {other} have the same port {port}")
    return found


def _expand(value: Any, path: str, mistakes: list[str]) -> Any:
    """``${NAME}`` in every text from the environment."""
    if isinstance(value, Mapping):
        return {key: _expand(inner, f"{path}.{key}", mistakes) for key, inner in value.items()}
    if isinstance(value, list):
        return [_expand(inner, f"{path}.{n}", mistakes) for n, inner in enumerate(value)]
    if not isinstance(value, str):
        return value
    for missing in [name for name in _VARIABLE.findall(value) if name not in os.environ]:
        mistakes.append(f"{path}: the environment has no variable {missing}")
    return _VARIABLE.sub(lambda match: os.environ.get(match[1], match[0]), value)


def _absolute(value: Any, base: Path, key: str = "") -> Any:
    """Relative `var`, `…_file` and `…_folder` values start at the file's folder, whichever folder a process runs in."""
    if isinstance(value, Mapping):
        return {name: _absolute(inner, base, str(name)) for name, inner in value.items()}
    if isinstance(value, list):
        return [_absolute(inner, base) for inner in value]
    if isinstance(value, str | Path) and (key == "var" or key.endswith(("_file", "_folder"))):
        return str(base / Path(value).expanduser())
    return str(value) if isinstance(value, Path) else value


def _merge(raw: Mapping[str, Any], changes: Mapping[str, Any]) -> dict[str, Any]:
    merged = deepcopy(dict(raw))
    for key, value in changes.items():
        below = merged.get(key)
        merged[key] = _merge(below, value) if isinstance(below, Mapping) and isinstance(value, Mapping) else value
    return merged


class _Loader(yaml.SafeLoader):
    """Refuses a key written twice, whose first value YAML would silently forget."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Any, Any]:
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"`{key}` is written twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep)


def _where(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    problem = getattr(error, "problem", None) or str(error)
    return f"line {mark.line + 1}: {problem}" if mark else problem
