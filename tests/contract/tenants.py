"""Organizations with a row of each kind, and what a call at one of them answers."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import time_machine
from django.db import transaction
from django.test import Client
from django.utils import timezone

from inbox.models import Contact, Conversation, Media, Message
from onboarding.models import RegisteredNumber
from onboarding.services import create_link
from organizations.models import Organization, Scope
from organizations.services import IssuedKey, create_organization, issue_key
from phones.models import PhoneNumber
from shared_inbox.services import create_link as share_inbox
from tests.conftest import content_of
from tests.contract.routes import TEMPLATE, WEBHOOK, Route
from wabas.models import Waba
from webhooks.events import publish
from webhooks.services import create_webhook


@dataclass
class Tenant:
    """An organization with a row of each kind."""

    organization: Organization
    key: IssuedKey
    ids: dict[str, str]
    metas: dict[str, str]

    def path(self, route: Route, *, by_metas_id: bool = False) -> str:
        return "/v1/" + route.path.format(**self.ids | (self.metas if by_metas_id else {}))


def tenant(name: str, number: int, scopes: tuple[str, ...] = tuple(Scope.values)) -> Tenant:
    organization = create_organization(name=name)
    waba = Waba.objects.create(organization=organization, meta_waba_id=f"10229012934039{number}")
    phone = PhoneNumber.objects.create(
        organization=organization,
        waba=waba,
        meta_phone_number_id=f"10654035224292{number}",
        phone_number=f"+549115555123{number}",
    )
    webhook = create_webhook(organization=organization, url=WEBHOOK["url"], events=["*"])  # type: ignore[arg-type]
    # A minute ago: a younger event is not read yet.
    with time_machine.travel(timezone.now() - timedelta(minutes=1)), transaction.atomic():
        event = publish(organization=organization, name="message.received", data={})
    message = written_by_a_contact(phone)
    shared = share_inbox(phone=phone, name="Support", permissions={"readInbox": True})
    rows = {
        "message": message.pk,
        "conversation": message.conversation_id,
        "media": Media.objects.create(phone=phone, meta_media_id=f"103754329154363{number}").pk,
        "contact": message.conversation.contact_id,
        "link": create_link(organization=organization, name="Acme Corp").pk,
        "webhook": webhook.pk,
        "delivery": event.deliveries.get().pk,
        "key": issue_key(organization=organization, name="other", scopes=["read"]).api_key.pk,
        "waba": waba.pk,
        "phone": phone.pk,
        "shared": shared.pk,
        "registered": RegisteredNumber.objects.create(
            organization=organization, phone_number=phone.phone_number, status="used"
        ).pk,
    }
    return Tenant(
        organization,
        issue_key(organization=organization, name="test", scopes=scopes),
        {kind: str(pk) for kind, pk in rows.items()} | {"template": TEMPLATE["name"]},
        {"waba": waba.meta_waba_id, "phone": phone.meta_phone_number_id},
    )


def written_by_a_contact(phone: PhoneNumber) -> Message:
    contact = Contact.objects.create(phone=phone, identifier="5491155551234", identifier_type="phone")
    return Message.objects.create(
        phone=phone,
        conversation=Conversation.objects.create(phone=phone, contact=contact, message_count=1),
        direction=Message.Direction.INBOUND,
        source=Message.Source.CUSTOMER,
        type="text",
        content={"body": "Hi"},
        wamid="wamid.one",
        status=Message.Status.DELIVERED,
        timestamp=timezone.now(),
    )


def call(route: Route, path: str, authorization: str | None, **others: str) -> Any:
    headers = others | ({"authorization": authorization} if authorization is not None else {})
    return getattr(Client(), route.method.lower())(path, headers=headers, **content_of(route.body))


def bearer(key: IssuedKey) -> str:
    return f"Bearer {key.secret}"


def refused(answer: Any, status: int, code: str) -> None:
    assert answer.status_code == status, answer.content
    error = answer.json()["error"]
    assert error["code"] == code
    assert error["requestId"] == answer["X-Request-Id"] != ""
    assert answer["Content-Type"] == "application/json"
