"""What can go wrong, named by who must act.

    BrigadeError
    ├── Misconfigured     the administrator: the process stops at start with one sentence
    ├── Temporary         nobody: we retry, after ``retry_after`` seconds when it is known
    │   └── Unreachable   the other side did not answer: the call may or may not have been carried out
    └── Refused           the sender: the other side understood and said no; retrying changes nothing
        ├── Forbidden     … because we may not
        ├── NotFound      … because it does not exist
        └── Malformed     … because what was sent cannot be read
"""


class BrigadeError(Exception):
    """Base of every error that this project raises on purpose; ``str()`` is one sentence for a person."""


class Misconfigured(BrigadeError):
    """The configuration, the installation or the machine must be changed by an administrator."""


class Temporary(BrigadeError):
    """Later may be better; ``retry_after`` is in seconds, None when the other side did not say."""

    def __init__(self, message: str, retry_after: float | None = None) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class Unreachable(Temporary):
    """No answer: whether the call was carried out is unknown, so only an idempotent retry is safe."""


class Refused(BrigadeError):
    """The other side said no, with its error ``code`` when it gave one (for Matrix: ``M_FORBIDDEN`` …)."""

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code


class Forbidden(Refused):
    """We may not do this."""


class NotFound(Refused):
    """There is no such thing."""


class Malformed(Refused):
    """What was sent cannot be read: the message says what to write instead."""
