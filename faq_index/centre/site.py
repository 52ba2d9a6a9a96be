"""The views that show what is on the shelf: home, themes, questions, texts, map."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

from faq_index.centre import render
from faq_index.centre.documents import EASY, Document
from faq_index.centre.markup import callable_numbers, markdown
from faq_index.centre.settings import Settings
from faq_index.centre.shelf import Edition
from faq_index.centre.structured import faq_page
from faq_index.centre.themes import order
from faq_index.centre.view import View
from faq_index.centre.wording import NAMES, Wording, wording
from faq_index.content import Entry

ALL = tuple(NAMES)


class Site:
    """Views of one edition; each answers None for what does not exist."""

    def __init__(self, settings: Settings, edition: Edition) -> None:
        self.settings = settings
        self.edition = edition
        self.library = edition.library
        self._by_theme: dict[str, list[Entry]] = {theme: [] for theme in self.library.themes}
        for entry in self.library.entries:
            self._by_theme[entry.theme].append(entry)

    def home(self, language: str) -> View:
        """Themes in groups."""
        t = wording(language)
        groups = [
            {"title": group.title[language], "themes": [self._theme(theme, language) for theme in group.themes]}
            for group in order().of(self.library)
        ]
        summary = t("Answers from the gendarmerie to everyday questions about safety: search above, or choose a theme.")
        return View(language, "", t("Home"), "home.html.j2", {"groups": groups}, summary=summary, prevention=True)

    def _theme(self, theme: str, language: str) -> Mapping[str, object]:
        entries = self._by_theme[theme]
        own = theme in self.library.titles.get(language, {})
        return {
            "id": theme, "title": self.library.title(theme, language), "lang": language if own else "fr",
            "count": count(wording(language), len(entries)), "entries": entries,
        }  # fmt: skip

    def theme(self, language: str, theme: str) -> View | None:
        """The questions of a theme."""
        if theme not in self._by_theme:
            return None
        t, entries = wording(language), self._by_theme[theme]
        shown = self._theme(theme, language)
        path = f"theme/{theme}"
        values = {
            "title_lang": shown["lang"], "count": shown["count"], "entries": entries,
            "partly": any(not entry.speaks(language) for entry in entries),
        }  # fmt: skip
        return View(
            language, path, str(shown["title"]), "theme.html.j2", values,
            sensitive=theme in order().sensitive, entry_point=order().entry_point(theme),
            prevention=theme not in order().sensitive,
            summary=f"{shown['title']} – {shown['count']}", trail=((f"/{language}/", t("Home")),),
            feed_path=f"{path}/feed.atom",
        )  # fmt: skip

    def question(self, language: str, key: str, printing: bool = False) -> View | None:
        """One question with its answer."""
        entry = self.library.by_id.get(key)
        if entry is None:
            return None
        t, answer = wording(language), entry.answer(language)
        values = {
            "entry": entry, "answer": answer, "full": markdown(answer.full), "emergency_text": danger(entry, language),
            "services": [s for key in entry.teleservices if (s := self.library.teleservices.get(key))],
            "related": self.entries(entry.related),
        }  # fmt: skip
        path = f"question/{key}"
        address = f"{self.settings.public_url}/{answer.language}/{path}"
        trail: tuple[tuple[str, str], ...] = ((f"/{language}/", t("Home")),)
        trail += ((f"/{language}/theme/{entry.theme}", self.library.title(entry.theme, language)),)
        return View(
            language, path + ("/print" if printing else ""), entry.title(language), "question.html.j2", values,
            languages=tuple(code for code in ALL if entry.speaks(code)),
            indexed=entry.speaks(language) and not printing, printing=printing,
            sensitive=entry.theme in order().sensitive, entry_point=order().entry_point(entry.theme),
            context=f"{entry.question} ({entry.id})"[:200], summary=answer.short,
            structured="" if printing else faq_page([entry], language, address), trail=trail,
            feed_path=f"theme/{entry.theme}/feed.atom",
        )  # fmt: skip

    def entries(self, keys: Sequence[str]) -> list[Entry]:
        """Those of the keys that exist."""
        return [entry for key in keys if (entry := self.library.by_id.get(key))]

    def text(self, language: str, name: str) -> View | None:
        """One of the centre's own texts."""
        document = self.edition.documents.page(name, language)
        return self._document(language, name, document, easy=False) if document else None

    def easy(self, language: str, name: str) -> View | None:
        """A text that is easy to read, or all of them."""
        t = wording(language)
        known = [self.edition.documents.easy[each] for each in EASY if each in self.edition.documents.easy]
        if not name:
            return View(language, "easy/", t("Easy to read"), "easy.html.j2", {"documents": known}, indexed=False)
        document = self.edition.documents.easy.get(name)
        if document is None:
            return None
        found = self._document(language, f"easy/{name}", document, easy=True)
        trail = (*found.trail, (f"/{language}/easy/", t("Easy to read")))
        return replace(found, indexed=document.head.published and language == "fr", trail=trail)

    def _document(self, language: str, path: str, document: Document, easy: bool) -> View:
        t = wording(language)
        values = {
            "document": document, "easy": easy, "body": markdown(document.body, 2),
            "related": self.entries(document.head.related),
        }  # fmt: skip
        return View(
            language, path, document.head.title, "document.html.j2", values, sensitive=document.head.sensitive,
            indexed=document.language == language, languages=ALL if not easy else ("fr",),
            trail=((f"/{language}/", t("Home")),),
        )  # fmt: skip

    def map(self, language: str) -> View:
        """Everything there is."""
        t = wording(language)
        values = {
            "themes": [self._theme(theme, language) for theme in self._by_theme],
            "documents": [self.edition.documents.easy[n] for n in EASY if n in self.edition.documents.easy],
            "menu": render.menu(t), "foot": render.foot(t),
        }  # fmt: skip
        return View(language, "site-map", t("Site map"), "map.html.j2", values, trail=((f"/{language}/", t("Home")),))


def count(t: Wording, n: int) -> str:
    """``12 questions``."""
    return t.plural("{n} question", "{n} questions", n)


def danger(entry: Entry, language: str) -> object:
    """What to do in an emergency; in French as the editors wrote it, elsewhere the numbers that are always right."""
    if not entry.emergency:
        return ""
    if language == "fr":
        return callable_numbers(entry.emergency)
    t = wording(language)
    return callable_numbers(
        t("If somebody is in danger, call 17 or 112; if you cannot speak, send a text message to 114.")
    )


def message(language: str, path: str, title: str, text: str, back: tuple[str, str], status: int = 200) -> View:
    """A page that says one thing; ``back`` is an address and its name."""
    values = {"text": text, "role": "status" if status < 400 else "alert", "back": back[0], "back_label": back[1]}
    return View(
        language, path, title, "message.html.j2", values, indexed=False, status=status, shared=status == 200
    )  # fmt: skip
