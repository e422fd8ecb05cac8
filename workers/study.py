"""A study in a process of its own: `python -m workers.study STUDY`."""

import sys

from workers.oversight import drift, replay, studies
from workers.oversight.studies import Work
from workers.service_desk import open_desk

WORK: dict[str, Work] = {"replay": replay.run, "drift": drift.run}

if __name__ == "__main__":
    try:
        studies.run(open_desk(), int(sys.argv[1]), WORK)
    except studies.TROUBLE as error:
        sys.exit(str(error))  # the study's row says so, too
