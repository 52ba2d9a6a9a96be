"""Markdown and plain text from editors, as safe HTML: their own tags are shown, never obeyed."""

import re
from functools import lru_cache

from markdown_it import MarkdownIt
from markdown_it.token import Token
from markupsafe import Markup, escape

_TEXTS = {"114"}  # reached by SMS
_NUMBER = re.compile(
    r"(?<![\d.,])(116\s?000|116\s?006|3919|3114|3018|112|114|115|119|196|15|17|18)(?![\d.,]\d|\d|\s?(?:ans|h\b|%|€))"
)


def _parser() -> MarkdownIt:
    found = MarkdownIt("commonmark", {"html": False}).enable("table").disable("image")
    found.add_render_rule("link_open", _link)
    return found


def _link(self: object, tokens: list[Token], at: int, options: object, env: object) -> str:
    href = str(tokens[at].attrGet("href") or "")
    away = ' rel="noreferrer external"' if href.startswith("http") else ""
    return f'<a href="{escape(href)}"{away}>'


_PARSER = _parser()


@lru_cache(maxsize=4096)
def markdown(text: str, top: int = 3) -> Markup:
    """``text`` as HTML; its highest headings become ``h{top}``, since the page has its own."""
    tokens = _PARSER.parse(text)
    levels = [int(token.tag[1]) for token in tokens if token.type == "heading_open"]
    shift = top - min(levels, default=top)
    for token in tokens:
        if token.type in ("heading_open", "heading_close"):
            token.tag = f"h{min(6, int(token.tag[1]) + shift)}"
    return Markup(_PARSER.renderer.render(tokens, _PARSER.options, {}))  # noqa: S704 - made by the parser, html off


def callable_numbers(text: str) -> Markup:
    """Plain text whose emergency numbers can be pressed."""
    return Markup(_NUMBER.sub(_dial, str(escape(text))))  # noqa: S704 - escaped first


def _dial(found: re.Match[str]) -> str:
    return f'<a href="{dial(found[1], "sms" if found[1] in _TEXTS else "tel")}">{found[1]}</a>'


def dial(number: str, scheme: str = "tel") -> str:
    """The address of a telephone number."""
    return f"{scheme}:{re.sub(r'[^0-9+]', '', number)}"
