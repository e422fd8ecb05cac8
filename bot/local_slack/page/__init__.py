"""The browser page on which one can be any person in the workspace.

`mrkdwn`, `rich_text` and `markdown` turn text into HTML in which nothing of a person's text is markup;
the other modules place NiceGUI elements.
"""
