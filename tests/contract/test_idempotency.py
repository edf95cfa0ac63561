"""Every POST of the API under an Idempotency-Key: done once, answered again, refused where it is another."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest
from django.apps import apps
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connections, transaction
from django.utils import timezone

from inbox.models import Message
from meta_graph import client
from meta_graph.sandbox import preverified
from meta_graph.sandbox.graph.phone_numbers import VERIFICATION_CODE
from meta_graph.sandbox.messaging import writing
from onboarding.models import OnboardingLink, RegisteredNumber, Signup, StepRun
from onboarding.services import create_link
from organizations.models import IdempotencyKey
from phones.models import PhoneNumber
from shared_inbox.services import create_link as share_inbox
from tests.conftest import Api
from tests.contract.routes import (
    KEY,
    LINK,
    MESSAGE,
    REGISTERED,
    ROUTES,
    SHARED,
    TEMPLATE,
    WEBHOOK,
    YESTERDAY,
    Route,
)
from tests.contract.tenants import Tenant, bearer, call, refused, written_by_a_contact
from tests.phones.world import healthy_phone
from tests.wabas.world import Meta
from webhooks.events import publish
from webhooks.models import Delivery, OutgoingWebhook
from webhooks.services import create_webhook

pytestmark = pytest.mark.django_db(transaction=True)
POSTS = [route for route in ROUTES if route.method == "POST"]
every_post = pytest.mark.parametrize("route", POSTS, ids=str)
GIVEN = {"idempotency-key": "order-4711"}
PNG = b"\x89PNG\r\n\x1a\n"
# What a repeated request may change: who called when, and the keys themselves.
OF_EACH_REQUEST = {"last_used_at"}


@dataclass
class World:
    """Rows in a state in which the call succeeds; the ids of its path and its body."""

    body: dict[str, Any] = field(default_factory=dict)
    ids: dict[str, Any] = field(default_factory=dict)
    other: dict[str, Any] = field(default_factory=lambda: {"another": "body"})


def failed_link(api: Api, meta: Meta) -> World:
    link = create_link(organization=api.organization, name="Acme Corp")
    signup = Signup.objects.create(
        pk=link.pk, link=link, state=Signup.State.FAILED, access_token="EAAG", exchanged_at=timezone.now(),
        error={"actor": "platform", "code": "CONFIGURATION", "message": "Wrong."},
    )  # fmt: skip
    StepRun.objects.create(signup=signup, step="identify_assets", position=0, status=StepRun.Status.FAILED)
    return World(ids={"link": link.pk})


def webhook(api: Api, meta: Meta) -> OutgoingWebhook:
    return create_webhook(
        organization=api.organization, url=f"{meta.sandbox.url}/receiver/shop", events=["*"]
    )


def with_webhook(api: Api, meta: Meta) -> World:
    return World(ids={"webhook": webhook(api, meta).pk})


def delivered(api: Api, meta: Meta) -> World:
    made = webhook(api, meta)
    with transaction.atomic():
        publish(organization=api.organization, name="message.received", data={})
    Delivery.objects.update(state=Delivery.State.SUCCEEDED, finished_at=timezone.now(), next_attempt_at=None)
    return World(ids={"webhook": made.pk, "delivery": Delivery.objects.get().pk})


def to_replay(api: Api, meta: Meta) -> World:
    world = delivered(api, meta)
    world.body = {"since": YESTERDAY}
    return world


def registered(api: Api, meta: Meta) -> World:
    phone = meta.registered_phone(api.organization)
    phone.is_registered, phone.status, phone.platform_type = True, "CONNECTED", "CLOUD_API"
    phone.save()
    return World({"pin": "482914"}, {"phone": phone.pk}, {"pin": "482915"})


def sending(api: Api, meta: Meta) -> World:
    other = MESSAGE | {"text": "Hello again!"}
    return World(MESSAGE, {"phone": registered(api, meta).ids["phone"]}, other)


def sharing(api: Api, meta: Meta) -> World:
    phone = healthy_phone(api.organization)
    return World(SHARED | {"phoneNumberId": str(phone.pk)})


def shared(api: Api, meta: Meta) -> World:
    phone = healthy_phone(api.organization)
    link = share_inbox(phone=phone, name="Support", permissions={"readInbox": True})
    return World(ids={"shared": link.pk})


def uploading(api: Api, meta: Meta) -> World:
    first, other = (("cat.png", PNG + tail, "image/png") for tail in (b"a", b"b"))
    return World({"file": first}, {"phone": registered(api, meta).ids["phone"]}, {"file": other})


def written(api: Api, meta: Meta) -> World:
    phone = PhoneNumber.objects.get(pk=registered(api, meta).ids["phone"])
    wrote = writing.write(meta.sandbox.world, phone.meta_phone_number_id, "text", sender=MESSAGE["to"])
    message = written_by_a_contact(phone)
    Message.objects.update(wamid=wrote["wamids"][0])
    return World(ids={"phone": phone.pk, "message": message.pk}, other={"typing": True})


def waiting(api: Api, meta: Meta) -> World:
    """A number without a code."""
    number = "+5491155551234"
    entry = preverified.add(meta.sandbox.world, number)
    row = RegisteredNumber.objects.create(
        organization=api.organization, phone_number=number, meta_preverified_id=entry["id"]
    )
    return World({"method": "sms"}, {"registered": row.pk}, {"method": "voice"})


def coded(api: Api, meta: Meta) -> World:
    world = waiting(api, meta)
    with meta.sandbox.state as state:
        for entry in state.of_kind(preverified.KIND):
            entry["verification_code"] = VERIFICATION_CODE
    world.body, world.other = {"code": VERIFICATION_CODE}, {"code": "111111"}
    return world


# By path: a world in which the call is answered with success.
WORLDS: dict[str, Callable[[Api, Meta], World]] = {
    "onboarding-links": lambda api, meta: World(LINK),
    "onboarding-links/{link}/retry": failed_link,
    "registered-numbers": lambda api, meta: World(REGISTERED, other=REGISTERED | {"method": "voice"}),
    "registered-numbers/{registered}/verify": coded,
    "registered-numbers/{registered}/request-code": waiting,
    "wabas/{waba}/disconnect": lambda api, meta: World(
        ids={"waba": meta.connected_waba(api.organization).pk}
    ),
    "wabas/{waba}/templates": lambda api, meta: World(
        TEMPLATE, {"waba": meta.connected_waba(api.organization).pk}
    ),
    "phones/{phone}/register": lambda api, meta: World(
        ids={"phone": meta.connected_phone(api.organization).pk}
    ),
    "phones/{phone}/pin": registered,
    "phones/{phone}/media": uploading,
    "phones/{phone}/messages": sending,
    "phones/{phone}/messages/{message}/read": written,
    "outgoing-webhooks": lambda api, meta: World(WEBHOOK),
    "outgoing-webhooks/{webhook}/test": with_webhook,
    "outgoing-webhooks/{webhook}/rotate-secret": with_webhook,
    "outgoing-webhooks/{webhook}/replay": to_replay,
    "outgoing-webhooks/{webhook}/deliveries/{delivery}/redeliver": delivered,
    "shared-inbox-links": sharing,
    "shared-inbox-links/{shared}/rotate": shared,
    "shared-inbox-links/{shared}/revoke": shared,
    "api-keys": lambda api, meta: World(KEY),
}


@dataclass
class Watch:
    """Connections and look-ups that were begun, in any thread, while the test's had a transaction open."""

    database: Any = None
    seen: list[str] = field(default_factory=list)

    def __call__(self, event: str, arguments: Any) -> None:
        if (
            self.database
            and event in {"socket.connect", "socket.getaddrinfo"}
            and self.database.in_atomic_block
        ):
            self.seen.append(f"{event} {arguments}")


