"""Other search engines on the same content, to compare with: tantivy (with the language's stemmer) and SQLite FTS5.

Each is given the same fields and field weights as ours, and a query as plain words, any of which may match.
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence

from faq_index.content import LANGUAGES, Library
from faq_index.evaluation import Search
from faq_index.signals import FIELDS
from faq_index.words import tokens

try:
    import tantivy
except ImportError:  # in the extra “bench”: nobody needs it to search
    tantivy = None  # type: ignore[assignment]

_STEMMERS = {"fr": "french", "en": "english", "es": "spanish", "de": "german", "it": "italian"}
Row = Mapping[str, str]
Lookup = Callable[[str], Sequence[str]]
Maker = Callable[[Sequence[Row], str], Lookup]


def references(library: Library) -> dict[str, Search]:
    """The engines that are installed, by name. None of them says how sure it is."""
    makers: dict[str, Maker] = {"SQLite FTS5": _fts5}
    if tantivy:
        makers["tantivy"] = _tantivy
    return {
        name: _search({code: make(_rows(library, code), code) for code in LANGUAGES}) for name, make in makers.items()
    }


def _search(lookups: Mapping[str, Lookup]) -> Search:
    return lambda text, language: (lookups[language](text), False)


def _rows(library: Library, code: str) -> list[Row]:
    rows: list[Row] = []
    for entry in library.entries:
        told = entry.translations.get(code) if code != "fr" else entry
        if told:
            rows.append(
                {
                    "key": entry.id,
                    "question": told.question,
                    "asks": "\n".join(told.asks),
                    "short": told.short or "",
                    "full": told.full or "",
                }
            )
    return rows


def _fts5(rows: Sequence[Row], code: str) -> Lookup:
    del code  # it has no stemmer for most of our languages
    base = sqlite3.connect(":memory:", check_same_thread=False)
    names = ", ".join(FIELDS)
    base.execute(
        f"CREATE VIRTUAL TABLE faq USING fts5(key UNINDEXED, {names}, tokenize='unicode61 remove_diacritics 2')"
    )
    base.executemany(
        f"INSERT INTO faq (key, {names}) VALUES (?, ?, ?, ?, ?)",  # noqa: S608  # names are our own constants
        [(row["key"], *(row[name] for name in FIELDS)) for row in rows],
    )
    weights = ", ".join(map(str, (0.0, *FIELDS.values())))
    ask = f"SELECT key FROM faq WHERE faq MATCH ? ORDER BY bm25(faq, {weights}) LIMIT 10"  # noqa: S608  # as above

    def look(text: str) -> list[str]:
        words = " OR ".join(f'"{word}"' for word in tokens(text))
        return [key for (key,) in base.execute(ask, (words,))] if words else []

    return look


def _tantivy(rows: Sequence[Row], code: str) -> Lookup:
    schema = tantivy.SchemaBuilder().add_text_field("key", stored=True, tokenizer_name="raw")
    for name in FIELDS:
        schema = schema.add_text_field(name, tokenizer_name="ours")
    index = tantivy.Index(schema.build())
    analyser = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple()).filter(tantivy.Filter.lowercase())
    for each in (
        tantivy.Filter.stopword(_STEMMERS[code]),
        tantivy.Filter.stemmer(_STEMMERS[code]),
        tantivy.Filter.ascii_fold(),
    ):
        analyser = analyser.filter(each)
    index.register_tokenizer("ours", analyser.build())
    writer = index.writer(heap_size=20_000_000, num_threads=1)
    for row in rows:
        writer.add_document(tantivy.Document(**{name: [text] for name, text in row.items()}))
    writer.commit()
    writer.wait_merging_threads()
    index.reload()
    searcher = index.searcher()

    def look(text: str) -> list[str]:
        words = " ".join(tokens_kept(text))
        query, _mistakes = index.parse_query_lenient(words, list(FIELDS), field_boosts=dict(FIELDS))
        return [searcher.doc(place)["key"][0] for _score, place in searcher.search(query, 10).hits]

    return look


def tokens_kept(text: str) -> list[str]:
    """Words with their accents, which a stemmer needs, and nothing that is query syntax."""
    return "".join(letter if letter.isalnum() else " " for letter in text[:600]).lower().split()
