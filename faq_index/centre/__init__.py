"""The public help centre: ``Centre(Settings(…), journal).application()`` is an aiohttp application."""

from faq_index.centre.app import Centre
from faq_index.centre.journal import Feedback, Journal, Missed
from faq_index.centre.settings import Settings

__all__ = ["Centre", "Feedback", "Journal", "Missed", "Settings"]
