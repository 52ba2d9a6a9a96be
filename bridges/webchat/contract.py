"""``openapi.yaml``, the description of the API, as this software holds it."""

import json
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from aiohttp import web

FILE = Path(__file__).with_name("openapi.yaml")


@cache
def document() -> dict[str, Any]:
    """The document, parsed once."""
    found: dict[str, Any] = yaml.safe_load(FILE.read_text(encoding="utf-8"))
    return found


@cache
def _texts() -> tuple[str, str]:
    return FILE.read_text(encoding="utf-8"), json.dumps(document(), ensure_ascii=False)


async def as_yaml(_request: web.Request) -> web.StreamResponse:
    """``GET /openapi.yaml``."""
    return web.Response(text=_texts()[0], content_type="application/yaml", charset="utf-8")


async def as_json(_request: web.Request) -> web.StreamResponse:
    """``GET /openapi.json``."""
    return web.Response(text=_texts()[1], content_type="application/json", charset="utf-8")
