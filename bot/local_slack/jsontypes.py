"""The shape of what travels over the wire."""

from typing import Any

Json = dict[str, Any]
Blocks = list[Json]
