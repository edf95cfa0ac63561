"""Browsers that are lost on their way back from Meta: what they still said, and what Meta tells instead."""

from datetime import timedelta
from typing import Any

import time_machine
from django.conf import settings
from django.utils import timezone

from onboarding import recovery
from onboarding.models import SharedWaba, Signup
from onboarding.runner import Advance
from onboarding.tasks import follow_up
from tests.conftest import Api
from tests.onboarding.conftest import Circle, EndUser, run_due

SOON = settings.RECOVERY_SILENCE_SECONDS + 1
LATER = settings.RECOVERY_UNSEEN_SECONDS + 1


def clicked(circle: Circle, by: Api | None = None, **body: Any) -> EndUser:
    """An end-user with Meta's window open."""
    api = by or circle.api
    link = api.post("onboarding-links", {"name": "Acme Corp", **body}).json()["data"]
    user = EndUser(link["id"])
    user.call("opened")
    user.call("start")
    return user


def told(made: dict[str, Any], *, ago: float = 0.0) -> SharedWaba:
    """Meta's word that the WABA of a finished dialog was shared with us."""
    at = timezone.now() - timedelta(seconds=ago)
    recovery.note_partner_added(meta_waba_id=made["wabaId"], owner_business_id=made["businessId"], at=at)
    return SharedWaba.objects.get(meta_waba_id=made["wabaId"])


def look(after: float = 0.0) -> None:
    """Does what workers do, as if so many seconds had passed."""
    with time_machine.travel(timezone.now() + timedelta(seconds=after)):
        for shared_id in recovery.due(timezone.now()):
            found = recovery.look(shared_id)
            if found.signup_id:
                follow_up(found.signup_id, Advance(ready=found.ready))
        run_due()


def outcome(made: dict[str, Any]) -> str:
    return SharedWaba.objects.get(meta_waba_id=made["wabaId"]).outcome


def status(user: EndUser) -> str:
    return str(user.signup.link.status)


def fetches(circle: Circle) -> int:
    """How often a token was asked for."""
    return len(circle.meta.sandbox.calls("fetch_customer_token"))


def tokens_kept() -> int:
    return Signup.objects.exclude(token_source=None).count()
