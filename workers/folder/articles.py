"""Articles against the rest of the folder: their owners, links, runbooks and example questions."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from knowledge_base.documents import Article
from workers.desk import DeskProblem
from workers.handbook import Handbook
from workers.runbooks.files import Runbook
from workers.store.columns import now

LINK = re.compile(r"\]\(\s*<?([^)\s>#]+\.md)(?:#[^)\s>]*)?>?\s*\)")


def check_articles(
    folder: Path, handbook: Handbook, runbooks: Mapping[str, Runbook], articles: Sequence[Article]
) -> Iterator[DeskProblem]:
    """Every owner works here, every link leads somewhere, no two articles claim one question."""
    known = {article.path for article in articles}
    claimed: dict[str, str] = {}
    for article in articles:
        path = folder / "articles" / article.path
        # What was converted has no lines to point to; its links lead to the web alone.
        text = path.read_text(encoding="utf-8-sig") if article.path.endswith(".md") else ""
        yield from _front_matter(path, text, article, handbook, runbooks)
        for match in LINK.finditer(text):
            target = (Path(article.path).parent / match[1]).as_posix()
            if "://" not in match[1] and target not in known:
                yield DeskProblem(
                    path, text.count("\n", 0, match.start()) + 1, "link", f"there is no article {match[1]}"
                )
        for question in article.ask:
            plain = " ".join(question.casefold().split())
            if (other := claimed.setdefault(plain, article.id)) != article.id:
                said = f"{question!r} is an example question of {other!r} too"
                yield DeskProblem(path, _line(text, question), "ask", said)


def _front_matter(
    path: Path, text: str, article: Article, handbook: Handbook, runbooks: Mapping[str, Runbook]
) -> Iterator[DeskProblem]:
    if text.startswith("---") and article.id != path.stem:
        yield DeskProblem(path, _line(text, "id:"), "id", f"must be {path.stem}, as the file is called")
    people = {person.handle: person for person in handbook.people}
    owner = people.get(article.owner)
    if people and owner is None:
        yield DeskProblem(path, _line(text, "owner:"), "owner", f"people.yaml has no {article.owner!r}")
    elif owner is not None and owner.role == "employee":
        said = f"{article.owner!r} is neither agent nor admin; an article's owner keeps it true"
        yield DeskProblem(path, _line(text, "owner:"), "owner", said)
    if article.updated > (now() + timedelta(days=1)).date():
        yield DeskProblem(path, _line(text, "updated:"), "updated", f"{article.updated} has not come yet")
    if article.runbook is not None:
        runbook = runbooks.get(article.runbook)
        if runbook is None:
            said = f"there is no runbooks/{article.runbook}.yaml"
            yield DeskProblem(path, _line(text, "runbook:"), "runbook", said)


def _line(text: str, words: str) -> int:
    """The first line that holds these words."""
    place = text.find(words)
    return text.count("\n", 0, place) + 1 if place >= 0 else 1
