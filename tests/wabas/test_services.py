"""Connecting WABAs: whose they are, what is kept, and what a race leaves."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from meta_graph.wabas import WabaInfo
from tests.wabas.world import at_once, on_postgresql
from wabas.models import Waba
from wabas.services import WabaTakenError, connect_waba, note_token_refused

INFO = WabaInfo(
    id="123456789012345",
    name="Acme",
    currency="USD",
    timezone_id="1",
    country="US",
    account_review_status="APPROVED",
    business_verification_status="verified",
    owner_business_id="456",
    owner_business_name="Acme Inc",
    marketing_messages_onboarding_status="ONBOARDED",
    health={"can_send_message": "AVAILABLE"},
)


def connect(organization, info=INFO, token_value="EAAtoken", captured=None):  # noqa: S107
    return connect_waba(
        organization=organization,
        info=info,
        token_value=token_value,
        token_expires_at=None,
        captured=captured or {},
    )


def test_a_waba_is_saved_with_what_meta_said_and_its_token_encrypted(organization):
    waba = connect(organization)

    row = Waba.objects.get(pk=waba.pk)
    assert (row.organization, row.meta_waba_id, row.name) == (organization, INFO.id, "Acme")
    assert (row.owner_business_id, row.owner_business_name) == ("456", "Acme Inc")
    assert row.access_token == "EAAtoken"
    with connection.cursor() as cursor:
        cursor.execute("SELECT access_token FROM wabas_waba")
        assert "EAAtoken" not in cursor.fetchone()[0]


def test_connecting_again_reuses_the_row_and_forgets_why_it_was_disconnected(organization):
    first = connect(organization)
    Waba.objects.update(
        status="disconnected",
        disconnect_reason="PARTNER_REMOVED",
        access_token=None,
        token_refused_at=timezone.now(),
    )

    again = connect(organization, token_value="EAAnewer")

    row = Waba.objects.get()
    assert row.pk == first.pk == again.pk
    assert (row.status, row.disconnect_reason, row.token_refused_at) == ("connected", None, None)
    assert row.access_token == "EAAnewer"


def test_what_meta_leaves_out_keeps_the_last_known_value(organization):
    connect(organization)

    connect(organization, replace(INFO, owner_business_id=None, owner_business_name=None, name="Acme 2"))

    row = Waba.objects.get()
    assert (row.name, row.owner_business_id, row.owner_business_name) == ("Acme 2", "456", "Acme Inc")


def test_new_captured_ids_come_first_and_old_ones_are_kept(organization):
    connect(organization, captured={"page_ids": ["1", "2"], "dataset_ids": ["9"]})

    connect(organization, captured={"page_ids": ["3", "2"]})

    row = Waba.objects.get()
    assert row.page_ids == ["3", "2", "1"]
    assert row.dataset_ids == ["9"]


def test_captured_ids_that_are_none_of_metas_are_dropped(organization):
    hostile = ["../me", "1?fields=x", "", 7, None, "x" * 65, "789"]

    connect(organization, captured={"page_ids": hostile, "catalog_ids": [str(n) for n in range(500)]})

    row = Waba.objects.get()
    assert row.page_ids == ["789"]
    assert len(row.catalog_ids) == 50


def test_another_organizations_connected_waba_is_refused_and_stays_as_it_was(organization, stranger):
    connect(organization)

    with pytest.raises(WabaTakenError):
        connect(stranger.organization, token_value="EAAstranger")

    row = Waba.objects.get()
    assert (row.organization, row.access_token) == (organization, "EAAtoken")


def test_a_disconnected_waba_blocks_nobody(organization, stranger):
    connect(organization)
    Waba.objects.update(status="disconnected")

    taken_over = connect(stranger.organization)

    assert taken_over.is_connected
    assert Waba.objects.count() == 2
    with pytest.raises(WabaTakenError):
        connect(organization)


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_of_two_organizations_that_connect_at_once_one_is_refused(api, stranger):
    results = at_once(*[lambda owner=owner: connect(owner.organization) for owner in (api, stranger) * 2])

    winners = {result.organization_id for result in results if isinstance(result, Waba)}
    assert len(winners) == 1
    assert [type(result) for result in results if not isinstance(result, Waba)] == [WabaTakenError] * 2
    assert Waba.objects.count() == 1


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_two_signups_of_one_organization_at_once_make_one_row_with_the_ids_of_both(organization):
    at_once(*[lambda n=n: connect(organization, captured={"page_ids": [str(n)]}) for n in range(4)])

    assert sorted(Waba.objects.get().page_ids) == ["0", "1", "2", "3"]


def test_a_refusal_of_an_older_token_says_nothing_of_the_newer(organization):
    waba = connect(organization)

    noted = note_token_refused(waba=waba, token_value="EAAolder")

    assert noted is False
    assert Waba.objects.get().token_refused_at is None


def test_a_refusal_of_the_stored_token_is_noted(organization):
    waba = connect(organization)

    note_token_refused(waba=waba, token_value="EAAtoken")

    assert Waba.objects.filter(token_refused_at__gt=timezone.now() - timedelta(minutes=1)).exists()
