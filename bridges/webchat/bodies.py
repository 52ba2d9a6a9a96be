"""What citizens may send, parsed at the edge; anything else is a Problem that says where the mistake is."""

from typing import Annotated, Any, Literal, Self, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic_core import ErrorDetails, from_json

from bridges.webchat.problems import Kind, Problem
from brigade.clean import clean, one_line
from brigade.texts import LANGUAGES


def _cleaned(value: Any) -> Any:
    return clean(value) if isinstance(value, str) else value


def _lined(value: Any) -> Any:
    return (one_line(value) or None) if isinstance(value, str) else value


ClientId = Annotated[str, Field(pattern=r"^[A-Za-z0-9_.:-]{1,64}$")]
Language = Literal["fr", "en", "es", "de", "it"]
Text = Annotated[str, BeforeValidator(_cleaned)]
# The bounds lie inside: outside of the union they would be tried on None too.
_Pseudonym = Annotated[str, Field(max_length=40)]
_Postcode = Annotated[str, Field(pattern=r"^[0-9A-Za-z -]{2,10}$")]
_Context = Annotated[str, Field(max_length=200)]
_Description = Annotated[str, Field(max_length=300)]


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class OpeningBody(_Body):
    """``POST /conversations``."""

    entry_point: str = Field(min_length=1, max_length=80)
    language: Language
    consent: Literal[True]
    pseudonym: Annotated[_Pseudonym | None, BeforeValidator(_lined)] = None
    postcode: Annotated[_Postcode | None, BeforeValidator(_lined)] = None
    context: Annotated[_Context | None, BeforeValidator(_lined)] = None
    text: Text | None = None
    client_id: ClientId | None = None


class AnswerBody(_Body):
    """The answer to a prompt: exactly one of ``option`` and ``value``."""

    prompt: str = Field(min_length=1, max_length=255)
    option: str | None = Field(None, max_length=255)
    value: int | Text | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.option is None) == (self.value is None):
            raise ValueError("give exactly one of option and value")
        if isinstance(self.value, int) and abs(self.value) > 2**31:
            raise ValueError("value is out of range")
        return self


class MessageBody(_Body):
    """``POST …/messages``: exactly one of ``text`` and ``answer``."""

    client_id: ClientId
    text: Text | None = None
    answer: AnswerBody | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.text is None) == (self.answer is None):
            raise ValueError("give exactly one of text and answer")
        return self


class TypingBody(_Body):
    """``PUT …/typing``."""

    typing: bool


class ReadBody(_Body):
    """``PUT …/read``."""

    seq: int = Field(ge=0, le=2**31 - 1)


class RatingBody(_Body):
    """``PUT …/rating``."""

    score: int = Field(ge=0, le=10)
    comment: Text | None = None
    resolved: bool | None = None


class AttachmentForm(_Body):
    """The text fields of ``POST …/attachments``."""

    client_id: ClientId
    description: Annotated[_Description | None, BeforeValidator(_lined)] = None


class TokenFrame(_Body):
    """The first frame of a stream."""

    token: str = Field(max_length=200)


Body = TypeVar("Body", bound=_Body)


def decode(raw: bytes) -> Any:
    """JSON from the wire. Raises Problem (not UTF-8, not JSON)."""
    try:
        text = raw.decode("utf-8")
    except UnicodeDecodeError as error:
        raise Problem(Kind.NOT_UTF8) from error
    try:
        return from_json(text, allow_inf_nan=False)
    except ValueError as error:
        raise Problem(Kind.NOT_JSON) from error


def parse(model: type[Body], value: Any) -> Body:
    """``value`` as ``model``. Raises Problem with the address of each mistake; what was sent is not repeated."""
    try:
        return model.model_validate(value)
    except ValidationError as error:
        details = error.errors(include_url=False, include_input=False, include_context=False)
        raise _problem(details) from error


def _problem(details: list[ErrorDetails]) -> Problem:
    errors = [{"path": _path(detail), "message": _message(detail)} for detail in details]
    more = {"errors": errors}
    paths = {error["path"] for error in errors}
    if paths == {"consent"}:
        return Problem(Kind.CONSENT, more=more)
    if paths == {"language"} and details[0]["type"] == "literal_error":
        return Problem(Kind.LANGUAGE, more=more, languages=", ".join(LANGUAGES))
    return Problem(Kind.INVALID, more=more, mistakes="; ".join(f"{e['path']}: {e['message']}" for e in errors))


def _path(detail: ErrorDetails) -> str:
    # The steps that pydantic adds for the branches of a union are no part of the citizen's address.
    steps = [str(step)[:80] for step in detail["loc"] if step not in ("int", "str") and "[" not in str(step)]
    return ".".join(steps) or "body"


def _message(detail: ErrorDetails) -> str:
    if detail["type"] == "extra_forbidden":
        return "unknown key"
    message = detail["msg"].removeprefix("Value error, ")
    return message[:1].lower() + message[1:]
