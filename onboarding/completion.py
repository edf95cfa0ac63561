"""The one transaction that completes a link: the link, its webhook, the event and its deliveries."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from onboarding import link_events, metrics
from onboarding.models import OnboardingLink, SharedWaba, Signup, StepRun
from onboarding.next_action import open_action, published_action
from onboarding.outcomes import Actor, StepFailed
from onboarding.registered_numbers.taking import note_connected
from phones.models import PhoneNumber
from phones.services import adopt_link
from wabas.models import Waba
from webhooks.events import publish
from webhooks.models import OutgoingWebhook
from webhooks.services import connect_link_webhook


@transaction.atomic
def complete(*, signup: Signup) -> None:
    """Completes the signup's link, once, whoever else tries. The caller rings for the deliveries.

    Raises StepFailed where the signup was ended while its last step ran.
    """
    link = (
        OnboardingLink.objects.select_for_update(of=("self",))
        .select_related("organization")
        .get(pk=signup.link_id)
    )
    if link.status == OnboardingLink.Status.COMPLETED:
        return
    current = Signup.objects.select_for_update(of=("self",)).select_related("waba", "phone").get(pk=signup.pk)
    if current.state != Signup.State.RUNNING:
        raise StepFailed("CANCELLED", "The sign-in was ended meanwhile.", Actor.PLATFORM)
    now = timezone.now()
    phone, waba = current.saved_phone, current.saved_waba
    adopt_link(phone=phone, metadata=link.metadata, external_id=link.external_id)
    link.waba, link.phone = waba, phone
    # One that was registered for this link and is not the one that came is free again.
    link.registered_number = note_connected(link=link, phone_number=phone.phone_number, now=now)
    # The webhook comes before the event: else the event that it asks for would miss it.
    link.outgoing_webhook = webhook_of(link, waba)
    before = published_action(link, now)
    link.status, link.completed_at, link.last_error = OnboardingLink.Status.COMPLETED, now, None
    link.next_action = open_action(link, unfinished(current), now)
    link.save()
    Signup.objects.filter(pk=current.pk).update(
        state=Signup.State.COMPLETED, finished_at=now, error=None, access_token=None
    )
    # What an earlier try kept for a number that never came is of no more use.
    Signup.objects.filter(link=link).exclude(pk=current.pk).update(access_token=None)
    # The first health check; the sweep of phones finds it should its doorbell be lost.
    PhoneNumber.objects.filter(pk=phone.pk).update(sync_requested_at=now)
    publish(
        organization=link.organization,
        waba=waba,
        name="phone_number.connected",
        data=connected(link, waba, phone),
    )
    link_events.tell(link, "completed", now)
    link_events.tell_whose_turn(link, before, now)
    settle_shared(current, now)
    metrics.count_on_commit(metrics.COMPLETED)


def settle_shared(signup: Signup, now: datetime) -> None:
    """What waited for its signup, or was put to support meanwhile, has it."""
    rows = SharedWaba.objects.unsettled().filter(meta_waba_id=signup.meta_waba_id)
    rows.update(
        outcome=SharedWaba.Outcome.KNOWN, signup=signup, error=None, next_look_at=None, settled_at=now
    )


def unfinished(signup: Signup) -> list[StepRun]:
    return list(StepRun.objects.filter(signup=signup).exclude(step="complete_link"))


def webhook_of(link: OnboardingLink, waba: Waba) -> OutgoingWebhook | None:
    """The link's own webhook, scoped to its WABA; None when the client gave no URL."""
    if not link.webhook_url or not link.webhook_secret:
        return None
    return connect_link_webhook(
        organization=link.organization,
        waba=waba,
        url=link.webhook_url,
        events=link.webhook_events,
        secret=str(link.webhook_secret),
    )


def connected(link: OnboardingLink, waba: Waba, phone: PhoneNumber) -> dict[str, object]:
    """The data of `phone_number.connected`."""
    return {
        "onboardingLinkId": str(link.pk),
        "externalId": link.external_id,
        "phoneNumberId": str(phone.pk),
        "phoneNumber": phone.phone_number,
        "wabaId": str(waba.pk),
        "metaWabaId": waba.meta_waba_id,
        "isPhoneRegistered": phone.is_registered,
    }
