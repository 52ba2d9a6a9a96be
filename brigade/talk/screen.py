"""What the citizen sees, as lines of a terminal."""

import sys
from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.text import Text

from brigade.talk.keyboard import Keyboard
from brigade.vocabulary import Prompt


class Screen:
    """``page``: what the API tells a widget about its entry point, with its sentences in the citizen's language.
    ``prompt``: the last question shown that has no answer yet.
    """

    def __init__(self, keyboard: Keyboard, page: Mapping[str, Any]) -> None:
        self.prompt: Prompt | None = None
        self._keyboard = keyboard
        self._page = page
        self._texts: Mapping[str, str] = page["texts"]
        self._console = Console(highlight=False, soft_wrap=True)
        self._said = ""

    def note(self, sentence: str, style: str = "dim") -> None:
        """Something of the tool itself, or a status."""
        self._print(Text(sentence, style))

    def welcome(self) -> None:
        """What the widget shows before the first message."""
        page = self._page
        self._print(Text(str(page["title"]), "bold"))
        self._print(Text(str(page["welcome"])))
        numbers = [f"{row['number']} {row['label']}" for row in page["emergency"]]
        self._print(Text(" · ".join(numbers), "red"))

    def show(self, event: Mapping[str, Any]) -> None:
        """One event of the stream."""
        getattr(self, f"_{event['type']}", self._other)(event)

    def _message(self, event: Mapping[str, Any]) -> None:
        if event["from"] != "me":
            self._print(self._from_others(event))
        elif not self._keyboard.is_person:  # whoever typed it sees it already
            self._print(Text(f"» {event['text']}", "cyan"))
        if file := event.get("attachment"):
            self.note(f"  📎 {file['name']} ({file['type']}, {file['size']} B)")
        if prompt := Prompt.parse(event.get("prompt")):
            self._ask(prompt)

    @staticmethod
    def _from_others(event: Mapping[str, Any]) -> Text:
        style = "bold red" if event.get("emergency") else "bold green" if event["from"] == "gendarme" else "bold blue"
        return Text.assemble((f"{event.get('alias') or event['from']} : ", style), str(event.get("text") or ""))

    def _ask(self, prompt: Prompt) -> None:
        self.prompt = prompt
        for number, option in enumerate(prompt.options, start=1):
            self._print(Text(f"  {number}. {option.label}", "yellow"))
        if prompt.min is not None and prompt.max is not None:
            worst, best = self._texts["worst"], self._texts["best"]
            row = " ".join(str(value) for value in range(prompt.min, prompt.max + 1))
            self._print(Text(f"  {row}   ({prompt.min} = {worst}, {prompt.max} = {best})", "yellow"))

    def _status(self, event: Mapping[str, Any]) -> None:
        found = [self._texts.get(f"state_{event['state']}", event["state"])]
        if event.get("position"):
            found.append(self._texts["state_position"].format(position=event["position"]))
        if event.get("wait_minutes"):
            found.append(self._texts["state_minutes"].format(minutes=event["wait_minutes"]))
        sentence = " ".join(found)
        if not self._said.startswith(sentence):  # each change comes with its hint, which says the same and more
            self.note(sentence)
            self._said = sentence

    def _typing(self, event: Mapping[str, Any]) -> None:
        if event["typing"]:
            self.note(self._texts["typing"])

    def _read(self, _event: Mapping[str, Any]) -> None:
        self.note(self._texts["read"])

    def _edit(self, event: Mapping[str, Any]) -> None:
        self.note(f"{self._texts['edited_notice']} {event['text']}")

    def _delete(self, _event: Mapping[str, Any]) -> None:
        self.note(self._texts["deleted_notice"])

    def _other(self, event: Mapping[str, Any]) -> None:
        self.note(str(event))

    def _print(self, text: Text) -> None:
        """Above the line that is being typed, which is then put back as it was."""
        typed = self._keyboard.typed()
        if typed:
            sys.stdout.write("\r\x1b[K")
        self._console.print(text)
        if typed:
            sys.stdout.write(typed)
        sys.stdout.flush()
