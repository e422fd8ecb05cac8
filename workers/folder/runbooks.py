"""Runbooks against the rest of the folder: their article, automation, team and tier."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from knowledge_base.documents import Article
from workers.desk import DeskProblem, line_of
from workers.handbook import Handbook
from workers.runbooks.files import Runbook


def check_runbooks(
    folder: Path, handbook: Handbook, runbooks: Mapping[str, Runbook], articles: Sequence[Article]
) -> Iterator[DeskProblem]:
    """Each runbook has an article that names it, a team, and an automation whose tier its steps can bear."""
    by_id = {article.id: article for article in articles}
    teams = {team.id for team in handbook.desk.teams}
    rules = {rule.name: rule for rule in handbook.desk.automations}
    for name, runbook in runbooks.items():
        path = folder / "runbooks" / f"{name}.yaml"
        if runbook.team not in teams:
            yield DeskProblem(path, line_of(path, "team"), "team", f"desk.yaml has no team {runbook.team!r}")
        article = by_id.get(runbook.article)
        if article is None:
            yield DeskProblem(path, line_of(path, "article"), "article", f"there is no article {runbook.article!r}")
        elif article.runbook != name:
            said = f"the article {article.id!r} does not name this runbook; add `runbook: {name}` to its front matter"
            yield DeskProblem(path, line_of(path, "article"), "article", said)
        rule = rules.get(runbook.automation)
        if rule is None:
            said = "desk.yaml lists no such automation, so this runbook has no owner and never runs"
            yield DeskProblem(path, line_of(path, "automation"), "automation", said)
        elif rule.tier != "suggest" and runbook.for_people:
            place = handbook.desk.automations.index(rule)
            desk = folder / "desk.yaml"
            said = f"must be suggest: no adapter does {', '.join(runbook.for_people)} yet, people do"
            yield DeskProblem(desk, line_of(desk, "automations", place, "tier"), f"{rule.name}.tier", said)
    for place, rule in enumerate(handbook.desk.automations):
        wanted = rule.name.removeprefix("runbook:")
        if wanted != rule.name and wanted not in runbooks:
            desk = folder / "desk.yaml"
            line = line_of(desk, "automations", place, "name")
            yield DeskProblem(desk, line, rule.name, f"there is no runbooks/{wanted}.yaml")
