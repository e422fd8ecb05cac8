"""Which systems' exports can be read. One line each."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from knowledge_base.sources.confluence import read_confluence
from knowledge_base.sources.exports import Export, Found
from knowledge_base.sources.git import read_git
from knowledge_base.sources.servicenow import read_servicenow
from knowledge_base.sources.sitemap import read_sitemap
from knowledge_base.sources.zendesk import read_zendesk

READERS: dict[str, Callable[[Export], Iterator[Found]]] = {
    "confluence": read_confluence,
    "zendesk": read_zendesk,
    "servicenow": read_servicenow,
    "git": read_git,
    "sitemap": read_sitemap,
}
