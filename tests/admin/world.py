"""One customer's connected number with all that belongs to it, as rows; as many times as a test wants."""

import json
import uuid
from dataclasses import dataclass
from datetime import timedelta
from itertools import count

from django.utils import timezone
from ulid import ULID

from inbox.models import Contact, Conversation, Message
from journal.models import GraphCall
from meta_events.models import Change, Notification, UserRequest
from onboarding.models import OnboardingLink, PageEvent, RegisteredNumber, SharedWaba, Signup, StepRun
from onboarding.pipeline import ALL_STEPS
from organizations.models import ApiKey, IdempotencyKey, Logo, Organization
from organizations.services import issue_key
from phones.models import PhoneNumber, RegistrationAttempt
from shared_inbox.models import SharedInboxAction, SharedInboxLink, SharedInboxSession
from wabas.models import Waba
from webhooks.models import Attempt, Delivery, Event, OutgoingWebhook

serial = count(1)


@dataclass
class Story:
    """Everything that one completed link leaves behind, and a failed try before it."""

    organization: Organization
    key: ApiKey
    waba: Waba
    phone: PhoneNumber
    webhook: OutgoingWebhook
    link: OnboardingLink
    failed: Signup
    signup: Signup
    event: Event
    delivery: Delivery


def story(organization: Organization) -> Story:
    number, now = next(serial), timezone.now()
    key = issue_key(organization=organization, name=f"server {number}", scopes=["read"]).api_key
    IdempotencyKey.objects.create(
        organization=organization, key_hash=f"{number:064}", fingerprint="f" * 64, status=201, answer="{}",
        kept_until=now + timedelta(hours=1),
    )  # fmt: skip
    give_logo(organization, number)
    waba = waba_of(organization, number)
    phone = phone_of(waba, number)
    webhook = OutgoingWebhook.objects.create(
        organization=organization, waba=waba, url=f"https://shop{number}.example.com/hook", events=["*"],
        secret="s" * 20, previous_secret="p" * 20, previous_secret_until=now + timedelta(hours=1),
    )  # fmt: skip
    link = OnboardingLink.objects.create(
        organization=organization, name=f"Café {number}", external_id=f"customer-{number}",
        metadata='{"plan":"pro","rate":1.00}', webhook_url=webhook.url, webhook_secret="s" * 20,
        webhook_events=["*"], status="completed", waba=waba, phone=phone, outgoing_webhook=webhook,
        opened_at=now, completed_at=now,
    )  # fmt: skip
    failed = failed_signup(link, number)
    signup = completed_signup(link, waba, phone, number)
    SharedWaba.objects.create(
        meta_waba_id=waba.meta_waba_id, owner_business_id=waba.owner_business_id, first_told_at=now,
        last_told_at=now, outcome="recovered", signup=signup, settled_at=now,
    )  # fmt: skip
    ask_meta(signup, number)
    event = event_of(link, number)
    delivery = Delivery.objects.create(
        event=event, webhook=webhook, attempt_count=1, last_error="http_500", next_attempt_at=now
    )
    Attempt.objects.create(
        delivery=delivery, number=1, at=now, duration_ms=12, response_status=500,
        response_body="<h1>Oh no</h1>", error="http_500",
    )  # fmt: skip
    RegisteredNumber.objects.create(
        organization=organization, phone_number=f"+549115556{number:04}", comment="<b>Front desk</b>",
        meta_preverified_id=f"1064400123{number:05}",
    )  # fmt: skip
    tell_of(waba, number)
    write_to(phone, number)
    shared = SharedInboxLink.objects.create(phone=phone, name=f"Support {number}", token_hash=f"{number:064}")
    session = SharedInboxSession.objects.create(
        link=shared, key_hash=f"{number:064}", expires_at=now + timedelta(hours=1)
    )
    SharedInboxAction.objects.create(link=shared, session_id=session.pk, kind="opened", address="192.0.2.7")
    return Story(organization, key, waba, phone, webhook, link, failed, signup, event, delivery)


def give_logo(organization: Organization, number: int) -> None:
    organization.logo = Logo.objects.create(
        organization=organization, source_url=f"https://shop{number}.example.com/logo.png", content=b"PNG",
        content_hash=f"{number:064}", mime_type="image/png", width=600, height=180, fetched_at=timezone.now(),
    )  # fmt: skip
    organization.save(update_fields=["logo"])


def tell_of(waba: Waba, number: int) -> None:
    """What Meta sent of the account, and a person who wants to be forgotten."""
    said = {"field": "messages", "value": {"messages": [{"text": {"body": "<b>Hello</b>"}}]}}
    kind = "whatsapp_business_account"
    body = {"object": kind, "entry": [{"id": waba.meta_waba_id, "changes": [said]}]}
    now = timezone.now()
    row = Notification.objects.create(
        body=json.dumps(body).encode(), status="split", split_at=now, object=kind, change_count=1
    )
    Change.objects.create(
        notification=row, entry_position=0, position=0, field="messages", meta_waba_id=waba.meta_waba_id,
        happened_at=now, status="failed", attempts=5, error="KeyError: 'wamid'", finished_at=now,
    )  # fmt: skip
    UserRequest.objects.create(
        kind="data_deletion", meta_user_id=f"2184710{number:05}", issued_at=now,
        confirmation_code=uuid.uuid4().hex[:20],
    )  # fmt: skip


