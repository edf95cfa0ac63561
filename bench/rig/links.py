"""Links of one organization as use leaves them: every second one completed, with all that it made."""

import json
import uuid
from datetime import datetime, timedelta

from django.utils import timezone

from onboarding.models import OnboardingLink, Signup, StepRun
from onboarding.pipeline import ALL_STEPS
from organizations.models import Organization
from phones.models import PhoneNumber
from wabas.models import Waba
from webhooks.models import OutgoingWebhook

WEBHOOK_URL = "https://crm.example.com/webhooks/whatsapp"
EVENTS = ["phone_number.connected", "message.received"]


def make_links(organization: Organization, count: int) -> None:
    """Newest first, a completed one on top."""
    now = timezone.now()
    for number in range(count):
        make_link(organization, number, now - timedelta(minutes=number), is_completed=number % 2 == 0)


def make_link(organization: Organization, number: int, at: datetime, *, is_completed: bool) -> None:
    link = OnboardingLink(
        organization=organization,
        name=f"Acme Corp {number}",
        external_id=f"customer-{number}",
        metadata=json.dumps({"customerId": f"customer-{number}", "locationCode": "store-01"}),
        redirect_url="https://crm.example.com/connected",
        webhook_url=WEBHOOK_URL,
        webhook_secret="whsec_bench_0123456789abcdef",
        webhook_events=EVENTS,
        created_at=at,
    )
    if is_completed:
        link.status, link.completed_at = OnboardingLink.Status.COMPLETED, at + timedelta(seconds=90)
        link.waba, link.phone = connected(organization, number)
        link.outgoing_webhook = OutgoingWebhook.objects.create(
            organization=organization,
            waba=link.waba,
            url=WEBHOOK_URL,
            events=EVENTS,
            secret=link.webhook_secret,
        )
    link.save()
    if is_completed:
        make_progress(link, at)


def connected(organization: Organization, number: int) -> tuple[Waba, PhoneNumber]:
    waba = Waba.objects.create(
        organization=organization, meta_waba_id=f"2000000{number:05}", name="Acme", access_token="EAAbench"
    )
    phone = PhoneNumber.objects.create(
        organization=organization,
        waba=waba,
        meta_phone_number_id=f"3000000{number:05}",
        phone_number=f"+54911555{number:05}",
        is_registered=True,
        pin="482913",
        health={"can_send_message": "AVAILABLE", "entities": [{"entity_type": "WABA"}] * 4},
    )
    return waba, phone


def make_progress(link: OnboardingLink, at: datetime) -> None:
    signup = Signup.objects.create(
        id=uuid.uuid4(), link=link, state=Signup.State.COMPLETED, exchanged_at=at, waba=link.waba
    )
    StepRun.objects.bulk_create(
        StepRun(
            signup=signup,
            step=step.name,
            position=position,
            status=StepRun.Status.DONE,
            attempts=1,
            started_at=at,
            finished_at=at + timedelta(seconds=1),
        )
        for position, step in enumerate(ALL_STEPS)
    )
