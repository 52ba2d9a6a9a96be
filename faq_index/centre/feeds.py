"""What programs read: the map for search engines, and the feeds of what has changed."""

from collections.abc import Iterator, Sequence
from html import escape

from faq_index.centre.documents import NAMES
from faq_index.centre.markup import markdown
from faq_index.centre.site import ALL, Site
from faq_index.centre.wording import wording
from faq_index.content import Entry

_NEWEST = 30
_HEAD = '<?xml version="1.0" encoding="utf-8"?>\n'


def sitemap(site: Site) -> str:
    """Every page in each language in which it really is."""
    base = site.settings.public_url
    lines = [_HEAD, '<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n']
    for language in ALL:
        for path, day in _pages(site, language):
            changed = f"<lastmod>{day}</lastmod>" if day else ""
            lines.append(f"<url><loc>{escape(f'{base}/{language}/{path}')}</loc>{changed}</url>\n")
    return "".join([*lines, "</urlset>\n"])


def _pages(site: Site, language: str) -> Iterator[tuple[str, str]]:
    yield "", site.edition.changed.isoformat()
    for theme in site.library.themes:
        yield f"theme/{theme}", ""
    for entry in site.library.entries:
        if entry.speaks(language):
            yield f"question/{entry.id}", entry.reviewed.isoformat()
    for name in NAMES:
        if (document := site.edition.documents.page(name, language)) and document.language == language:
            yield name, document.head.updated.isoformat()
    yield "site-map", ""


def robots(site: Site) -> str:
    """What search engines need not visit."""
    lines = ["User-agent: *", *(f"Disallow: /{code}/search" for code in ALL), "Disallow: /intranet/", "Disallow: /exit"]
    return "\n".join([*lines, f"Sitemap: {site.settings.public_url}/sitemap.xml", ""])


def atom(site: Site, language: str, theme: str | None = None) -> str | None:
    """The newest answers, of one theme or of all; None for a theme that does not exist."""
    if theme is not None and theme not in site.library.themes:
        return None
    t, base = wording(language), f"{site.settings.public_url}/{language}/"
    entries = [entry for entry in site.library.entries if theme in (None, entry.theme)]
    newest = sorted(entries, key=lambda entry: (entry.reviewed, entry.id), reverse=True)[:_NEWEST]
    title = site.library.title(theme, language) if theme else t("Help centre of the gendarmerie")
    address = base + (f"theme/{theme}" if theme else "")
    own = address + ("/feed.atom" if theme else "feed.atom")
    changed = max((entry.reviewed for entry in newest), default=site.edition.changed)
    return "".join(
        [
            _HEAD, f'<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="{language}">\n',
            f"<title>{escape(title)}</title>\n<id>{escape(own)}</id>\n<updated>{changed}T00:00:00Z</updated>\n",
            f'<link rel="self" href="{escape(own)}"/>\n<link href="{escape(address)}"/>\n',
            f"<author><name>{escape(t('Digital brigade of the gendarmerie'))}</name></author>\n",
            *_entries(newest, language, base), "</feed>\n",
        ]
    )  # fmt: skip


def _entries(entries: Sequence[Entry], language: str, base: str) -> Iterator[str]:
    for entry in entries:
        answer = entry.answer(language)
        address = escape(f"{base}question/{entry.id}")
        body = escape(f"<p>{escape(answer.short)}</p>{markdown(answer.full)}")
        yield (
            f'<entry xml:lang="{answer.language}"><title>{escape(answer.question)}</title><id>{address}</id>'
            f'<link href="{address}"/><updated>{entry.reviewed}T00:00:00Z</updated>'
            f'<category term="{escape(entry.theme)}"/><summary>{escape(answer.short)}</summary>'
            f'<content type="html">{body}</content></entry>\n'
        )
