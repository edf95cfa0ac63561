"""Every page of every list: it opens, it costs the same however many rows there are, it shows no secret."""

from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.contrib import admin
from django.contrib.auth.models import Permission
from django.db import connection, models
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from onboarding.models import RegisteredNumber
from organizations.services import create_organization
from tests.admin.world import ask_meta, failed_signup, story
from vault.fields import EncryptedTextField
from webhooks.models import Attempt, Delivery

OUR_APPS = (
    "organizations", "wabas", "webhooks", "phones", "onboarding", "inbox", "meta_events", "shared_inbox",
    "journal",
)  # fmt: skip
OURS = [model for model in admin.site._registry if model._meta.app_label in OUR_APPS]
MARK = "MARKER"


def address(model: type[models.Model], page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


def secret_fields() -> Iterator[tuple[type[models.Model], Any]]:
    for app in OUR_APPS:
        for model in apps.get_app_config(app).get_models():
            for field in model._meta.concrete_fields:
                if isinstance(field, EncryptedTextField) or field.name.endswith("_hash"):
                    yield model, field


def mark_every_secret() -> None:
    for model, field in secret_fields():
        rows = model._default_manager.all()
        assert rows, f"the world has no {model.__name__}"
        for place, row in enumerate(rows):
            value = f"{MARK}-{model.__name__}-{field.name}-{place}"
            model._default_manager.filter(pk=row.pk).update(**{field.name: value})


def pages_of(model: type[models.Model]) -> Iterator[str]:
    yield address(model, "changelist")
    yield address(model, "changelist") + f"?q={MARK[:3]}"
    if admin.site._registry[model].has_add_permission.__qualname__.split(".")[0] != "RowAdmin":
        yield address(model, "add")
    for row in model._default_manager.all():
        for page in ("change", "history", "delete"):
            yield address(model, page, row.pk)


def test_no_page_shows_a_secret(staff, told):
    mark_every_secret()

    bodies = {
        page: staff.get(page, follow=True).content.decode() for model in OURS for page in pages_of(model)
    }

    assert len(bodies) > 30
    assert [page for page, body in bodies.items() if MARK in body.replace(f"q={MARK[:3]}", "")] == []


def test_no_question_about_an_action_shows_a_secret(staff, told, act):
    mark_every_secret()

    for model in OURS:
        for action in admin.site._registry[model].actions or ():
            page = act(action, model._default_manager.first(), confirmed=False)
            assert page.status_code == 200
            assert MARK not in page.content.decode()


def test_no_secret_is_even_opened_by_a_list_or_a_page(staff, told, settings):
    """The keys are gone: whoever opens a secret fails."""
    settings.FIELD_ENCRYPTION_KEYS = ["v8b2nF0o8zT1kq6f4bGq0n2T7yY3m5L9c1xXoJ6uWmE="]

    for model in OURS:
        assert staff.get(address(model, "changelist")).status_code == 200
        for row in model._default_manager.only("pk"):
            assert staff.get(address(model, "change", row.pk)).status_code == 200


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_a_list_costs_the_same_queries_for_one_row_and_for_many(staff, told, model):
    staff.get(address(model, "changelist"))
    with CaptureQueriesContext(
        connection,
    ) as one:
        staff.get(address(model, "changelist"))

    for number in range(4):
        story(create_organization(name=f"Customer {number}"))
    with CaptureQueriesContext(connection) as many:
        page = staff.get(address(model, "changelist"))

    assert page.context["cl"].result_count >= 5
    assert len(many) == len(one) <= 10


def test_a_links_page_costs_the_same_queries_however_often_it_was_tried(staff, told):
    page = address(type(told.link), "change", told.link.pk)
    staff.get(page)
    with CaptureQueriesContext(connection) as few:
        staff.get(page)

    for number in range(7, 12):
        failed_signup(told.link, number)
    with CaptureQueriesContext(connection) as many:
        staff.get(page)

    assert len(many) == len(few) <= 30


def test_a_links_page_costs_the_same_queries_however_much_there_is_to_tell(staff, told, act):
    page = address(type(told.link), "change", told.link.pk)
    act("deactivate", told.webhook)
    staff.get(page)
    with CaptureQueriesContext(connection) as few:
        staff.get(page)

    for number in range(8):
        ask_meta(told.signup, number)
        again = Delivery.objects.create(event=told.event, webhook=told.webhook, trigger="manual")
        Attempt.objects.create(delivery=again, number=1, at=told.delivery.created_at, error="http_500")
        act("check_now", told.phone)
    with CaptureQueriesContext(connection) as many:
        shown = staff.get(page)

    entries = [one for chapter in shown.context["chapters"] for one in chapter.entries]
    assert len(entries) + sum(len(one.inside) for one in entries) > 50
    assert len(many) == len(few) <= 30


@pytest.mark.parametrize("model", OURS, ids=lambda model: model.__name__)
def test_every_filter_narrows_or_keeps_its_list(staff, told, model):
    page = staff.get(address(model, "changelist"))
    queries = [
        choice["query_string"]
        for spec in page.context["cl"].filter_specs
        for choice in spec.choices(page.context["cl"])
    ]

    assert queries
    for query in queries:
        assert staff.get(address(model, "changelist") + query).status_code == 200


def test_the_organization_filter_shows_its_rows_only(staff, told):
    stranger = story(create_organization(name="Stranger Inc"))

    for model in (type(told.link), type(told.phone), type(told.delivery), type(told.event), type(told.key)):
        page = staff.get(address(model, "changelist"), {"organization": str(stranger.organization.pk)})
        assert page.context["cl"].result_count == 1


def test_an_organization_leads_to_each_of_its_lists(staff, told):
    page = staff.get(address(type(told.organization), "change", told.organization.pk)).content.decode()

    for row in (told.link, told.phone, told.waba, told.webhook, told.event, told.delivery, told.key):
        assert f"{address(type(row), 'changelist')}?organization={told.organization.pk}" in page


def test_the_index_begins_with_the_links(staff, told):
    page = staff.get("/admin/").content.decode()

    names = [
        "Onboarding links",
        "Phone numbers",
        "WABAs",
        "Outgoing webhooks",
        "Deliveries",
        "Organizations",
        "Users",
    ]
    places = [page.index(f">{name}</a>") for name in names]
    assert places == sorted(places)
    assert "<title>Gangway" in page.replace("\n", "").replace("  ", "")


def test_nothing_of_a_customer_can_be_edited(staff, told):
    number = RegisteredNumber.objects.create(organization=told.link.organization, phone_number="+34612000111")
    for row in (told.link, told.phone, told.waba, told.webhook, told.event, told.delivery, told.key, number):
        answer = staff.post(address(type(row), "change", row.pk), {"name": "changed", "status": "pending"})
        assert answer.status_code == 403


def test_an_outsider_is_sent_to_the_login(client, told):
    for model in OURS:
        assert client.get(address(model, "changelist")).status_code == 302
        assert client.get(address(model, "change", model._default_manager.all()[0].pk)).status_code == 302


def test_a_look_costs_the_permission_to_view_and_an_action_the_one_to_change(told, client, django_user_model):
    looker = django_user_model.objects.create_user("looker", is_staff=True)
    looker.user_permissions.set(Permission.objects.filter(codename="view_onboardinglink"))
    client.force_login(looker)

    page = client.get(address(type(told.link), "change", told.link.pk))

    assert page.status_code == 200
    assert page.context["buttons"] == []
    client.post(
        address(type(told.link), "changelist"),
        {
            "action": "delete_selected",
            "_selected_action": str(told.link.pk),
            "confirmed": "yes",
            "reason": "asked by mail",
        },
    )
    assert type(told.link).objects.filter(pk=told.link.pk).exists()
    assert client.get(address(type(told.link), "add")).status_code == 403
    assert client.get(address(type(told.phone), "changelist")).status_code == 403


def test_what_a_customer_wrote_is_escaped(staff, told):
    told.link.name = "<script>alert(1)</script>"
    told.link.last_error = {"code": "<b>X</b>", "message": "<img src=x>", "actor": "end_user"}
    told.link.status = "pending"
    told.link.save()

    page = staff.get(address(type(told.link), "change", told.link.pk)).content.decode()
    body = staff.get(address(type(told.delivery), "change", told.delivery.pk)).content.decode()

    assert "<script>alert" not in page
    assert "<img src=x" not in page
    assert "<h1>Oh no" not in body
    assert "&lt;h1&gt;Oh no" in body


def test_a_number_says_what_does_not_work_and_each_reason_once(staff, told):
    told.phone.is_registered, told.phone.status = False, "PENDING"
    told.phone.save()

    shown = staff.get(address(type(told.phone), "changelist")).content.decode()
    page = staff.get(address(type(told.phone), "change", told.phone.pk)).context["tables"][0]

    assert "nothing: NOT_REGISTERED" in shown
    assert [row[0] for row in page.rows] == ["NOT_REGISTERED", "PHONE_NOT_CONNECTED"]
