"""Which question a citizen's answer is for, and the answer in words."""

from collections.abc import Sequence

from brigade.errors import Malformed
from brigade.transcript import Entry
from brigade.vocabulary import Answer, Prompt


def find_prompt(entries: Sequence[Entry], answer: Answer) -> tuple[Entry, Prompt]:
    """The newest shown question with the id that ``answer`` names. Malformed when there is none."""
    for entry in reversed(entries):
        prompt = Prompt.parse(entry.payload.get("prompt"))
        if prompt and prompt.id == answer.prompt and entry.event_id:
            return entry, prompt
    raise Malformed("this question was not asked in this conversation", "no-such-prompt")


def label_of(prompt: Prompt, answer: Answer) -> str:
    """The answer in words. Malformed when it is none of those that were offered."""
    labels = {option.id: option.label for option in prompt.options}
    if labels or answer.option is not None:
        if answer.option not in labels:
            offered = f"choose one of: {', '.join(labels)}" if labels else "this question has no options: give a value"
            raise Malformed(offered, "no-such-option")
        return labels[answer.option]
    if prompt.min is not None and prompt.max is not None and answer.value not in range(prompt.min, prompt.max + 1):
        raise Malformed(f"choose a number from {prompt.min} to {prompt.max}", "out-of-range")
    return str(answer.value)
