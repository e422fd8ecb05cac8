"""Looks for gaps in a process of its own: `python -m workers.gap_finder SEARCH`."""

import sys

from workers.knowledge import gap_searches
from workers.service_desk import open_desk

if __name__ == "__main__":
    try:
        gap_searches.run(open_desk(), int(sys.argv[1]))
    except gap_searches.TROUBLE as error:
        sys.exit(str(error))  # the search's row says so, too
