"""What a platform can do, so that everything else is rendered in words."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Capabilities:
    """``length``: characters of one message; ``choices``: how many options it shows natively, 0 for none;
    ``window``: seconds after the person's last word in which we may write, None for no limit.
    """

    length: int
    choices: int = 0
    media: bool = False
    typing: bool = False
    read: bool = False
    edit: bool = False
    delete: bool = False
    window: float | None = None