watch = Watch()
sys.addaudithook(watch)


@contextmanager
def no_network_in_a_transaction() -> Iterator[None]:
    # A connection to Meta that is kept would not be seen.
    client.session.cache_clear()
    watch.database, watch.seen = connections["default"], []
    try:
        yield
    finally:
        watch.database = None
    assert watch.seen == []


def post(api: Api, path: str, body: dict[str, Any], **headers: str) -> Any:
    """As JSON, or as a form where the body has a file."""
    if "file" not in body:
        return api.post(path, body, **headers)
    given = headers | {"authorization": f"Bearer {api.key}"}
    return api.client.post(f"/v1/{path}", {"file": SimpleUploadedFile(*body["file"])}, headers=given)


def everything() -> dict[str, Any]:
    """Every row of ours, as it stands."""
    return {
        model._meta.label: [
            {name: value for name, value in row.items() if name not in OF_EACH_REQUEST}
            for row in model._base_manager.order_by("pk").values()
        ]
        for model in apps.get_models()
        if model is not IdempotencyKey
    }


def test_every_post_is_tried_here() -> None:
    """A new one needs a world in which it succeeds."""
    assert {route.path for route in POSTS} - set(WORLDS) == set()


@every_post
def test_a_post_is_done_once_and_answered_again(route: Route, api: Api, meta: Meta) -> None:
    world = WORLDS[route.path](api, meta)
    path = route.path.format(**world.ids)

    with no_network_in_a_transaction():
        first = post(api, path, world.body, **GIVEN)
    after, asked = everything(), len(meta.sandbox.calls())
    again, other = post(api, path, world.body, **GIVEN), post(api, path, world.other, **GIVEN)

    assert 200 <= first.status_code < 300, first.content
    assert "Idempotency-Replayed" not in first
    assert (again.status_code, again.content) == (first.status_code, first.content)
    assert again["Idempotency-Replayed"] == "true"
    assert again["Content-Type"] == first["Content-Type"]
    refused(other, 409, "CONFLICT")
    assert everything() == after
    assert len(meta.sandbox.calls()) == asked
    assert IdempotencyKey.objects.get().answer


