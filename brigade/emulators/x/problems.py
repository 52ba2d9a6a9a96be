"""What the API refuses, as it says so: problem JSON, or the older list of codes."""

from typing import Any

_BASE = "https://api.x.com/2/problems/"


class Problem(Exception):
    """``kind``: last part of the problem's type, or ``about:blank``; ``code``: answered in the older form instead."""

    def __init__(
        self, status: int, title: str, detail: str, kind: str = "about:blank",
        *, code: int | None = None, headers: dict[str, str] | None = None, **more: Any,
    ) -> None:  # fmt: skip
        super().__init__(detail)
        self.status, self.title, self.detail, self.kind, self.code = status, title, detail, kind, code
        self.headers = headers or {}
        self.more = more

    def body(self) -> dict[str, Any]:
        """As JSON."""
        if self.code is not None:
            return {"errors": [{"code": self.code, "message": self.detail}]}
        kind = self.kind if ":" in self.kind else _BASE + self.kind
        return {"title": self.title, "detail": self.detail, "type": kind, "status": self.status} | self.more


def invalid(detail: str, **parameters: Any) -> Problem:
    """A request that the API's description forbids."""
    errors = [{"message": detail, "parameters": {key: [str(value)] for key, value in parameters.items()}}]
    wrong = "One or more parameters to your request was invalid."
    return Problem(400, "Invalid Request", wrong, "invalid-request", errors=errors)


def forbidden(detail: str) -> Problem:
    """A person who takes no messages, or something that this account may not do."""
    return Problem(403, "Forbidden", detail)


def unauthorized() -> Problem:
    """A token that is missing, wrong or expired."""
    return Problem(401, "Unauthorized", "Unauthorized")


OLD = {
    "32": (401, "Could not authenticate you."),
    "88": (429, "Rate limit exceeded"),
    "89": (401, "Invalid or expired token."),
    "93": (403, "This application is not allowed to access or delete your direct messages."),
    "150": (403, "You cannot send messages to users who are not following you."),
    "151": (403, "There was an error sending your message."),
    "226": (403, "This request looks like it might be automated."),
    "349": (403, "You cannot send messages to this user."),
    "476": (403, "You need to be verified to send message requests."),
}


def asked_for(fault: str) -> Problem | None:
    """The problem that a fault on demand stands for."""
    if fault in OLD:
        status, text = OLD[fault]
        return Problem(status, "", text, code=int(fault))
    if fault == "500":
        return Problem(503, "Service Unavailable", "Service Unavailable")
    if fault == "429":
        return Problem(429, "Too Many Requests", "Too Many Requests", headers={"x-rate-limit-remaining": "0"})
    if fault == "token_expired":
        return unauthorized()
    if fault == "403":
        return forbidden("You do not have permission to DM one or more participants.")
    if fault in ("credits-depleted", "usage-capped", "client-forbidden"):
        return Problem(402 if fault == "credits-depleted" else 403, fault, fault, fault)
    return None
