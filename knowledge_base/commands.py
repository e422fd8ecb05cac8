"""`deskhand kb`: sync, search, evaluate."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.table import Table

from knowledge_base import embedding
from knowledge_base.answering import Answerer
from knowledge_base.bundle import CALIBRATION, DEVELOPMENT, TEST, open_index
from knowledge_base.documents import AUDIENCES, Question
from knowledge_base.embedding import Encoder
from knowledge_base.encoders import encoder_of, exported, version_to_sync_with
from knowledge_base.errors import KnowledgeBaseError
from knowledge_base.evaluation import evaluate as measure
from knowledge_base.explaining import Contribution, Explanation, explain_search
from knowledge_base.index import Index
from knowledge_base.prior import PRIOR
from knowledge_base.settings import Settings
from knowledge_base.sources import read_articles, read_questions
from knowledge_base.syncing import as_row, served_bundle, show, sync

app = typer.Typer(help="Articles: index them, search them, measure the answers.", no_args_is_help=True)
DEFAULT_LIMIT = 0.05


@app.command("sync")
def sync_command(
    directory: Annotated[Path | None, typer.Argument(help="Folder of articles; the desk's by default.")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change, and why.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Index the articles and serve them: Markdown, HTML, PDF and Word files, and the exports of other systems.

    Only what has changed is converted and encoded again. A broken file is named and the rest goes on; an article whose
    file broke stays as it was last served. `docs/OPERATING.md` lists the sources.
    """
    settings = Settings()
    articles = directory or settings.desk / "articles"
    questions = settings.desk / "questions"
    with plainly(), bar(quiet=as_json) as progress:
        done = sync(articles, questions, settings, dry_run=dry_run, progress=progress)
    print(json.dumps(as_row(done))) if as_json else show(done, Console())


