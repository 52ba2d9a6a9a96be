"""The emergency numbers in a citizen's transcript: at once, but not at every line of an emergency that goes on."""

import time
from collections import OrderedDict
from typing import Any

from brigade.interception import Interception, numbers
from brigade.texts import Texts

texts = Texts("relay")
_AGAIN = 600.0  # seconds
_MOST = 10_000  # conversations that are remembered


class Numbers:
    """Of one channel; what was said when is of this process alone: after a restart they are said once more."""

    def __init__(self) -> None:
        self._said: OrderedDict[str, float] = OrderedDict()

    def due(self, conversation_id: str, heard: Interception) -> dict[str, Any] | None:
        """The message to show, in the language of the cry; None when there is no danger, or it was shown just now."""
        now = time.monotonic()
        if not heard.emergency or now - self._said.get(conversation_id, -_AGAIN) < _AGAIN:
            return None
        self._said[conversation_id] = now
        if len(self._said) > _MOST:
            self._said.popitem(last=False)
        return {
            "type": "message", "from": "assistant", "alias": texts(heard.language, "Assistant"), "lang": heard.language,
            "text": numbers(heard.language, can_speak=heard.can_speak), "emergency": True,
        }  # fmt: skip
