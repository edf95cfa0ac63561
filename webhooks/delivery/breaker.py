"""The breaker of an endpoint, and what disables it: rules over one lane, without a database or a clock.

closed -> open: most attempts of late failed, or the endpoint cannot be reached for several events.
open -> half-open: by itself, when its time has come; then one probe at a time goes out.
half-open -> closed after two probes that were answered; -> open for twice as long after one that failed.
"""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from webhooks.delivery.schedule import GONE, SPREAD, Jitter, uniform
from webhooks.delivery.sending import Outcome
from webhooks.delivery.verdicts import Verdict, is_timeout, verdict_of
from webhooks.models import OutgoingWebhook, WebhookLane

Reason = OutgoingWebhook.DisabledReason
# The verdicts on its attempts since a time, for the endpoint at hand.
History = Callable[[datetime], Sequence[Verdict]]

WINDOW = timedelta(minutes=5)
FEWEST_ATTEMPTS, FAILED_PART = 10, 0.7
UNREACHABLE_IN_A_ROW, UNREACHABLE_EVENTS = 6, 3
SHORTEST_OPEN, LONGEST_OPEN = timedelta(seconds=30), timedelta(minutes=15)
PROBES = 2

FAILING_FOR = timedelta(hours=120)
FAILING_ATTEMPTS, FAILING_EVENTS = 20, 5
REFUSALS_APART = timedelta(seconds=60)
# A failing endpoint is told of at so many failures, then after so long.
NOTICE_FAILURES, NOTICES_AFTER = 4, (timedelta(hours=24), timedelta(hours=72))

SLOW_MS, SLOW_AFTER_TIMEOUT = 2000, timedelta(minutes=10)
QUICK_SUCCESSES = 10
# Of each answer this part goes into the moving average. Under CALM_MS it is not kept any more.
LATENCY_PART, CALM_MS = 1 / 8, 500


def note(
    lane: WebhookLane, outcome: Outcome, now: datetime, *, history: History, jitter: Jitter = uniform
) -> str | None:
    """Changes `lane` by one outcome, unsaved. The reason to disable its endpoint, if there is one now."""
    verdict = verdict_of(outcome.status, outcome.error)
    note_speed(lane, outcome, verdict)
    if verdict is Verdict.OURS:
        return None
    if verdict is Verdict.REFUSED:
        return note_refusal(lane, outcome)
    lane.refused_at = None
    if verdict is Verdict.SUCCESS:
        note_success(lane, now)
    else:
        note_failure(lane, outcome, verdict, now)
    note_breaker(lane, outcome, verdict, now, history=history, jitter=jitter)
    if outcome.status == GONE:
        return Reason.GONE
    return Reason.FAILING if is_hopeless(lane, now) else None


def note_speed(lane: WebhookLane, outcome: Outcome, verdict: Verdict) -> None:
    """Slow: by a timeout for ten minutes, by its average until ten successes in a row are quick."""
    took = outcome.duration_ms
    if is_timeout(outcome.status, outcome.error):
        lane.slow_until = outcome.ended_at + SLOW_AFTER_TIMEOUT
    if lane.latency_ms or took > SLOW_MS:
        average = round(lane.latency_ms + LATENCY_PART * (took - lane.latency_ms))
        lane.latency_ms = average if average > CALM_MS or lane.is_slow or took > SLOW_MS else 0
    lane.is_slow = lane.is_slow or lane.latency_ms > SLOW_MS
    if took > SLOW_MS or verdict is not Verdict.SUCCESS:
        lane.quick_successes = 0
    elif lane.is_slow or lane.slow_until is not None:
        lane.quick_successes += 1
    if lane.quick_successes >= QUICK_SUCCESSES:
        lane.is_slow, lane.slow_until, lane.latency_ms, lane.quick_successes = False, None, 0, 0


