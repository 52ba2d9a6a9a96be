"""What the form says, parsed at the edge: a page's fields or the API's JSON."""

from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from brigade.clean import clean, one_line

_Line = BeforeValidator(lambda value: (one_line(value) or None) if isinstance(value, str) else value)
_Text = BeforeValidator(lambda value: clean(value) if isinstance(value, str) else value)


class Given(BaseModel):
    """``safe``: whether we may write to the address; without an address, or when not, the answer waits in the chat."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    client_id: Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{8,64}$")]
    language: Literal["fr", "en", "es", "de", "it"]
    text: Annotated[str, _Text, Field(min_length=1, max_length=20_000)]
    email: Annotated[
        str | None, _Line, Field(max_length=200, pattern=r"^[^@\s<>,;:\"]{1,64}@[^@\s<>,;:\"]+\.[^@\s<>,;:\".]{2,}$")
    ] = None
    safe: bool = False
    pseudonym: Annotated[str | None, _Line, Field(max_length=40)] = None
    postcode: Annotated[str | None, _Line, Field(pattern=r"^[0-9A-Za-z -]{2,10}$")] = None

    @model_validator(mode="after")
    def _mail_to_be_written_to(self) -> "Given":
        if self.safe and not self.email:
            raise ValueError("email: needed to answer by mail")
        return self

    @property
    def writable(self) -> str | None:
        """The address that we may write to."""
        return self.email.lower() if self.safe and self.email else None
