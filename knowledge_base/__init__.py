"""Question in; cited answer, suggestions, one clarifying question or an abstention out.

Knows no Slack, queue or database. `answering.py` is what others call.
"""
