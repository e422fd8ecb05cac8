"""Make the workspace do what Slack does on a bad day."""

from typing import Annotated, Literal

from pydantic import BaseModel, Field, TypeAdapter, ValidationError

from bot.local_slack import posting
from bot.local_slack.delivery.misbehaviour import ApiFault, Misbehaviour
from bot.local_slack.errors import SlackApiError
from bot.local_slack.hub import Hub
from bot.local_slack.jsontypes import Json

Times = Annotated[int, Field(ge=1, le=1000)]


class Duplicate(BaseModel):
    """The next events come twice, the second time under another event_id."""

    kind: Literal["duplicate_events"]
    times: Times = 1


class Again(BaseModel):
    """The next events come again as they are, though acknowledged, marked as a first retry."""

    kind: Literal["same_event_again"]
    times: Times = 1


class Redeliver(BaseModel):
    """One event of the past comes again as it was."""

    kind: Literal["redeliver"]
    event_id: str


class RateLimit(BaseModel):
    """The next calls of a method (`*`: of all) get 429 with Retry-After."""

    kind: Literal["rate_limit"]
    method: str
    times: Times = 1
    retry_after: Annotated[int, Field(ge=0, le=60)] = 1


class ApiDown(BaseModel):
    """The next calls get a server error; with `after` they were carried out all the same."""

    kind: Literal["api_error"]
    method: str
    times: Times = 1
    status: Annotated[int, Field(ge=500, le=599)] = 500
    after: bool = False


class Delay(BaseModel):
    """The next events are held back."""

    kind: Literal["delay_events"]
    seconds: Annotated[float, Field(ge=0, le=600)]
    times: Times = 1


class Connections(BaseModel):
    """`drop_connections` closes sockets without a word, `disconnect` says so before."""

    kind: Literal["drop_connections", "disconnect"]


class Silence(BaseModel):
    """Sockets look alive and nothing comes through them, until switched off again."""

    kind: Literal["silence"]
    on: bool = True


class LinkPreview(BaseModel):
    """A link preview appears under a message: message_changed with the same text."""

    kind: Literal["link_preview"]
    channel: str
    ts: str
    url: str = "https://intranet.example/page"


class Calm(BaseModel):
    """No more faults."""

    kind: Literal["behave"]


Fault = Annotated[
    Duplicate | Again | Redeliver | RateLimit | ApiDown | Delay | Connections | Silence | LinkPreview | Calm,
    Field(discriminator="kind"),
]
_FAULTS: TypeAdapter[Fault] = TypeAdapter(Fault)


async def misbehave(hub: Hub, body: Json) -> Json:
    """Carry out one order, for example `{"kind": "rate_limit", "method": "chat.postMessage", "times": 3}`."""
    try:
        fault = _FAULTS.validate_python(body)
    except ValidationError as error:
        raise SlackApiError("invalid_arguments", detail=str(error)) from error
    if isinstance(fault, Connections):
        return await _cut(hub, fault)
    if isinstance(fault, Redeliver):
        if not hub.deliverer.redeliver(fault.event_id):
            raise SlackApiError("event_not_found")
    elif isinstance(fault, LinkPreview):
        _preview(hub, fault)
    elif isinstance(fault, Calm):
        hub.deliverer.misbehaviour = Misbehaviour()
    else:
        _remember(hub.deliverer.misbehaviour, fault)
    return {}


def _remember(misbehaviour: Misbehaviour, fault: Duplicate | Again | RateLimit | ApiDown | Delay | Silence) -> None:
    if isinstance(fault, Duplicate):
        misbehaviour.duplicate_events = fault.times
    elif isinstance(fault, Again):
        misbehaviour.same_event_again = fault.times
    elif isinstance(fault, RateLimit):
        misbehaviour.api_faults.append(ApiFault(fault.method, fault.times, 429, fault.retry_after))
    elif isinstance(fault, ApiDown):
        misbehaviour.api_faults.append(ApiFault(fault.method, fault.times, fault.status, after=fault.after))
    elif isinstance(fault, Delay):
        misbehaviour.delay_events, misbehaviour.delay_seconds = fault.times, fault.seconds
    else:
        misbehaviour.silent = fault.on


async def _cut(hub: Hub, fault: Connections) -> Json:
    sockets = hub.deliverer.sockets
    closed = 0
    for app in hub.config.apps:
        if fault.kind == "disconnect":
            closed += await sockets.disconnect(app.app_id, "refresh_requested")
        else:
            closed += await sockets.drop(app.app_id)
    return {"closed": closed}


def _preview(hub: Hub, fault: LinkPreview) -> None:
    channel = hub.workspace.channels.get(fault.channel)
    message = hub.workspace.messages.get(fault.channel, fault.ts)
    if channel is None or message is None:
        raise SlackApiError("message_not_found")
    posting.preview_link(hub, channel, message, fault.url)
