"""A page that fails for a reason nobody foresaw."""

import re
from pathlib import Path

import httpx
from sqlalchemy import text

from tests.console.conftest import serving
from tests.console.world import ADMIN, World


def test_a_page_that_fails_gives_a_number_that_is_in_the_log_and_nothing_of_the_inside(
    world: World, tmp_path: Path
) -> None:
    cookies = {"deskhand_console": world.session_for(ADMIN)}
    with world.desk.store.begin() as session:
        session.execute(text("DROP TABLE training_runs"))
    with serving(world, tmp_path / "log") as url:
        answer = httpx.get(f"{url}/console/models", cookies=cookies, timeout=30)
    assert answer.status_code == 500
    (reference,) = set(re.findall(r"E-[0-9A-F]{6}", answer.text))
    assert "could not be shown" in answer.text
    assert not re.search(r"(?i)sqlite|training_runs|traceback", answer.text)
    assert reference in (tmp_path / "log").read_text(encoding="utf-8")
