"""What time alone brings: sign-ins that were cut off, windows that were left, links that expired."""

import uuid
from datetime import datetime, timedelta

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from onboarding import link_events, recovery
from onboarding.models import OnboardingLink, Signup
from onboarding.outcomes import Actor, Problem
from onboarding.readiness import fail, locked

State = Signup.State
# A code lives 30 seconds; what the page sends in the last of them may take a moment.
CODE_LIVES = timedelta(seconds=35)
# A window of Meta's that was opened so long ago, and brought nothing, was left.
ABANDONED_AFTER, NEWS_FOR = timedelta(minutes=30), timedelta(hours=24)
INTERRUPTED = Problem(
    "CODE_EXPIRED", "The sign-in was interrupted at the last moment. It has to be done again.", Actor.END_USER
)


def fail_unanswered(now: datetime) -> int:
    """Signups that finished at Meta and got no token in time: the end-user has to sign in again.

    Their exchange was cut off, or their code never came. A recovery may still find them afterwards.
    """
    told = 0
    for signup_id in unanswered(now):
        with transaction.atomic():
            signup = locked(signup_id)
            if signup.state in {State.EXCHANGING, State.OPENED}:
                fail(signup, INTERRUPTED, step=None, now=now)
                told += 1
    return told


def unanswered(now: datetime) -> list[uuid.UUID]:
    patience = timedelta(seconds=settings.RECOVERY_PATIENCE_SECONDS if recovery.is_configured() else 0)
    exchange = timedelta(seconds=settings.META_REQUEST_TIMEOUT)
    cut_off = Q(state=State.EXCHANGING, exchanged_at__lt=now - max(patience, CODE_LIVES + exchange))
    never_came = Q(
        state=State.OPENED,
        session_event__startswith="FINISH",
        session_at__lt=now - max(patience, CODE_LIVES),
        session_at__gt=now - NEWS_FOR,
    )
    return list(Signup.objects.filter(cut_off | never_came).values_list("pk", flat=True)[:500])


def tell_abandoned(now: datetime) -> int:
    """`onboarding_link.abandoned` of signups whose window was opened long ago and brought nothing."""
    left = Signup.objects.filter(
        state=State.OPENED,
        abandoned_at=None,
        started_at__lt=now - ABANDONED_AFTER,
        started_at__gt=now - NEWS_FOR,
        link__status=OnboardingLink.Status.PENDING,
    )
    told = 0
    for signup_id in left.values_list("pk", flat=True)[:500]:
        with transaction.atomic():
            signup = locked(signup_id)
            if left.filter(pk=signup_id).update(abandoned_at=now):
                link_events.tell(signup.link, "abandoned", now, step=signup.session.get("current_step"))
                told += 1
    return told


def tell_expired(now: datetime) -> int:
    """`onboarding_link.expired` of links whose time has come."""
    over = OnboardingLink.objects.filter(
        status=OnboardingLink.Status.PENDING, expires_at__lte=now, expiry_told_at=None
    )
    told = 0
    for link in over.select_related("organization")[:500]:
        with transaction.atomic():
            if over.filter(pk=link.pk).update(expiry_told_at=now):
                link.refresh_from_db(fields=["status", "last_error", "next_action"])
                link_events.tell(link, "expired", now)
                told += 1
    return told
