"""The committed sample is what the code says."""

from collections.abc import Iterator
from pathlib import Path

import pydantic
import yaml

from brigade.config import parse, sample

ROOT = Path(__file__).parents[2]


def stanzas(model: pydantic.BaseModel) -> Iterator[pydantic.BaseModel]:
    yield model
    for value in dict(model).values():
        inner = value.values() if isinstance(value, dict) else value if isinstance(value, tuple) else [value]
        for item in inner:
            if isinstance(item, pydantic.BaseModel):
                yield from stanzas(item)


def test_the_committed_sample_is_what_the_code_generates() -> None:
    assert (ROOT / "brigade.sample.yaml").read_text() == sample(), "run `make sample`"


def test_the_sample_with_every_key_uncommented_is_the_default() -> None:
    lines = [line.removeprefix("#") for line in sample().splitlines()]
    assert parse(yaml.safe_load("\n".join(lines))) == parse({})


def test_every_key_is_documented() -> None:
    missing = [
        f"{type(stanza).__name__}.{name}"
        for stanza in stanzas(parse({}))
        for name, field in type(stanza).model_fields.items()
        if not field.description
    ]
    assert not missing
