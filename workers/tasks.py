"""Celery's tasks, each a few lines: open the desk of this process, call the domain, send what came of it."""

from functools import lru_cache
from typing import Any

import structlog
from celery import Task, shared_task
from kombu.exceptions import OperationalError

from workers import heartbeat, outbox, sweeps
from workers.knowledge import adapting, gap_searches
from workers.labelling import searching
from workers.oversight import scoring, studies, watch
from workers.routing import missed
from workers.service_desk import ServiceDesk, open_desk
from workers.training import challenger, retraining, runs

log = structlog.get_logger(__name__)


@lru_cache(maxsize=1)
def desk() -> ServiceDesk:
    """The desk of this process, opened with the first task."""
    return open_desk()


def hand_over(task: Task, *args: Any) -> bool:
    """Ask the workers for a task. A broker that is away delays it until the next sweep, and loses nothing."""
    try:
        task.apply_async(args=args, retry=False)
    except (OperationalError, OSError) as error:
        log.warning("broker_away", task=task.name, why=str(error))
        return False
    return True


@shared_task(name="route")
def route(ticket_id: int) -> None:
    """Label one new ticket and send its card."""
    missed.route_one(desk(), ticket_id)
    outbox.deliver_due(desk().store, desk().messenger, lane=f"ticket:{ticket_id}")


@shared_task(name="route_missed")
def route_missed() -> None:
    """Route tickets whose task was lost."""
    missed.route_missed(desk())


@shared_task(name="deliver")
def deliver() -> None:
    """Send what waits in the outbox; comes every two seconds, so it also shows that tasks are consumed."""
    heartbeat.consumed(desk().settings)
    outbox.deliver_due(desk().store, desk().messenger)


@shared_task(name="watch_sla")
def watch_sla() -> None:
    """Tell the teams about promises that are broken or soon will be."""
    sweeps.watch_sla(desk())


@shared_task(name="close_resolved")
def close_resolved() -> None:
    """Close tickets that were resolved long ago."""
    sweeps.close_resolved(desk())


@shared_task(name="see_to_runbooks")
def see_to_runbooks() -> None:
    """Send due links, let old ones expire."""
    sweeps.see_to_runbooks(desk())


@shared_task(name="score_in_shadow")
def score_in_shadow() -> None:
    """Score what was routed with the models in shadow."""
    scoring.score_new(desk())


@shared_task(name="watch_classifier")
def watch_classifier() -> None:
    """Roll the promoted classifier back when it does worse live."""
    watch.look_after(desk())


@shared_task(name="study")
def study(study_id: int) -> None:
    """Replay tickets, or look for drift."""
    studies.run_apart(desk().store, study_id)


@shared_task(name="look_after_studies")
def look_after_studies() -> None:
    """Begin the weekly look for drift, and hand over the studies that wait."""
    studies.request_due(desk().store)
    for study_id in studies.waiting(desk().store):
        hand_over(study, study_id)


@shared_task(name="train")
def train(run_id: int) -> None:
    """Train a challenger and compare it with the champion, or look for wrong labels."""
    of_kind = {
        "classifier": challenger.run_training, "encoder": adapting.run_training, "labels": searching.run_search
    }  # fmt: skip
    of_kind[runs.kind_of(desk().store, run_id)](desk(), run_id)


@shared_task(name="look_after_trainings")
def look_after_trainings() -> None:
    """Begin those that are due, and ask again for those whose worker died, or whose task was lost."""
    for run_id in (*retraining.request_due(desk()), *runs.waiting(desk().store)):
        hand_over(train, run_id)


@shared_task(name="find_gaps")
def find_gaps(search_id: int) -> None:
    """Look for what no article answers."""
    gap_searches.run_apart(desk().store, search_id)


@shared_task(name="look_after_gaps")
def look_after_gaps() -> None:
    """Begin the weekly search for gaps, and hand over those that wait."""
    gap_searches.request_due(desk().store)
    for search_id in gap_searches.waiting(desk().store):
        hand_over(find_gaps, search_id)
