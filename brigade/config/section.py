"""The base of every stanza of ``brigade.yaml``, ours and the plug-ins'."""

from typing import Any

from pydantic import BaseModel, ConfigDict, model_validator


class Section(BaseModel):
    """A frozen stanza that refuses unknown keys. Give each field a default and a ``Field(description=…)``: the sample
    file is made from them."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    @model_validator(mode="before")
    @classmethod
    def _empty_is_default(cls, given: Any) -> Any:
        # `listen:` with every line under it commented out is None in YAML.
        return {} if given is None else given

    @property
    def emulator(self) -> str | None:
        """Which emulator of ours plays this bridge's platform; None when there is a real one, or no platform."""
        return None


class NoOptions(Section):
    """The settings of a bridge or bot whose module declares no ``Settings``."""
