"""What is counted, under one prefix, so that a dashboard finds it whichever process it comes from."""

from prometheus_client import Counter, Gauge, Histogram

REFUSED = Counter("brigade_refused_total", "Requests refused, by reason", ["service", "reason"])
RECEIVED = Counter("brigade_events_received_total", "Events stored from the homeserver", ["service"])
HANDLED = Counter("brigade_events_handled_total", "Events worked off, by outcome", ["service", "outcome"])
PENDING = Gauge("brigade_inbox_pending", "Events stored and not yet worked off", ["service"])
SENT = Counter(
    "brigade_sent_total", "Calls that told the homeserver something, by action and outcome", ["action", "outcome"]
)
OPENED = Counter("brigade_conversations_opened_total", "Conversations opened", ["channel", "entry_point"])
INTERCEPTED = Counter("brigade_interceptions_total", "Emergencies told to call, by channel", ["channel"])
HELD = Counter("brigade_held_back_total", "Messages of people held back from the citizen, by reason", ["reason"])
CONNECTED = Gauge("brigade_citizens_connected", "Open streams", ["channel"])
DELIVERY_DELAY = Histogram(
    "brigade_delivery_seconds", "From stored to told to the homeserver", ["channel"],
    buckets=(0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 30, 300),
)  # fmt: skip
COMMANDS = Counter("brigade_commands_total", "Commands of operators, by name and outcome", ["command", "outcome"])