@every_post
def test_without_a_key_a_post_waits_for_nobody_in_a_transaction_either(
    route: Route, api: Api, meta: Meta
) -> None:
    world = WORLDS[route.path](api, meta)

    with no_network_in_a_transaction():
        answer = post(api, route.path.format(**world.ids), world.body)

    assert 200 <= answer.status_code < 300, answer.content
    assert not IdempotencyKey.objects.exists()


@every_post
@pytest.mark.parametrize("key", ["", "x" * 256, "a\x00b"])
def test_a_post_with_a_key_that_is_none_is_refused(route: Route, key: str, acme: Tenant) -> None:
    before = everything()

    answer = call(route, acme.path(route), bearer(acme.key), **{"idempotency-key": key})

    refused(answer, 400, "VALIDATION_ERROR")
    assert answer.json()["error"]["details"][0]["field"] == "Idempotency-Key"
    assert everything() == before


@every_post
def test_a_post_that_is_refused_leaves_the_key_free(route: Route, acme: Tenant) -> None:
    wrong = Route(route.method, route.path, route.scope, 400, {"another": "body"})

    answers = [call(wrong, acme.path(wrong), bearer(acme.key), **GIVEN) for _ in range(2)]

    assert {answer.status_code for answer in answers} <= {400, 409, 415}
    assert not any("Idempotency-Replayed" in answer for answer in answers)
    assert not IdempotencyKey.objects.exists()


@every_post
@pytest.mark.parametrize(("authorization", "status"), [(None, 401), ("Bearer sk_org_x", 401)])
def test_who_calls_is_asked_before_the_key(
    route: Route, authorization: str | None, status: int, acme: Tenant
) -> None:
    answer = call(route, acme.path(route), authorization, **{"idempotency-key": ""})

    assert answer.status_code == status
    assert not IdempotencyKey.objects.exists()


@every_post
def test_another_organizations_row_is_not_found_under_a_key_either(
    route: Route, acme: Tenant, other: Tenant
) -> None:
    if "{" not in route.path:
        return

    refused(call(route, other.path(route), bearer(acme.key), **GIVEN), 404, "NOT_FOUND")
    assert not IdempotencyKey.objects.exists()
    assert OnboardingLink.objects.count() == 2
