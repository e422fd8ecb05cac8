"""What the workspace holds in memory, one file a noun; no network, no tasks."""
