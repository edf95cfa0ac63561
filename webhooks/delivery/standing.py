"""Keeping what outcomes say of their endpoints: lanes are read for all, locked and written for few."""

from collections.abc import Collection, Sequence
from datetime import datetime
from uuid import UUID

import structlog
from django.forms.models import model_to_dict

from webhooks.delivery import breaker
from webhooks.delivery.breaker import History
from webhooks.delivery.disabling import disable
from webhooks.delivery.sending import Outcome
from webhooks.delivery.verdicts import Verdict, verdict_of
from webhooks.models import Attempt, WebhookLane

log = structlog.get_logger("webhooks.delivery")
# More attempts than these say nothing more of how an endpoint fares.
NEWEST = 500


def note(outcomes: Sequence[Outcome], troubled: Collection[UUID], now: datetime) -> None:
    """Within the transaction that settles them; their attempts are stored already.

    Quick successes of endpoints that are not `troubled` cost nothing.
    """
    by_webhook: dict[UUID, list[Outcome]] = {}
    for outcome in sorted(outcomes, key=lambda one: one.ended_at):
        by_webhook.setdefault(outcome.claimed.webhook_id, []).append(outcome)
    moved = [pk for pk, its in by_webhook.items() if pk in troubled or not all(map(is_quick_success, its))]
    for lane in locked(moved):
        note_lane(lane, by_webhook[lane.pk], now)


def is_quick_success(outcome: Outcome) -> bool:
    is_quick = outcome.error is None and outcome.duration_ms <= breaker.SLOW_MS
    return is_quick and verdict_of(outcome.status, outcome.error) is Verdict.SUCCESS


def locked(pks: list[UUID]) -> list[WebhookLane]:
    """The lanes of these endpoints, made where they are missing, locked in one order."""
    if not pks:
        return []
    rows = WebhookLane.objects.select_for_update(no_key=True).filter(pk__in=pks).order_by("pk")
    found = list(rows)
    if len(found) < len(pks):
        missing = sorted(set(pks) - {lane.pk for lane in found})
        WebhookLane.objects.bulk_create((WebhookLane(pk=pk) for pk in missing), ignore_conflicts=True)
        found = list(rows.all())
    return found


def note_lane(lane: WebhookLane, outcomes: list[Outcome], now: datetime) -> None:
    before, was = model_to_dict(lane), lane.breaker_at(now)
    history, reasons = history_of(lane), set[str | None]()
    for outcome in outcomes:
        reason = breaker.note(lane, outcome, now, history=history)
        if reason is not None and reason not in reasons:
            disable(outcome.claimed, reason, now)
        reasons.add(reason)
    notices = breaker.notices_due(lane, now)
    if notices > lane.notices_sent:
        lane.notices_sent = notices
        log.warning("an endpoint keeps failing", webhook_id=str(lane.pk), failures=lane.failures)
    if model_to_dict(lane) != before:
        lane.save()
    if lane.breaker_at(now) != was:
        log.warning("breaker", webhook_id=str(lane.pk), state=str(lane.breaker_at(now)), was=str(was))


def history_of(lane: WebhookLane) -> History:
    """The verdicts on the endpoint's newest attempts. Asked at failures only, and once for several."""
    known: dict[datetime, list[Verdict]] = {}

    def since(moment: datetime) -> Sequence[Verdict]:
        if moment not in known:
            rows = Attempt.objects.filter(webhook=lane.pk, at__gt=moment).order_by("-at")[:NEWEST]
            answers = rows.values_list("response_status", "error")
            known[moment] = [verdict_of(status, error) for status, error in answers]
        return known[moment]

    return since
