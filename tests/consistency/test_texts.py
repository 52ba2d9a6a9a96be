"""Sentences and catalogues: whatever the code says exists in five languages, and nothing else is kept."""

import ast
import re
import string
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

from bridges.form.pages import MISTAKES
from bridges.webchat import entry_points
from bridges.webchat.problems import Kind
from bridges.webchat.wording import SENTENCES
from brigade.texts import LANGUAGES

# Tables whose msgids are looked up by a variable; a new one is added here, or its sentences would not be checked.
TABLES = {
    "widget": [
        *SENTENCES.values(),
        *(label for _, _, label in entry_points.EMERGENCY),
        *entry_points._TITLES.values(),
        *entry_points._WELCOMES.values(),
        entry_points._TITLE,
        entry_points._WELCOME,
    ],
    "api": [kind.value[2] for kind in Kind],
    "form": MISTAKES,
}
BY_TABLE = {
    "bridges/form/pages.py",
    "bridges/webchat/problems.py",
    "bridges/webchat/wording.py",
    "bridges/webchat/entry_points.py",
}
TEMPLATES = {"widget": "bridges/webchat/templates", "form": "bridges/form/templates"}
LOCALE = Path("brigade/locale")


def _bound(modules: list[Any]) -> Iterator[tuple[Any, str, str]]:
    """(module, name, domain): each name that holds a ``Texts`` of that domain."""
    homes: dict[tuple[str, str], str] = {}
    for module in modules:
        for node in module.tree.body:
            if isinstance(node, ast.Assign) and re.fullmatch(r"Texts\('(\w+)'\)", ast.unparse(node.value)):
                assert isinstance(node.value, ast.Call)
                assert isinstance(node.targets[0], ast.Name)
                homes[module.name, node.targets[0].id] = ast.literal_eval(node.value.args[0])
    for module in modules:
        yield from ((module, name, domain) for (home, name), domain in homes.items() if home == module.name)
        for node in module.tree.body:
            if isinstance(node, ast.ImportFrom):
                for alias in node.names:
                    if domain := homes.get((node.module or "", alias.name)):
                        yield module, alias.asname or alias.name, domain


