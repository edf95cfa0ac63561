"""How many queries a read costs: the same for one row and for twenty, and written down here."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from inbox.models import Contact, Conversation, Message
from onboarding.models import OnboardingLink, RegisteredNumber, Signup, StepRun
from organizations.models import ApiKey, Organization
from organizations.services import issue_key
from phones.models import CodeRequest, PhoneNumber
from shared_inbox.services import create_link as share_inbox
from tests.conftest import Api
from wabas.models import Waba
from webhooks.events import publish
from webhooks.models import Attempt, Delivery, OutgoingWebhook
from webhooks.services import create_webhook

pytestmark = pytest.mark.django_db
STEPS = ("identify_assets", "save_waba", "save_phone", "subscribe_app", "register_phone", "complete_link")
# Each has the key with its organization in it. A list asks for its page's ids, then for their rows.
QUERIES = {
    "onboarding-links": 3,
    "onboarding-links?status=completed&externalId=customer-1": 3,
    "onboarding-links/{link}": 3,  # the link, the steps of its last signup
    "wabas": 4,  # and the phones of all
    "wabas/{waba}": 3,
    "phones": 4,  # and the WABAs of all
    "phones/{phone}": 3,
    "phones/{phone}/conversations": 4,  # the phone, the page's ids, their rows with their contacts
    # The phone, the conversation with its total, the page's ids, their rows, and what they answer.
    "phones/{phone}/conversations/{conversation}/messages": 6,
    "phones/{phone}/conversations/{conversation}/messages?page=2&limit=1": 6,
    "phones/{phone}/messages/{message}": 4,
    "phones/{phone}/contacts": 4,
    "phones/{phone}/contacts/{contact}": 3,
    "outgoing-webhooks": 3,
    "outgoing-webhooks/{webhook}": 2,
    # The endpoint, the page's ids, their rows with event and endpoint, and the attempts of all.
    "outgoing-webhooks/{webhook}/deliveries": 5,
    "outgoing-webhooks/{webhook}/deliveries?status=failed&event=message.sent": 5,
    "outgoing-webhooks/{webhook}/deliveries/{delivery}": 4,
    "shared-inbox-links": 3,
    "shared-inbox-links/{shared}": 2,
    "registered-numbers": 3,
    "registered-numbers?status=verified": 3,
    "registered-numbers/{registered}": 2,
    "organization": 2,  # with its logo
    "api-keys": 3,
    "api-keys/{key}": 2,
}
# The phone and its WABA; one transaction asks if a neighbour is registered and queues the check.
HEALTH = 7


def completed(organization: Organization, number: int) -> dict[str, str]:
    """One of everything: a WABA with a phone, the completed link of it with its steps, endpoint and key."""
    waba = Waba.objects.create(organization=organization, meta_waba_id=f"1022901293{number}", page_ids=["1"])
    phone = PhoneNumber.objects.create(
        organization=organization,
        waba=waba,
        meta_phone_number_id=f"1065403522{number}",
        phone_number=f"+54911555512{number:02}",
    )
    webhook = create_webhook(
        organization=organization, url="https://shop.example.com/", events=["*"], waba=waba
    )
    link = OnboardingLink.objects.create(
        organization=organization,
        name="Acme Corp",
        external_id="customer-1",
        metadata='{"n":1}',
        status=OnboardingLink.Status.COMPLETED,
        waba=waba,
        phone=phone,
        outgoing_webhook=webhook,
        completed_at=timezone.now(),
    )
    add_signup(link)
    key = issue_key(organization=organization, name="other", scopes=["read"]).api_key
    delivery = failed(webhook)
    shared = share_inbox(phone=phone, name="Support", permissions={"readInbox": True})
    message = written(organization, number)
    registered = RegisteredNumber.objects.create(
        organization=organization,
        phone_number=phone.phone_number,
        meta_preverified_id=str(number),
        status="verified",
        expires_at=timezone.now() + timedelta(days=90),
    )
    OnboardingLink.objects.create(
        organization=organization, name="Acme Corp", registered_number=registered, external_id="customer-2"
    )
    CodeRequest.objects.create(meta_phone_number_id=str(number), method="SMS", outcome="sent")
    rows = {
        "link": link, "waba": waba, "phone": phone, "webhook": webhook, "key": key, "delivery": delivery,
        "message": message, "conversation": message.conversation, "contact": message.conversation.contact,
        "shared": shared, "registered": registered,
    }  # fmt: skip
    return {kind: str(row.pk) for kind, row in rows.items()}


def failed(webhook: OutgoingWebhook) -> Delivery:
    """One event's deliveries to every endpoint there is, each with two attempts; the one to this endpoint."""
    with transaction.atomic():
        event = publish(organization=webhook.organization, name="message.sent", data={})
    rows = {
        one.pk: Delivery.objects.create(event=event, webhook=one, state="failed", next_attempt_at=None)
        for one in OutgoingWebhook.objects.filter(organization=webhook.organization)
    }
    Attempt.objects.bulk_create(
        Attempt(delivery=row, number=number, at=timezone.now()) for row in rows.values() for number in (1, 2)
    )
    return rows[webhook.pk]


