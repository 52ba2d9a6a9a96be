"""What search engines read (schema.org): the same questions and answers as people."""

import json
from collections.abc import Sequence

from faq_index.centre.markup import markdown
from faq_index.content import Entry


def faq_page(entries: Sequence[Entry], language: str, address: str) -> str:
    """A FAQPage as JSON that may stand in a ``script`` element; says so where an answer is a draft."""
    questions = [_question(entry, language) for entry in entries if entry.speaks(language)]
    if not questions:
        return ""
    page: dict[str, object] = {"@context": "https://schema.org", "@type": "FAQPage", "inLanguage": language}
    page |= {"url": address, "dateModified": max(entry.reviewed for entry in entries).isoformat()}
    if any(entry.status == "draft" for entry in entries):
        page["creativeWorkStatus"] = "Draft"
    text = json.dumps(page | {"mainEntity": questions}, ensure_ascii=False, separators=(",", ":"))
    return text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026")


def _question(entry: Entry, language: str) -> dict[str, object]:
    answer = entry.answer(language)
    more = f"{markdown(answer.full)}" if answer.full != answer.short else ""
    text = f"<p>{answer.short}</p>{more}"
    return {
        "@type": "Question",
        "name": answer.question,
        "acceptedAnswer": {"@type": "Answer", "text": text, "inLanguage": answer.language},
    }