def note_refusal(lane: WebhookLane, outcome: Outcome) -> str | None:
    """Twice, for a name may point to a private address for a moment by mistake."""
    if lane.refused_at is None:
        lane.refused_at = outcome.at
    return Reason.URL_NOT_ALLOWED if outcome.at - lane.refused_at >= REFUSALS_APART else None


def note_success(lane: WebhookLane, now: datetime) -> None:
    if lane.first_failure_at is not None:
        lane.last_success_at = now
    lane.failures, lane.failed_events, lane.first_failure_at, lane.notices_sent = 0, [], None, 0
    forget_unreachable(lane)


def note_failure(lane: WebhookLane, outcome: Outcome, verdict: Verdict, now: datetime) -> None:
    event_id = outcome.claimed.event_id
    lane.failures += 1
    lane.failed_events = united(lane.failed_events, event_id, FAILING_EVENTS)
    lane.first_failure_at = lane.first_failure_at or now
    if verdict is Verdict.UNREACHABLE:
        lane.unreachable += 1
        lane.unreachable_events = united(lane.unreachable_events, event_id, UNREACHABLE_EVENTS)
    else:
        forget_unreachable(lane)


def note_breaker(
    lane: WebhookLane, outcome: Outcome, verdict: Verdict, now: datetime, *, history: History, jitter: Jitter
) -> None:
    """What was sent before the breaker opened says nothing of the endpoint now."""
    if lane.open_until is None:
        if verdict.is_fault and is_tripped(lane, now, history):
            lane.open_streak = 0
            open_breaker(lane, now, jitter)
    elif outcome.at >= lane.open_until:
        if verdict.is_fault:
            lane.open_streak += 1
            open_breaker(lane, now, jitter)
        else:
            lane.probe_successes += 1
            if lane.probe_successes >= PROBES:
                close_breaker(lane, now)


def is_tripped(lane: WebhookLane, now: datetime, history: History) -> bool:
    if lane.unreachable >= UNREACHABLE_IN_A_ROW and len(lane.unreachable_events) >= UNREACHABLE_EVENTS:
        return True
    since = max(now - WINDOW, lane.resumed_at or now - WINDOW)
    counted = [one for one in history(since) if one not in {Verdict.OURS, Verdict.REFUSED}]
    faults = sum(one.is_fault for one in counted)
    return len(counted) >= FEWEST_ATTEMPTS and faults >= FAILED_PART * len(counted)


def open_breaker(lane: WebhookLane, now: datetime, jitter: Jitter) -> None:
    wait = min(SHORTEST_OPEN * 2 ** min(lane.open_streak, 10), LONGEST_OPEN)
    lane.open_until = now + wait * (1 + jitter(0, SPREAD))
    lane.probe_successes = 0


def close_breaker(lane: WebhookLane, now: datetime) -> None:
    lane.open_until, lane.open_streak, lane.probe_successes = None, 0, 0
    forget_unreachable(lane)
    resume(lane, now)


def resume(lane: WebhookLane, now: datetime) -> None:
    """From now on what was held goes out, a little at a time."""
    lane.resumed_at, lane.is_spreading, lane.ramp_ends_at = now, True, None


def forget_unreachable(lane: WebhookLane) -> None:
    lane.unreachable, lane.unreachable_events = 0, []


def is_hopeless(lane: WebhookLane, now: datetime) -> bool:
    return (
        lane.first_failure_at is not None
        and now - lane.first_failure_at >= FAILING_FOR
        and lane.failures >= FAILING_ATTEMPTS
        and len(lane.failed_events) >= FAILING_EVENTS
    )


def notices_due(lane: WebhookLane, now: datetime) -> int:
    """How many notices an endpoint that fails as this one does has earned."""
    if lane.first_failure_at is None or lane.failures < NOTICE_FAILURES:
        return 0
    return 1 + sum(now - lane.first_failure_at >= after for after in NOTICES_AFTER)


def united(known: list[str], event_id: str, most: int) -> list[str]:
    return known if event_id in known or len(known) >= most else [*known, event_id]
