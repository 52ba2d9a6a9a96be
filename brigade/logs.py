"""Structured logs: who, where and what happened; never what a citizen wrote."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any

import structlog

# Keys under which words of a citizen could slip in; a test asserts that a journey's logs hold none of them.
FORBIDDEN = frozenset({"body", "text", "content", "payload", "comment", "pseudonym", "postcode", "token"})


def set_up(level: str, style: str) -> None:
    """Everything goes to standard error; ``style`` is ``json`` (one object a line) or ``text``."""
    renderer: Any = structlog.processors.JSONRenderer(ensure_ascii=False)
    if style == "text":
        renderer = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.processors.add_log_level,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _without_words,
        _short_traceback,
    ]
    structlog.configure(
        processors=[*shared, renderer],
        wrapper_class=structlog.make_filtering_bound_logger(getattr(logging, level.upper())),
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    # Libraries speak through logging; their warnings matter, their chatter does not.
    formatter = structlog.stdlib.ProcessorFormatter(processors=[*shared, _drop_record, renderer], foreign_pre_chain=[])
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    logging.basicConfig(level=logging.WARNING, handlers=[handler], force=True)


def _without_words(_logger: object, _name: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for key in FORBIDDEN & entry.keys():
        entry[key] = "…"
    return entry


def _short_traceback(_logger: object, _name: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Where an error came from, not its message: database errors quote the row that they failed on."""
    found = entry.pop("exc_info", None)
    error = sys.exc_info()[1] if found is True else found[1] if isinstance(found, tuple) else found
    if isinstance(error, BaseException):
        frames = []
        trace = error.__traceback__
        while trace:
            frames.append(f"{trace.tb_frame.f_code.co_filename.rpartition('/')[2]}:{trace.tb_lineno}")
            trace = trace.tb_next
        entry["error"] = type(error).__name__
        entry["where"] = " ".join(frames[-6:])
    return entry


def _drop_record(_logger: object, _name: str, entry: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    entry.pop("_record", None)
    entry.pop("_from_structlog", None)
    return entry