def written(organization: Organization, number: int) -> Message:
    """Two answers of somebody new to the organization's first phone, and two in its first conversation."""
    phone = PhoneNumber.objects.filter(organization=organization).order_by("created_at")[0]
    contact = Contact.objects.create(phone=phone, identifier=f"AR.{number}", identifier_type="bsuid")
    conversation = Conversation.objects.create(phone=phone, contact=contact)
    first = Conversation.objects.filter(phone=phone).order_by("created_at")[0]
    answers = [
        Message.objects.create(
            phone=phone,
            conversation=to,
            direction="inbound",
            source="customer",
            type="text",
            content={"body": "Hi"},
            wamid=f"wamid.{number}.{to.pk}.{part}",
            reply_to_wamid="wamid.0",
            status="delivered",
            timestamp=timezone.now(),
        )
        for to in {conversation, first}
        for part in (0, 1)
    ]
    for to in {conversation, first}:
        Conversation.objects.filter(pk=to.pk).update(message_count=to.messages.count())
    return answers[0]


def add_signup(link: OnboardingLink) -> None:
    signup = Signup.objects.create(
        pk=link.pk, link=link, state=Signup.State.COMPLETED, exchanged_at=timezone.now()
    )
    StepRun.objects.bulk_create(
        StepRun(signup=signup, step=step, position=position) for position, step in enumerate(STEPS)
    )


@pytest.fixture
def cost(api: Api) -> Callable[[str], int]:
    """The number of queries of a read, which has to succeed."""
    # The key's last use is written once a minute: not in a read that is counted.
    ApiKey.objects.update(last_used_at=timezone.now() + timedelta(minutes=5))

    def counted(path: str) -> int:
        with CaptureQueriesContext(
            connection,
        ) as queries:
            answer: Any = api.get(path)
        assert answer.status_code == 200, answer.content
        assert answer.json()["data"]
        return len(queries)

    return counted


@pytest.mark.parametrize(("path", "expected"), QUERIES.items(), ids=str)
def test_a_read_costs_the_same_with_one_row_and_with_twenty(
    api: Api, cost: Callable[[str], int], path: str, expected: int
) -> None:
    ids = completed(api.organization, 0)
    with_one = cost(path.format(**ids))
    for number in range(1, 20):
        completed(api.organization, number)

    assert (with_one, cost(path.format(**ids))) == (expected, expected)


def test_a_full_page_counts_the_rows_besides(api: Api, cost: Callable[[str], int]) -> None:
    for number in range(3):
        completed(api.organization, number)

    assert cost("phones?limit=2") == QUERIES["phones"] + 1


@pytest.mark.parametrize("page", [1, 2, 3])
def test_a_full_page_of_links_counts_them_only_where_counts_are_not_kept(
    api: Api, cost: Callable[[str], int], page: int
) -> None:
    for number in range(3):
        completed(api.organization, number)

    counting = 0 if connection.vendor == "postgresql" else 1
    assert cost(f"onboarding-links?limit=2&page={page}") == QUERIES["onboarding-links"] + counting


def test_more_phones_in_a_waba_cost_nothing(api: Api, cost: Callable[[str], int]) -> None:
    ids = completed(api.organization, 0)
    for number in range(20):
        PhoneNumber.objects.create(
            organization=api.organization,
            waba_id=ids["waba"],
            meta_phone_number_id=str(number),
            phone_number="+5491155551234",
        )

    assert cost(f"wabas/{ids['waba']}") == QUERIES["wabas/{waba}"]
    assert cost("phones") == QUERIES["phones"]


def test_a_connection_that_was_just_looked_up_costs_what_its_waba_does(
    api: Api, cost: Callable[[str], int]
) -> None:
    ids = completed(api.organization, 0)
    Waba.objects.update(access_token="EAAG", looked_up_at=timezone.now())

    with_token = cost(f"wabas/{ids['waba']}/connection")

    # The token, which no other read opens, comes by a query of its own.
    assert with_token == QUERIES["wabas/{waba}"]


def test_the_health_of_a_phone_costs_the_same_with_many_neighbours(
    api: Api, cost: Callable[[str], int]
) -> None:
    ids = completed(api.organization, 0)
    PhoneNumber.objects.update(is_registered=True, sync_requested_at=timezone.now())
    alone = cost(f"phones/{ids['phone']}/health")
    for number in range(1, 20):
        completed(api.organization, number)

    assert (alone, cost(f"phones/{ids['phone']}/health")) == (HEALTH, HEALTH)


def test_no_read_decrypts_a_secret(api: Api, cost: Callable[[str], int]) -> None:
    """A text that is no ciphertext would fail the read that opens it."""
    ids = completed(api.organization, 0)
    with connection.cursor() as cursor:
        cursor.execute("UPDATE wabas_waba SET access_token = 'not a ciphertext'")
        cursor.execute("UPDATE phones_phonenumber SET pin = 'not a ciphertext'")
        cursor.execute("UPDATE webhooks_outgoingwebhook SET secret = 'not a ciphertext'")

    for path in QUERIES:
        assert cost(path.format(**ids))
    assert OutgoingWebhook.objects.defer("secret").count() == 1
