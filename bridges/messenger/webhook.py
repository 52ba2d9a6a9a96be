"""What Meta calls about our pages."""

from typing import Any, ClassVar

from bridges.messenger.events import Item, items
from brigade.post import meta, webhook
from brigade.post.webhook import NotOurs


class Webhook(meta.Webhook[Item]):
    """Events of pages; other objects of Meta are answered 404."""

    DONE: ClassVar[str] = "EVENT_RECEIVED"

    def read(self, payload: Any) -> list[Item]:
        """Raises NotOurs."""
        if not isinstance(payload, dict) or payload.get("object") != "page":
            raise NotOurs(404, "object")
        return items(payload)


def told(reason: str, page: str, what: object = None) -> None:
    """Count and log what came and is nobody's: an unknown page, field or event."""
    webhook.told("messenger", reason, page, what)
