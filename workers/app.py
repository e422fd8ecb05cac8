"""Celery: the queues and the timetable. State is in the database; a lost or doubled task changes nothing."""

import structlog
from celery import Celery
from celery.beat import Scheduler, Service
from redis.exceptions import LockError, RedisError

from workers.heartbeat import connect
from workers.settings import Settings

log = structlog.get_logger(__name__)

LOCK_S = 10.0
QUEUE = "desk"
TRAINING_QUEUE = "training"  # long work, so that it never stands in the way of a ticket

# Short sweeps over the database: a task sent at once may be lost with its broker, a row never is.
TIMETABLE = {
    "deliver what waits in the outbox": ("deliver", 2),
    "route tickets that were missed": ("route_missed", 10),
    "watch the SLA timers": ("watch_sla", 15),
    "close resolved tickets": ("close_resolved", 3600),
    "see to self-service runs": ("see_to_runbooks", 5),
    "score new tickets with the models in shadow": ("score_in_shadow", 10),
    "watch the promoted classifier": ("watch_classifier", 60),
    "look after replays and looks for drift": ("look_after_studies", 15),
    "look after trainings": ("look_after_trainings", 30),
    "look after searches for gaps, and begin the weekly one": ("look_after_gaps", 30),
}


def create_app(settings: Settings) -> Celery:
    """The Celery app for these settings, made the default one for `workers.tasks`."""
    app = Celery("deskhand", broker=settings.broker_url, include=["workers.tasks"])
    app.conf.update(
        task_default_queue=QUEUE,
        task_routes={task: {"queue": TRAINING_QUEUE} for task in ("train", "find_gaps", "study")},
        task_ignore_result=True,
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        worker_prefetch_multiplier=1,
        worker_hijack_root_logger=False,
        worker_redirect_stdouts=False,
        worker_send_task_events=False,
        broker_connection_retry_on_startup=True,
        broker_connection_timeout=2,
        # A process that asks for a task must never hang on a broker that is away.
        broker_transport_options={
            "socket_timeout": 5,
            "socket_connect_timeout": 2,
            "max_retries": 1,
            "interval_start": 0,  # else the second try would come after two seconds
            "interval_step": 0,
        },
        task_publish_retry=False,
        beat_schedule={
            words: {"task": task, "schedule": seconds, "options": {"expires": seconds * 2}}
            for words, (task, seconds) in TIMETABLE.items()
        },
    )
    app.set_default()
    return app


def run_timetable(settings: Settings) -> None:
    """Send the timetable's tasks until the process ends."""
    app = create_app(settings)
    app.loader.import_default_modules()
    app.conf.beat_max_loop_interval = LOCK_S / 5
    Service(app, scheduler_cls=OneAtATime).start()


class OneAtATime(Scheduler):
    """However many timetables are started, the one that holds the lock sends; another takes over when it dies.

    The schedule is kept in memory: nothing in it is longer than an hour, and every task may run too often.
    """

    def setup_schedule(self) -> None:
        """Celery's hook: read the schedule, make the lock."""
        super().setup_schedule()
        self.install_default_entries(self.schedule)
        self.merge_inplace(self.app.conf.beat_schedule)
        self._redis = connect(Settings())
        self._lock = self._redis.lock("deskhand:timetable", timeout=LOCK_S, blocking=False)

    def tick(self, *arguments: object, **options: object) -> float:
        """Send what is due, if the lock is ours; gives the seconds until the next look."""
        try:
            if self._lock.owned():
                self._lock.reacquire()
            elif not self._lock.acquire():
                return LOCK_S / 5
        except (RedisError, LockError) as error:
            log.warning("broker_away", why=str(error))
            return LOCK_S / 5
        return min(float(super().tick(*arguments, **options)), LOCK_S / 5)
