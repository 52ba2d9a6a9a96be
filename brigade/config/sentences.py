"""A configuration mistake is a sentence with an address: ``bridges.webchat.limits.foo: unknown key``."""

from difflib import get_close_matches
from typing import Any, get_args

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails


def sentences(error: ValidationError, model: type[BaseModel], prefix: str = "") -> list[str]:
    """Each mistake on its own; ``prefix`` is where ``model`` stands in the file."""
    return [_sentence(detail, model, prefix) for detail in error.errors(include_url=False)]


def _sentence(detail: ErrorDetails, model: type[BaseModel], prefix: str) -> str:
    place = [str(step) for step in detail["loc"]]
    path = ".".join([prefix, *place] if prefix else place)
    if detail["type"] == "extra_forbidden":
        return f"{path}: unknown key{_suggestion(place, model)}"
    if detail["type"] == "missing":
        return f"{path}: is missing"
    if detail["type"] in ("model_type", "model_attributes_type"):
        return f"{path}: must hold `key: value` lines"
    message = detail["msg"].removeprefix("Value error, ").removeprefix("Input ")
    given = detail["input"]
    # An address may hold a password that came from the environment.
    shown = f" (it is {given!r})" if isinstance(given, str | int | float) and "://" not in str(given) else ""
    return f"{path}: {message[:1].lower()}{message[1:]}{shown}"


def _suggestion(place: list[str], model: type[BaseModel]) -> str:
    known = _keys(model, place[:-1])
    if not known:
        return ""
    close = get_close_matches(place[-1], known, n=1)
    return f"; did you mean `{close[0]}`?" if close else f"; known keys: {', '.join(known)}"


def _keys(model: Any, steps: list[str]) -> list[str]:
    """The keys that may stand at ``steps`` below ``model``."""
    for step in steps:
        if isinstance(model, type) and issubclass(model, BaseModel) and step in model.model_fields:
            model = model.model_fields[step].annotation
        model = _model_in(model)
    return list(model.model_fields) if isinstance(model, type) and issubclass(model, BaseModel) else []


def _model_in(annotation: Any) -> Any:
    """The stanza inside ``tuple[Operator, ...]``, ``Limits | None``, …"""
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    found = [_model_in(inner) for inner in get_args(annotation)]
    return next((model for model in found if model is not None), None)
