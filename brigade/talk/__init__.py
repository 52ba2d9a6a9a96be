"""A citizen in a terminal, through the same API as the widget: see ``brigade.talk.session``."""