def write_to(phone: PhoneNumber, number: int) -> Message:
    """What a person wrote to the number."""
    contact = Contact.objects.create(
        phone=phone, identifier=f"AR.{number}", identifier_type="bsuid", bsuid=f"AR.{number}",
        name="<b>Ana</b>", wa_id=f"549115000{number:04}", phone_number=f"549115000{number:04}",
    )  # fmt: skip
    conversation = Conversation.objects.create(
        phone=phone, contact=contact, message_count=1, last_message_at=timezone.now()
    )
    return Message.objects.create(
        phone=phone, conversation=conversation, direction="inbound", source="customer", type="text",
        content={"body": "<i>Are you open?</i>"}, wamid=f"wamid.{number}", status="delivered",
        timestamp=timezone.now(),
    )  # fmt: skip


def waba_of(organization: Organization, number: int) -> Waba:
    return Waba.objects.create(
        organization=organization, meta_waba_id=f"1022901293{number:05}", name=f"Café WABA {number}",
        access_token=f"EAA-token-{number}", is_subscribed=True, page_ids=["61550000000001"],
        owner_business_id=f"5386809782{number:05}",
    )  # fmt: skip


def phone_of(waba: Waba, number: int) -> PhoneNumber:
    phone = PhoneNumber.objects.create(
        organization=waba.organization, waba=waba, meta_phone_number_id=f"1065400123{number:05}",
        phone_number=f"+549115555{number:04}", display_name=f"Café {number}", pin="482913",
        external_id=f"customer-{number}", is_registered=True, status="CONNECTED", synced_at=timezone.now(),
        health={"can_send_message": "AVAILABLE", "entities": []},
    )  # fmt: skip
    RegistrationAttempt.objects.create(phone=phone, made_by="platform", outcome="registered")
    return phone


def ask_meta(signup: Signup, number: int) -> None:
    """A call of a step that Meta refused once, and what the page told before it."""
    GraphCall.objects.create(
        organization=signup.link.organization, link_id=signup.link_id, signup_id=signup.pk,
        meta_waba_id=signup.saved_waba.meta_waba_id, deed="register_phone", request_id=signup.request_id,
        made_at=timezone.now(), call="register", method="POST", path="1065400123/register", token_kind="BIZ",
        ms=812, http_status=400, outcome="pin_mismatch", code=133005, trace_id=f"AbCall{number:05}",
        request='{"body": {"pin": "[...]"}}', answer='{"error": {"code": 133005}}',
    )  # fmt: skip
    PageEvent.objects.create(signup=signup, name="pin", request_id="request-of-pin", at=timezone.now())


def failed_signup(link: OnboardingLink, number: int) -> Signup:
    error = {
        "code": "CODE_EXPIRED", "message": "It has to be done again.", "actor": "end_user", "step": None,
        "at": "2026-01-15T10:30:00.000Z",
        "meta": {"code": 100, "subcode": 36007, "traceId": f"AbTrace{number:05}"},
    }  # fmt: skip
    now = timezone.now() - timedelta(minutes=5)
    return Signup.objects.create(
        pk=uuid.uuid4(), link=link, state="failed", error=error, created_at=now, exchanged_at=now,
        finished_at=now, code_hash=uuid.uuid4().hex, access_token="EAA-failed", session_event="FINISH",
        session={"waba_id": f"9990001112{number:05}", "session_id": f"session-{number:05}"}, session_at=now,
    )  # fmt: skip


def completed_signup(link: OnboardingLink, waba: Waba, phone: PhoneNumber, number: int) -> Signup:
    now = timezone.now()
    signup = Signup.objects.create(
        pk=uuid.uuid4(), link=link, state="completed", started_at=now, exchanged_at=now, finished_at=now,
        code_hash=uuid.uuid4().hex, access_token="EAA-signup", waba=waba, phone=phone,
        session_event="FINISH", session={"waba_id": waba.meta_waba_id}, session_at=now,
        request_id=f"request-{number:05}",
    )  # fmt: skip
    StepRun.objects.bulk_create(
        StepRun(
            signup=signup, step=step.name, position=place, status="done", attempts=1, started_at=now,
            finished_at=now + timedelta(milliseconds=40),
        )
        for place, step in enumerate(ALL_STEPS)
    )  # fmt: skip
    return signup


def event_of(link: OnboardingLink, number: int) -> Event:
    data = {"onboardingLinkId": str(link.pk), "phoneNumber": f"+549115555{number:04}"}
    body = json.dumps({"event": "phone_number.connected", "data": data}).encode()
    return Event.objects.create(
        id=f"evt_{ULID()}", organization=link.organization, waba=link.waba,
        name="phone_number.connected", body=body,
    )  # fmt: skip
