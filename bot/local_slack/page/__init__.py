"""The browser page on which one can be any person in the workspace."""
