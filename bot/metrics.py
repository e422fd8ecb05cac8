"""What Prometheus may read at `/metrics`."""

from prometheus_client import Counter, Histogram

MESSAGES = Counter("deskhand_messages_total", "Messages handled, by what the bot decided", ["decision"])
REPEATED = Counter("deskhand_repeated_events_total", "Events that Slack sent again and that were left alone")
TROUBLE = Counter("deskhand_trouble_total", "Errors that people were given a reference number for")
MESSAGE_SECONDS = Histogram(
    "deskhand_message_seconds",
    "From the claimed message to the sent reply",
    buckets=(0.01, 0.02, 0.03, 0.04, 0.06, 0.1, 0.2, 0.5, 1, 3),
)
