"""The commented sample, made from the models so that it cannot lie: ``brigade sample > brigade.sample.yaml``."""

from textwrap import wrap
from typing import Any

import yaml
from pydantic import BaseModel
from pydantic_core import to_jsonable_python

from brigade.config.load import parse
from brigade.config.section import NoOptions

_HEAD = """\
## brigade.yaml: everything an administrator decides. An empty file runs the embedded set.
## Each value below is the default: take the `#` away from the lines that you change and from their headings.
## Unknown keys are refused: `brigade check` says which. Secrets never stand here: `…_file` keys name a file,
## and ${NAME} in any text is taken from the environment.
"""


def sample() -> str:
    """Every key with its default and its meaning. Without the first `#` of each line it is the default configuration
    itself, explained."""
    return _HEAD + "".join(_field(name, field, value, 0) for name, field, value in _fields(parse({})))


def _fields(model: BaseModel) -> list[tuple[str, str, Any]]:
    return [(name, field.description or "", getattr(model, name)) for name, field in type(model).model_fields.items()]


def _field(name: str, description: str, value: Any, depth: int) -> str:
    indent = "  " * depth
    lines = [f"##{indent} {line}\n" for line in wrap(description, 110 - 2 * depth)]
    if isinstance(value, BaseModel) and not isinstance(value, NoOptions):
        inner = [_field(*field, depth + 1) for field in _fields(value)]
        return _gap(depth) + "".join(lines) + f"#{indent}{name}:{'' if inner else ' {}'}\n" + "".join(inner)
    if isinstance(value, dict) and value and all(isinstance(item, BaseModel) for item in value.values()):
        stanzas = [_field(key, _purpose(item), item, depth + 1) for key, item in value.items()]
        return _gap(depth) + "".join(lines) + f"#{indent}{name}:\n" + "".join(stanzas)
    text = yaml.safe_dump({name: _plain(name, value)}, allow_unicode=True, sort_keys=False, width=110)
    return _gap(depth) + "".join(lines) + "".join(f"#{indent}{line}\n" for line in text.splitlines())


def _gap(depth: int) -> str:
    return "\n" if depth == 0 else ""


def _purpose(settings: BaseModel) -> str:
    return "" if isinstance(settings, NoOptions) else (type(settings).__doc__ or "").strip().partition("\n")[0]


def _plain(name: str, value: Any) -> Any:
    # The folder is written as an administrator writes it, not as it was resolved on the machine that made the sample.
    return "var" if name == "var" else to_jsonable_python(value)
