"""The platform's errors, decided on code and subcode, never on the text: who must act, and what the operator reads."""

from typing import Any

from brigade.errors import BrigadeError, Refused, Temporary, Unreachable
from brigade.post.graph import TokenRefused

WINDOW = "10/2018278"
UNAPPROVED = "100/2018276"
FINAL_WINDOW = "les 24 heures où Messenger nous laisse répondre sont passées : le citoyen doit d’abord réécrire"
ELSEWHERE = ("2018300", "2018321", "2018171")
GONE = ("551", "1545041", "2018108", "2018001")
RATES = (4, 17, 32, 613, 80001, 80006)
_ABUSE = "613/2018338"
# What the administrator must change: said to the operator, who tells them, and by /readyz.
CONFIGURATION = {
    "10/2018065": "l’autorisation « pages_messaging » manque à notre application : prévenez l’administrateur",
    "10/1893063": "Meta a restreint notre page : prévenez l’administrateur",
    "100/33": "Meta ne reconnaît pas notre page ou notre autorisation : prévenez l’administrateur",
    UNAPPROVED: "Meta n’a pas accordé « Human Agent » à notre application, et les 24 heures sont passées : le citoyen "
    "doit d’abord réécrire",
    "200": "une autorisation manque à notre application : prévenez l’administrateur",
    "200/2018028": "notre application n’a pas encore l’accès « Advanced » : prévenez l’administrateur",
    "368": "Meta a bloqué notre page pour non-respect de ses règles : prévenez l’administrateur",
    _ABUSE: "Meta juge trop nombreuses nos réponses tardives : prévenez l’administrateur",
}
_FINAL = {
    WINDOW: FINAL_WINDOW,
    "2018001": "Messenger ne connaît plus cette personne",
    "2018108": "cette personne ne peut pas recevoir de messages pour le moment",
    "551": "cette personne n’est plus joignable sur Messenger (elle nous a bloqués, ou son compte est fermé)",
    "1545041": "cette personne n’est plus joignable sur Messenger (elle nous a bloqués, ou son compte est fermé)",
    "2018300": "une autre application ou la boîte de réception de Meta tient cette conversation",
    "2018321": "un automatisme de Meta tient cette conversation",
    "2018171": "une autre application tient cette conversation",
    "2018047": "Messenger n’a pas pu prendre le fichier",
    "2018109": "le fichier est trop grand pour Messenger (25 Mo au plus)",
    "2018294": "Messenger n’a pas pu prendre la vidéo à temps",
}


def fault(status: int, body: Any, retry_after: float | None) -> BrigadeError:
    """What to raise for an answer that is not 200; ``retry_after``: seconds that the headers ask for."""
    error = body.get("error") if isinstance(body, dict) else None
    if not isinstance(error, dict):
        if status == 429:
            return Temporary("the platform asks for patience", retry_after or 5.0)
        if status >= 500:
            return Unreachable(f"the platform answered {status}", retry_after)
        return Refused(f"Messenger a refusé le message (réponse {status})", str(status))
    code, subcode = _number(error.get("code")), _number(error.get("error_subcode"))
    both, sub = f"{code}/{subcode}" if subcode else str(code), str(subcode)
    if code in RATES and both != _ABUSE:
        return Temporary(f"rate limit {code}", retry_after or 30.0)
    if code in (1, 2):  # it may have been carried out all the same
        return Unreachable(f"the platform has a failure of its own ({both})", retry_after)
    if code == 190:
        return TokenRefused(f"the page access token is refused ({both})", 60.0)
    for key in (both, sub, str(code)):
        if key in CONFIGURATION or key in _FINAL:
            return Refused(CONFIGURATION.get(key) or _FINAL[key], both)
    return Refused(f"Messenger a refusé le message (erreur {both})", both)


def means(error: Refused, *keys: str) -> bool:
    """Whether an error is one of those, by code, subcode or both."""
    code, _, sub = (error.code or "").partition("/")
    return any(key in (error.code, code, sub) for key in keys)


def _number(value: Any) -> int:
    try:
        return int(value)
    except (TypeError, ValueError):
        return 0
