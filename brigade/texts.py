"""Sentences that people read, in five languages, from gettext catalogues.

The msgid is the English sentence; `locale/<language>/LC_MESSAGES/<domain>.po` holds the others. Catalogues are read as
they are (Babel parses the .po), so there is no compile step to forget.
"""

import gettext
import io
from functools import cache
from pathlib import Path

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LANGUAGES = ("fr", "en", "es", "de", "it")
NAMES = {"fr": "Français", "en": "English", "es": "Español", "de": "Deutsch", "it": "Italiano"}
_LOCALE = Path(__file__).parent / "locale"


@cache
def _catalogue(domain: str, language: str) -> gettext.NullTranslations:
    source = _LOCALE / language / "LC_MESSAGES" / f"{domain}.po"
    if not source.exists():
        return gettext.NullTranslations()
    binary = io.BytesIO()
    with source.open("rb") as file:
        write_mo(binary, read_po(file, locale=language, domain=domain))
    binary.seek(0)
    return gettext.GNUTranslations(binary)


def supported(language: str | None) -> str:
    """The language to speak to somebody who asked for ``language`` (``fr-CA``, ``pt``, None …): ours, or French."""
    short = (language or "").lower().replace("_", "-").split("-")[0]
    return short if short in LANGUAGES else "fr"


class Texts:
    """The sentences of one domain: ``texts("de", "Hello {name}", name="Ada")``."""

    def __init__(self, domain: str) -> None:
        self.domain = domain

    def __call__(self, language: str, msgid: str, **values: object) -> str:
        """``msgid`` in ``language`` (English when it is not translated), with ``values`` filled in."""
        text = _catalogue(self.domain, supported(language)).gettext(msgid)
        return text.format(**values) if values else text

    def plural(self, language: str, one: str, many: str, n: int, **values: object) -> str:
        """As ``__call__``, choosing the form for ``n`` by the language's own rule; ``{n}`` is filled in too."""
        return _catalogue(self.domain, supported(language)).ngettext(one, many, n).format(n=n, **values)
