"""From the workspace to an app: events and interactions, over signed HTTP or Socket Mode."""
