"""The sheet on top of a conversation's room, root of the team's thread: everything that is known."""

import html
from typing import Any

from bots.dispatch import words
from bots.dispatch.facts import Facts
from brigade.place import team
from brigade.vocabulary import SHEET


def sheet(facts: Facts) -> dict[str, Any]:
    """The message."""
    rows = _rows(facts)
    title = f"Fiche {facts.state.reference}"
    cells = "".join(f"<tr><td><b>{html.escape(k)}</b></td><td>{html.escape(v)}</td></tr>" for k, v in rows)
    hint = "Notes et suggestions dans le fil de cette fiche. Commandes : !aide"
    markup = f"<h4>{html.escape(title)}</h4><table>{cells}</table><p><i>{html.escape(hint)}</i></p>"
    text = "\n".join([title, *(f"{k} : {v}" for k, v in rows), hint])
    return team(text, markup=markup, extra={SHEET: True})


def _rows(facts: Facts) -> list[tuple[str, str]]:
    state = facts.state
    rows = [
        ("Urgence", f"{state.urgency.sign} {words.URGENCIES[state.urgency].capitalize()}"),
        ("État", facts.standing),
        ("Thème", state.theme or "à préciser"),
        ("Langue", words.language(state.language)),
        ("Canal", words.channel(state.channel)),
        ("Page d’entrée", state.entry_point or "inconnue"),
        ("Ouverte le", words.hour(words.moment(state.opened_at), facts.zone)),
        ("Pseudonyme", _text(facts.declared.get("pseudonym")) or "aucun"),
        ("Code postal", _text(facts.declared.get("postcode")) or "inconnu"),
    ]
    if previous := _references(facts.declared.get("previous")):
        rows.append(("Conversations précédentes", f"{len(previous)} ({', '.join(previous[-5:])})"))
    until = facts.declared.get("reply_until")
    if isinstance(until, int | float) and facts.state.open and not facts.left:
        rows.append(("Réponse possible", f"jusqu’au {words.hour(until, facts.zone)} au moins"))
    if context := _text(facts.declared.get("context")):
        rows.append(("Page lue", context))
    if facts.sensitive:
        rows.append(("Attention", "sujet sensible : la personne est peut-être surveillée"))
    if facts.safe_contact:
        rows.append(("Contact sûr", facts.safe_contact))
    if facts.left:
        rows.append(("Départ", words.departure(facts.left) + ". Plus rien ne lui est envoyé."))
    if facts.rating:
        rows.append(("Note", f"{facts.rating.get('score')}/10"))
    return rows


def _references(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list) else []


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None