@app.command()
def search(
    text: Annotated[str, typer.Argument(help="The question.")],
    k: Annotated[int, typer.Option("-k", min=1, max=50, help="How many articles.")] = 5,
    why: Annotated[bool, typer.Option("--why", help="All that brought each article to its place.")] = False,
    limit: Annotated[float, typer.Option(min=0.001, max=0.5, help="Highest share of wrong answers.")] = DEFAULT_LIMIT,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Show which articles come first for a question, and why. Searches what everybody and every team may read."""
    settings = Settings()
    with plainly():
        answerer = _answerer(settings)
        if why:
            explained = explain_search(answerer, text, frozenset(AUDIENCES), k, limit)
            print(json.dumps(asdict(explained))) if as_json else _print_explanation(explained)
            return
        hits = answerer.search(text, k=k)
    if as_json:
        print(json.dumps([vars(hit) for hit in hits]))
        return
    table = Table("article", "answers", "score", "parts", "passage")
    for hit in hits:
        parts = " ".join(f"{name} {value:.2f}" for name, value in hit.scores.items())
        first = " ".join(hit.passage.split())[:90]
        table.add_row(hit.article_id, f"{hit.probability:.0%}", f"{hit.score:.3f}", parts, first.replace("[", "\\["))
    Console().print(table)


def _print_explanation(explained: Explanation) -> None:
    console = Console(markup=False, highlight=False)
    console.print(f"{explained.reply.kind}: {explained.reply.why}")
    unknown = [word.text for word in explained.words if not word.known]
    if unknown:
        console.print(f"in no article: {', '.join(unknown)}")
    for place, hit in enumerate(explained.hits, 1):
        console.print(f"\n{place}. {hit.article_id}  {hit.title}", style="bold")
        for door in hit.doors:
            console.print(f"   {door.cosine:.2f} {door.kind}: {' '.join(door.text.split())[:90]}")
        console.print(f"   score {hit.score:.3f} = {_sum_of(hit.parts)}")
        console.print(f"   {hit.probability:.0%} from {explained.intercept:+.2f} {_sum_of(hit.features, '+')}")


def _sum_of(parts: Sequence[Contribution], sign: str = "") -> str:
    strongest = sorted((part for part in parts if part.adds), key=lambda part: -abs(part.adds))
    return ", ".join(f"{part.name} {part.adds:{sign}.2f}" for part in strongest)


def _answerer(settings: Settings) -> Answerer:
    folder = served_bundle(settings)
    if folder is None:
        raise KnowledgeBaseError("Nothing is indexed yet. Run `deskhand kb sync` first.")
    return Answerer.open(folder, encoder_of(folder, settings), settings.encoder_threads)


@app.command()
def evaluate(
    articles: Annotated[Path | None, typer.Option(help="Folder of articles; the desk's by default.")] = None,
    questions: Annotated[Path | None, typer.Option(help="Labelled questions to report on.")] = None,
    development: Annotated[Path | None, typer.Option(help="Labelled questions to fit the gate on.")] = None,
    calibration: Annotated[Path | None, typer.Option(help="Labelled questions for the threshold.")] = None,
    limit: Annotated[float, typer.Option(min=0.001, max=0.5, help="Highest share of wrong answers.")] = DEFAULT_LIMIT,
    as_json: Annotated[bool, typer.Option("--json", help="For programs.")] = False,
) -> None:
    """Measure what would be served, beside BM25 and dense retrieval alone.

    The questions reported on are never fitted on. With the desk's own articles the desk's development and calibration
    questions fit the gate; with others, those given; with none, the coefficients that come with Deskhand serve.
    """
    settings = Settings()
    own = settings.desk / "questions"
    if articles is None:
        development, calibration = development or own / DEVELOPMENT, calibration or own / CALIBRATION
    with plainly(), bar(quiet=as_json) as progress:
        report = evaluate_folder(
            articles or settings.desk / "articles", questions or own / TEST, development, calibration, limit, settings,
            progress,
        )  # fmt: skip
    print(json.dumps(report)) if as_json else _print_report(report)


def evaluate_folder(
    articles_dir: Path,
    questions: Path,
    development: Path | None,
    calibration: Path | None,
    limit: float,
    settings: Settings,
    progress: embedding.Progress | None = None,
) -> dict[str, Any]:
    """Index a folder, fit the gate, and measure it on `questions`. Raises KnowledgeBaseError."""
    found = read_articles(articles_dir, cache=settings.converted, progress=progress)
    known = {article.id for article in found.articles} | {Path(problem.file).stem for problem in found.problems}
    known |= {left.id for left in found.left_out}
    asked = _checked(questions, known)
    served = served_bundle(settings)
    encoder = Encoder.open(exported(settings, version_to_sync_with(served, settings)), settings.encoder_threads)
    index = Index.build(found.articles, encoder, progress, open_index(served))
    gate = PRIOR
    if development or calibration:
        from knowledge_base.gate_fitting import fit_gate

        fit = _checked(development, known) if development else ()
        prove = _checked(calibration, known) if calibration else ()
        gate = fit_gate(index, encoder, encoder.unseen(fit), encoder.unseen(prove), progress=progress)
    report = measure(Answerer(index, encoder, gate), asked, limit, progress)
    return report | {"articles": len(index.articles), "broken_articles": len(found.problems)}


def _checked(path: Path, known: set[str]) -> Sequence[Question]:
    questions = read_questions(path)
    for number, question in enumerate(questions, 1):
        if strange := sorted(question.articles - known):
            raise KnowledgeBaseError(f"{path}, question {number}, articles: there is no article '{strange[0]}'.")
    return questions


def _print_report(report: dict[str, Any]) -> None:
    table = Table("", "served", *report["peers"])
    for name in next(iter(report["peers"].values())):
        values = [report[name], *(peer[name] for peer in report["peers"].values())]
        table.add_row(name, *(_number(value) for value in values))
    console = Console()
    console.print(table)
    served = report["served"]
    console.print(
        f"At a limit of {served['limit']:.0%} wrong answers (threshold {_number(served['threshold'])}): "
        f"answered {_number(served['answered'])}, wrong among them {_number(served['wrong'])}, "
        f"suggested {_number(served['suggested'])}, clarified {_number(served['clarified'])}, "
        f"abstained {_number(served['abstained'])}; {served['questions']} questions."
    )
    if served["threshold"] is None:
        console.print("Suggestions only: the calibration questions cannot prove this limit.")


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


@contextmanager
def plainly() -> Iterator[None]:
    """Errors of the knowledge base as one line on stderr and exit status 1."""
    try:
        yield
    except KnowledgeBaseError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error


@contextmanager
def bar(quiet: bool = False) -> Iterator[embedding.Progress]:
    """A progress bar on stderr; none for programs."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    with Progress(*columns, console=Console(stderr=True), disable=quiet, transient=True) as shown:
        tasks: dict[str, Any] = {}

        def progress(stage: str, done: int, total: int) -> None:
            if stage not in tasks:
                tasks[stage] = shown.add_task(stage, total=total)
            shown.update(tasks[stage], completed=done, total=total)

        yield progress
