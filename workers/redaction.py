"""Cuts secrets out of what people type; the rules are the classifier's, which must cut the same from what it learns."""

from classifier.data.redaction import Redacted, redact

__all__ = ["Redacted", "redact"]
