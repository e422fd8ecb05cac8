"""Runbooks: what the machine does for people by itself, within limits, with an undo beside each step."""
