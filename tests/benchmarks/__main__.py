"""`make bench [ONLY="desk classifier"] [TRAINED=HOME]`: run every measurement and rewrite docs/BENCHMARKS.md.

With a stopped desk's home the desk is measured without its first training.
"""

import os
import platform
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console

from tests.benchmarks import (
    adapting,
    classifier,
    desk,
    drift,
    gaps,
    knowledge_base,
    labelling,
    new_team,
    public_sets,
    scale,
    starter,
    training,
)

REPORT = Path(__file__).parents[2] / "docs" / "BENCHMARKS.md"
SECTIONS: dict[str, Callable[[], str]] = {
    "desk": desk.section,
    "knowledge_base": knowledge_base.section,
    "scale": scale.section,
    "adapting": adapting.section,
    "gaps": gaps.section,
    "classifier": classifier.section,
    "public_sets": public_sets.section,
    "training": training.section,
    "new_team": new_team.section,
    "labelling": labelling.section,
    "drift": drift.section,
    "starter": starter.section,
}
MARK = "<!-- {} -->"


def main(wanted: list[str], trained: Path | None = None) -> None:
    """Run the wanted sections, or all; what is not run keeps its last figures."""
    console = Console()
    sections = SECTIONS | {"desk": lambda: desk.section(trained)}
    for name, section in sections.items():
        if wanted and name not in wanted:
            continue
        console.print(f"measuring {name} …")
        started, measured = _machine(), section().strip()
        kept = _kept(REPORT.read_text(encoding="utf-8") if REPORT.exists() else "")  # now: others may have written
        kept[name] = f"_{started}_\n\n{measured}\n"
        REPORT.write_text(_page(kept), encoding="utf-8")  # at once: a later section may fail
    console.print(f"written to {REPORT}")


def _page(sections: dict[str, str]) -> str:
    head = (
        "# Benchmarks\n\nWritten by `make bench`. These machines are noisy: trust ratios within one section, "
        "not absolute times.\n"
    )
    parts = [f"{MARK.format(name)}\n{sections[name]}" for name in SECTIONS if name in sections]
    return "\n".join([head, *parts])


def _kept(page: str) -> dict[str, str]:
    """The sections of the last report, by name."""
    found = {}
    for name in SECTIONS:
        _, mark, rest = page.partition(MARK.format(name) + "\n")
        if mark:
            found[name] = rest.split("<!-- ", 1)[0].strip() + "\n"
    return found


def _machine() -> str:
    load = os.getloadavg()[0]
    when = datetime.now(UTC)
    return f"{when:%Y-%m-%d %H:%M} UTC, {platform.machine()}, {os.cpu_count()} cores, load {load:.1f} at the start"


if __name__ == "__main__":
    homes = [word.removeprefix("trained=") for word in sys.argv[1:] if word.startswith("trained=")]
    names = [word for word in sys.argv[1:] if not word.startswith("trained=")]
    main(names, Path(homes[0]) if homes else None)