def _strings(node: ast.AST, scope: ast.AST) -> list[str] | None:
    """The sentences that an argument can be; None when the code does not say."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return [node.value]
    if isinstance(node, ast.IfExp):
        found = [_strings(branch, scope) for branch in (node.body, node.orelse)]
        return None if None in found else [s for each in found for s in each or ()]
    if isinstance(node, ast.Name):
        given = [n.value for n in ast.walk(scope) if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == node.id]
        return [s for value in given for s in _strings(value, scope) or ()] or None
    return None


def _said(module: Any, name: str) -> Iterator[tuple[int, list[str] | None]]:
    """Each sentence that is looked up through ``name``, or through a ``say`` that a function made of it."""
    speakers = {name: 1, f"{name}.plural": 1, "say": 0}
    for scope in [*module.functions, module.tree]:
        for node in ast.walk(scope):
            if not isinstance(node, ast.Call) or (place := speakers.get(ast.unparse(node.func))) is None:
                continue
            wanted = node.args[place : place + (2 if ast.unparse(node.func).endswith("plural") else 1)]
            for argument in wanted:
                made_of_it = isinstance(argument, ast.Name) and argument.id == "msgid"
                if not made_of_it:
                    yield node.lineno, _strings(argument, scope)


def _used(modules: list[Any], root: Path) -> tuple[dict[str, set[str]], list[str]]:
    """Domain to its sentences, and the places that look up what cannot be read off the code."""
    used: dict[str, set[str]] = defaultdict(set)
    unknown = set()
    for module, name, domain in _bound(modules):
        for line, found in _said(module, name):
            used[domain].update(found or ())
            if found is None and module.path not in BY_TABLE:
                unknown.add(f"{module.path}:{line}")
    for domain, table in TABLES.items():
        used[domain].update(table)
    for domain, folder in TEMPLATES.items():
        for file in (root / folder).glob("*.j2"):
            text = file.read_text(encoding="utf-8")
            used[domain].update(re.findall(r"\bt\(\s*[\"'](.+?)[\"']\s*[,)]", text))
            used[domain].update(re.findall(r"^\s*\(\"(.+?)\", \"", text, re.MULTILINE))
            used[domain].update(re.findall(r"^\s*\(\".+?\", \"(.+?)\"\)", text, re.MULTILINE))
    # `t("A") if … else t("B")` and conditional arguments are caught one by one by the first expression.
    known = {line for line in unknown if not _resolved(line, modules)}
    return used, sorted(known)


def _resolved(place: str, modules: list[Any]) -> bool:
    """Whether an inner function's scope knew what the module's did not."""
    path, _, line = place.rpartition(":")
    module = next(m for m in modules if m.path == path)
    names = [name for m, name, _ in _bound([*modules]) if m is module]
    return any(found is not None for name in names for at, found in _said(module, name) if str(at) == line)


@pytest.fixture(scope="module")
def used(modules: list[Any], root: Path) -> dict[str, set[str]]:
    found, unknown = _used(modules, root)
    assert not unknown, "looked up by a variable: add the table to TABLES, or write the sentence where it is said"
    return found


def _catalogue(root: Path, language: str, domain: str) -> dict[str, Message]:
    file = root / LOCALE / language / "LC_MESSAGES" / f"{domain}.po"
    with file.open("rb") as source:
        catalogue = read_po(source, locale=language, domain=domain, abort_invalid=True)
    assert not catalogue.obsolete, f"{file.name} ({language}) keeps sentences that nobody says any more"
    return {_ids(message)[0]: message for message in catalogue if message.id}


def _ids(message: Message) -> tuple[str, ...]:
    return message.id if isinstance(message.id, tuple | list) else (message.id,)


def _strings_of(message: Message) -> tuple[str, ...]:
    return tuple(message.string) if isinstance(message.string, tuple | list) else (message.string,)


def _fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}


def test_every_sentence_is_in_every_catalogue(used: dict[str, set[str]], root: Path) -> None:
    missing = [
        f"{language}/{domain}: {sentence}"
        for domain, sentences in used.items()
        for language in LANGUAGES
        for sentence in sentences - {s for m in _catalogue(root, language, domain).values() for s in _ids(m)}
    ]
    assert not missing


def test_no_catalogue_keeps_what_nobody_says(used: dict[str, set[str]], root: Path) -> None:
    domains = {file.stem for file in (root / LOCALE).rglob("*.po")}
    assert domains == set(used)
    spare = [
        f"{language}/{domain}: {sentence}"
        for domain in domains
        for language in LANGUAGES
        for sentence in _catalogue(root, language, domain).keys() - used[domain]
    ]
    assert not spare


@pytest.mark.parametrize("language", LANGUAGES)
def test_translations_are_done(language: str, used: dict[str, set[str]], root: Path) -> None:
    wrong = []
    for domain in used:
        for message in _catalogue(root, language, domain).values():
            if message.fuzzy:
                wrong.append(f"{domain}: fuzzy: {message.id}")
            fields = set().union(*(_fields(each) for each in _ids(message)))
            for text in _strings_of(message):
                if not text:
                    wrong.append(f"{domain}: empty: {message.id}")
                elif not _fields(text) <= fields or (len(_ids(message)) == 1 and _fields(text) != fields):
                    wrong.append(f"{domain}: other placeholders: {message.id}")
    assert not wrong


def test_French_typography(used: dict[str, set[str]], root: Path) -> None:
    """’ for the apostrophe, and a space that does not break before what is high."""
    wrong = [
        f"{domain}: {text}"
        for domain in used
        for message in _catalogue(root, "fr", domain).values()
        for text in _strings_of(message)
        if re.search(r"\w'\w|[\w»)](?<!http)(?<!https)[:;!?](\s|$)|\w [:;!?»](\s|$)|« ", text)
    ]
    assert not wrong
