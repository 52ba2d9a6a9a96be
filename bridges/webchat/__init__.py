"""The web chat: a citizen's API, the widget that uses it, and the pages around."""

from typing import Any

from aiohttp import web

from bridges.webchat import pages
from bridges.webchat.api import Api
from bridges.webchat.attachments import Attachments
from bridges.webchat.campaigns import Campaigns
from bridges.webchat.departures import Departures
from bridges.webchat.http import problems, protect
from bridges.webchat.limits import Gate
from bridges.webchat.settings import Settings
from bridges.webchat.stream import Streams
from brigade import channel
from brigade.config import Config, Section
from brigade.files import Shelf
from brigade.relay import Relay

__all__ = ["Channel", "Settings"]


class Channel(channel.Channel):
    """Wires the parts; knows nothing of Matrix."""

    def __init__(self, settings: Section, config: Config, relay: Relay) -> None:
        super().__init__(settings, config, relay)
        assert isinstance(settings, Settings)
        self._options = settings
        self._shelf = Shelf(relay.media, settings.image_pixels)
        self._gate = Gate(settings.limits, settings.trusted_proxies)
        self._streams = Streams(relay, settings, self._gate, config.web_url)
        self._departures = Departures(relay, self._gate, self._streams)
        self._campaigns = Campaigns(_feed(settings, config))

    def public(self) -> web.Application:
        """The API under ``/api/v1``; the widget and its pages beside it."""
        attachments = Attachments(self.relay, self._shelf, self._options.attachment_bytes)
        handlers = Api(
            self._options, self.relay, self._gate, self._streams, attachments, self._departures, self._campaigns
        )  # fmt: skip
        api = web.Application(middlewares=[problems])
        api.on_response_prepare.append(protect)
        api.add_routes(handlers.routes())
        app = web.Application()
        app.add_subapp("/api/v1", api)
        app.add_routes(pages.routes(self._options.widget))
        return app

    async def start(self) -> None:
        """Begin to work."""
        self._shelf.sweep()
        self._campaigns.start()

    async def stop(self) -> None:
        """Say goodbye to the open streams: citizens come back to the next process by themselves."""
        await self._campaigns.stop()
        await self._streams.stop()
        await self._departures.stop()

    async def show(self, conversation_id: str) -> None:
        """Wake the streams of a conversation."""
        self._streams.show(conversation_id)

    async def hint(self, conversation_id: str, payload: dict[str, Any]) -> None:
        """Pass on what is of the moment."""
        self._streams.hint(conversation_id, payload)


def _feed(settings: Settings, config: Config) -> str | None:
    """The address of the feed of campaigns: the administrator's, or the help centre's."""
    if settings.widget.campaigns_url:
        return str(settings.widget.campaigns_url)
    listen = config.listen
    return f"http://{listen.host}:{listen.help_centre}/campaigns.json" if config.help_centre.enabled else None
