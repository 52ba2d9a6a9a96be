"""Prompts and long messages in plain words, for platforms that show them no other way; and the answers read back."""

import re
from collections.abc import Sequence

from brigade.texts import Texts
from brigade.vocabulary import Answer, Prompt, PromptKind

texts = Texts("post")
_SENTENCE = re.compile(r"(?<=[.!?…])\s+")
_NUMBER = re.compile(r"^\s*\(?(\d{1,3})\s*(?:[.)]|/\s*10)?\s*$")


def split(text: str, length: int) -> list[str]:
    """``text`` in pieces of at most ``length`` characters, cut at paragraphs, else sentences, else words."""
    pieces: list[str] = []
    rest = text.strip()
    while len(rest) > length:
        cut = _cut(rest, length)
        pieces.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    return [*pieces, rest] if rest or not pieces else pieces


def _cut(text: str, length: int) -> int:
    head = text[:length]
    for least, found in ((length // 3, head.rfind("\n\n")), (length // 3, _last_sentence(head)), (1, head.rfind(" "))):
        if found >= least:
            return found
    return length


def _last_sentence(head: str) -> int:
    ends = [found.start() for found in _SENTENCE.finditer(head)]
    return ends[-1] if ends else -1


def numbered(text: str, prompt: Prompt, language: str) -> str:
    """The question with its answers as a list, and how to answer."""
    if prompt.options:
        lines = [f"{number}. {option.label}" for number, option in enumerate(prompt.options, 1)]
        how = texts(language, "Reply with the number of your choice.")
        return "\n".join([text, "", *lines, "", how])
    if prompt.kind is PromptKind.SCALE and prompt.min is not None and prompt.max is not None:
        how = texts(language, "Reply with a number from {low} to {high}.", low=prompt.min, high=prompt.max)
        return f"{text}\n\n{how}"
    return text


def read_answer(said: str, prompt: Prompt) -> Answer | None:
    """What ``said`` answers to ``prompt``: a number, a label or an option's id alone; None when it does not."""
    number = _NUMBER.match(said)
    if prompt.options:
        return _chosen(said, prompt, int(number[1]) if number else None)
    if prompt.kind is PromptKind.SCALE:
        low, high = prompt.min or 0, prompt.max if prompt.max is not None else 10
        return Answer(prompt.id, value=int(number[1])) if number and low <= int(number[1]) <= high else None
    return Answer(prompt.id, value=said.strip()) if prompt.kind is PromptKind.TEXT and said.strip() else None


def _chosen(said: str, prompt: Prompt, number: int | None) -> Answer | None:
    if number is not None and 1 <= number <= len(prompt.options):
        return Answer(prompt.id, option=prompt.options[number - 1].id)
    plain = _plain(said)
    same = [option.id for option in prompt.options if plain in (_plain(option.label), _plain(option.id))]
    return Answer(prompt.id, option=same[0]) if same and plain else None


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.casefold()))


def payload(prompt: Prompt, option_id: str) -> str:
    """What a native button sends back."""
    return f"answer:{prompt.id}:{option_id}"


def read_payload(given: str, prompts: Sequence[Prompt]) -> Answer | None:
    """The answer that a native button stands for; None when its question was never asked."""
    kind, _, rest = given.partition(":")
    for prompt in prompts if kind == "answer" else ():
        if not rest.startswith(f"{prompt.id}:"):
            continue
        chosen = rest[len(prompt.id) + 1 :]
        if prompt.options:
            return Answer(prompt.id, option=chosen)
        return Answer(prompt.id, value=int(chosen)) if chosen.isdigit() else Answer(prompt.id, value=chosen)
    return None
