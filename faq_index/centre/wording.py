"""The help centre's own sentences in five languages; the msgid is the English one (``locale/…/centre.po``)."""

import gettext
import io
from datetime import date
from functools import cache
from pathlib import Path

from babel.dates import format_date
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po

LOCALE = Path(__file__).parent / "locale"
NAMES = {"fr": "Français", "en": "English", "es": "Español", "de": "Deutsch", "it": "Italiano"}


@cache
def _catalogue(language: str) -> gettext.NullTranslations:
    binary = io.BytesIO()
    with (LOCALE / language / "LC_MESSAGES" / "centre.po").open("rb") as file:
        write_mo(binary, read_po(file, locale=language, domain="centre"))
    binary.seek(0)
    return gettext.GNUTranslations(binary)


class Wording:
    """The sentences in one language: ``t("Hello {name}", name="Ada")``."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, msgid: str, **values: object) -> str:
        """``msgid`` in this language, with ``values`` filled in."""
        text = _catalogue(self.language).gettext(msgid)
        return text.format(**values) if values else text

    def plural(self, one: str, many: str, n: int) -> str:
        """The form for ``n`` by the language's own rule."""
        return _catalogue(self.language).ngettext(one, many, n).format(n=n)

    def day(self, day: date) -> str:
        """``2 mars 2026``."""
        return format_date(day, "long", locale=self.language)


@cache
def wording(language: str) -> Wording:
    """The one of a language."""
    return Wording(language)
