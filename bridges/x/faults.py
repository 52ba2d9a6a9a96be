"""The platform's errors in their three shapes, decided on status, type and code: who must act, what is told."""

from typing import Any

from brigade.errors import BrigadeError, Refused, Temporary, Unreachable

_ADMIN = "prévenez l’administrateur"
CLOSED = ("not-allowed", "150", "349")
_OLD = {
    "93": f"notre application n’a pas le droit de lire et d’écrire les messages privés de X : {_ADMIN}",
    "150": "cette personne n’accepte pas nos messages privés sur X",
    "349": "cette personne n’accepte pas nos messages privés sur X, ou nous a bloqués",
    "226": f"X prend notre message pour celui d’un automate : {_ADMIN}",
    "476": f"X demande que notre compte soit vérifié pour écrire à cette personne : {_ADMIN}",
}
_PROBLEMS = {
    "client-forbidden": f"X ne permet pas cet appel à notre application : {_ADMIN}",
    "unsupported-authentication": f"X ne permet pas cet appel avec notre autorisation : {_ADMIN}",
    "not-authorized-for-resource": f"X ne nous permet pas de voir ceci : {_ADMIN}",
    "invalid-request": "X n’a pas compris notre message",
    "resource-not-found": "X ne connaît plus cette personne ou ce message",
    "disallowed-resource": "X refuse ce contenu",
}
_SPENT = ("credits-depleted", "usage-capped")
_SPENT_WAIT = 900.0  # seconds
_NOT_ALLOWED = "cette personne n’accepte pas nos messages privés sur X, ou nous a bloqués"
_WITHOUT_RESET = 60.0  # seconds to wait after a limit that does not say until when


class Unauthorised(Temporary):
    """Our authorisation is refused: tried again when an administrator has put it right."""


class Spent(Temporary):
    """The credits of the developer account are used up."""


def fault(status: int, body: Any, reset_in: float | None) -> BrigadeError:
    """What to raise for an answer that is no success; ``reset_in``: seconds until the limit that the headers name."""
    code, kind = _code(body), _kind(body)
    if status == 429 or code == "88":
        return Temporary("the platform asks for patience", reset_in or _WITHOUT_RESET)
    if kind in _SPENT or status == 402:
        return Spent("the credits of the developer account are used up", _SPENT_WAIT)
    if status == 401 or code in ("32", "89"):
        return Unauthorised("X refuses our authorisation", 60.0)
    if status >= 500 or code in ("130", "131"):
        return Unreachable(f"the platform answered {status}")
    if code == "151":
        return Temporary("the platform could not send it", 5.0)
    if code in _OLD:
        return Refused(_OLD[code], code)
    if status == 403 and kind in ("", "blank"):
        return Refused(_NOT_ALLOWED, "not-allowed")
    if kind in _PROBLEMS:
        return Refused(_PROBLEMS[kind], kind)
    return Refused(f"X a refusé le message (réponse {status}{f', erreur {code}' if code else ''})", code or str(status))


def partial(body: Any) -> BrigadeError | None:
    """A 200 may carry errors, and nothing else."""
    if isinstance(body, dict) and isinstance(body.get("errors"), list) and body["errors"] and not body.get("data"):
        first = body["errors"][0]
        first = first if isinstance(first, dict) else {}
        status = first.get("status")
        return fault(status if isinstance(status, int) else 400, first, None)
    return None


def _code(body: Any) -> str:
    """Of the older shapes: ``{code, message}`` or ``{errors: [{code, message}]}``."""
    rows = body.get("errors") if isinstance(body, dict) else None
    for each in [body, *(rows if isinstance(rows, list) else [])]:
        if isinstance(each, dict) and isinstance(each.get("code"), int):
            return str(each["code"])
    return ""


def _kind(body: Any) -> str:
    """The last part of a problem's type; ``blank`` for about:blank."""
    kind = str(body.get("type") or "") if isinstance(body, dict) else ""
    return kind.rpartition("/")[2].rpartition(":")[2]
