"""``brigade faq``: the FAQ's own commands, found by name because this package imports none of ours."""

import importlib

app = importlib.import_module("faq_index.commands").app
