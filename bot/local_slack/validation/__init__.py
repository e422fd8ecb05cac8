"""What Slack accepts, and its words for what it does not: text, Block Kit, views."""
