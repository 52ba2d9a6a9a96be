"""The API's description is true: it is valid, it names every route, and its examples are what it describes."""

from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from bridges.webchat import contract

METHODS = ("get", "put", "post", "delete", "patch")
DOCUMENT = contract.document()


def resolved(part: Any) -> Any:
    while isinstance(part, dict) and "$ref" in part:
        found: Any = DOCUMENT
        for step in part["$ref"].removeprefix("#/").split("/"):
            found = found[step]
        part = found
    return part


def examples() -> list[Any]:
    """(where, schema, value) of every example of every operation."""
    found = []
    for path, item in DOCUMENT["paths"].items():
        for method in (name for name in item if name in METHODS):
            operation = item[method]
            holders = [operation.get("requestBody"), *operation["responses"].values()]
            for holder in (resolved(holder) for holder in holders if holder):
                for media in holder.get("content", {}).values():
                    values = [example["value"] for example in media.get("examples", {}).values()]
                    values += [media["example"]] if "example" in media else []
                    found += [pytest.param(media["schema"], value, id=f"{method} {path}") for value in values]
    return found


def test_the_document_is_valid() -> None:
    validate(DOCUMENT)


def test_the_document_describes_every_route_and_no_other(chat: Any) -> None:
    paths = DOCUMENT["paths"].items()
    described = {(method.upper(), path) for path, item in paths for method in item if method in METHODS}
    api = next(part for part in chat.channel.public().router.resources() if part.canonical == "/api/v1")
    served = {(route.method, route.resource.canonical.removeprefix("/api/v1")) for route in api}
    assert served == described


@pytest.mark.parametrize(("schema", "value"), examples())
def test_the_examples_are_what_the_schemas_say(schema: Any, value: Any) -> None:
    whole = {"components": DOCUMENT["components"]} | schema
    Draft202012Validator(whole).validate(value)


def test_some_operations_have_examples() -> None:
    assert len(examples()) > 10


async def test_the_document_is_served(chat: Any) -> None:
    as_json = await chat.call("GET", "/openapi.json")
    assert as_json.body == DOCUMENT
    as_yaml = await chat.call("GET", "/openapi.yaml")
    assert yaml.safe_load(as_yaml.body) == DOCUMENT
