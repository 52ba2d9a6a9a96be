"""The numbers to call, in the citizen's language, also for somebody who cannot speak."""

from dataclasses import dataclass

from brigade.texts import Texts

_ = Texts("interception")


@dataclass(frozen=True, slots=True)
class Number:
    """One way to reach the emergency services: what to show, and the link that does it (``tel:`` or ``sms:``)."""

    number: str
    label: str
    href: str


def numbers(language: str, *, can_speak: bool | None = None) -> str:
    """Plain text, without markup: 17 and 112, 114 by SMS, and that this chat is no emergency service.

    ``can_speak`` False puts the silent way first; True leaves it out; None (not known) says both. A language that we
    do not speak (``other``) gets French, then English.
    """
    if language == "other":
        return numbers("fr", can_speak=can_speak) + "\n\n" + numbers("en", can_speak=can_speak)
    call = _(language, "If you are in danger now, call 17 or 112.")
    text = _(
        language, "If you cannot talk, send a text message (SMS) to 114: it is silent and free. Say where you are."
    )
    still_passed_on = _(
        language, "This chat is not an emergency service. Your message is passed on to a gendarme all the same."
    )
    ways = {None: [call, text], True: [call], False: [text, call]}[can_speak]
    return "\n".join([*ways, still_passed_on])


def numbers_as_links(language: str, *, can_speak: bool | None = None) -> tuple[Number, ...]:
    """The same numbers, in the same order, for a channel that shows links or buttons."""
    call = (
        Number("17", _(language, "Call the police or gendarmerie"), "tel:17"),
        Number("112", _(language, "Call the European emergency number"), "tel:112"),
    )
    silent = Number("114", _(language, "Send a text message (SMS) without a sound"), "sms:114")
    return {None: (*call, silent), True: call, False: (silent, *call)}[can_speak]
