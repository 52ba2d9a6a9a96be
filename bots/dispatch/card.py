"""The card of one conversation in the lobby: what an operator must know to take it, and no word of the citizen."""

import html
from collections.abc import Iterable
from typing import Any

from bots.dispatch import words
from bots.dispatch.facts import Facts
from brigade.place import team
from brigade.vocabulary import Status, Urgency

CARD = "fr.brigade.card"  # content key: {room_id, reference}
HAND = "✋"


def card(facts: Facts, notify: Iterable[str] = ()) -> dict[str, Any]:
    """The message. It begins with a heading, or clients run the cards of one sender together.

    An emergency mentions ``notify``, a priority is an ``m.text``; a normal one is a notice, which never notifies.
    """
    lines = [facts.standing, *_details(facts)]
    waiting = facts.state.status is Status.WAITING
    body = [facts.heading, *lines, f"{HAND} pour prendre, ou !prendre {facts.state.reference}" if waiting else ""]
    markup = f"<h4>{html.escape(facts.heading)}</h4><p>{'<br>'.join(map(html.escape, lines))}</p><p>{_ways(facts)}</p>"
    urgency = facts.state.urgency
    extra: dict[str, Any] = {CARD: {"room_id": facts.room_id, "reference": facts.state.reference}}
    if waiting and urgency is not Urgency.NORMAL:
        extra["msgtype"] = "m.text"
    mentioned = notify if waiting and urgency is Urgency.EMERGENCY else ()
    text = "\n".join(line for line in [*body, facts.link] if line)
    return team(text, markup=markup, notify=mentioned, extra=extra)


def _details(facts: Facts) -> list[str]:
    found = []
    if not facts.discreet:
        subject = " · ".join(part for part in (facts.state.theme, facts.state.entry_point) if part)
        found += [subject] if subject else []
    if facts.left:
        found.append(words.departure(facts.left))
    if facts.faq and facts.state.open:
        found.append("Réponse FAQ acceptée")
    return found


def _ways(facts: Facts) -> str:
    link = f'<a href="{html.escape(facts.link)}">salon</a>'
    if facts.state.status is not Status.WAITING:
        return link
    return f"{HAND} pour prendre, ou <code>!prendre {html.escape(facts.state.reference)}</code> · {link}"
