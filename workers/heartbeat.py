"""Whether the workers consume: one can be alive and deaf after its broker was away, so its process tells nothing."""

from time import time

import structlog
from redis import Redis
from redis.exceptions import RedisError

from workers.settings import Settings

log = structlog.get_logger(__name__)

_KEY = "deskhand:consumed_at"


def connect(settings: Settings) -> Redis:
    """The queue's Redis; short time-outs, so that nobody hangs on it."""
    # Celery writes a Unix socket's address in its own way.
    url = settings.redis_url.replace("redis+socket://", "unix://")
    return Redis.from_url(url, socket_timeout=2, socket_connect_timeout=2, decode_responses=True)


def consumed(settings: Settings) -> None:
    """Write down that a task has just been consumed; nothing else waits for this."""
    try:
        with connect(settings) as redis:
            redis.set(_KEY, repr(time()))
    except (RedisError, OSError) as error:
        log.warning("heartbeat_not_written", why=str(error))


def seconds_since_consumed(settings: Settings) -> float | None:
    """How long ago the last task was consumed; none when there was none yet, or Redis is away."""
    try:
        with connect(settings) as redis:
            at = redis.get(_KEY)
    except (RedisError, OSError):
        return None
    return time() - float(at) if at else None
