"""Whose calls are kept beside those of signups: numbers that are registered, templates, look-ups, repairs."""

from collections.abc import Iterator
from typing import Any

import pytest

from journal.models import GraphCall
from meta_graph import wabas as graph_wabas
from onboarding.models import RegisteredNumber
from phones.models import PhoneNumber
from phones.sync import check_waba
from tests.conftest import Api
from tests.graph_server import GraphServer, graph_server, refusing, saying
from tests.onboarding.conftest import Circle
from tests.onboarding.registered.world import CODE, enter, registered
from tests.onboarding.test_reconcile import kinds
from tests.wabas.world import Meta, token_of
from wabas.lookups import look_up
from wabas.models import Waba

pytestmark = pytest.mark.django_db(transaction=True)


def kept() -> list[tuple[str, str, str]]:
    return list(GraphCall.objects.order_by("id").values_list("deed", "call", "outcome"))


@pytest.fixture
def partner(settings: Any, meta: Meta) -> Meta:
    return meta


def test_calls_of_a_registered_number_are_its_own_to_the_last(api: Api, partner: Meta) -> None:
    number = registered(api)
    assert enter(api, number, "111111").status_code == 422
    assert enter(api, number).status_code == 200
    assert api.delete(f"registered-numbers/{number['id']}").status_code == 204

    assert kept() == [
        ("register_number", "add_preverified_number", "ok"),
        ("register_number", "request_code", "ok"),
        ("verify_number", "verify_code", "wrong_code"),
        ("verify_number", "verify_code", "ok"),
        ("delete_number", "delete_preverified_number", "ok"),
    ]
    rows = list(GraphCall.objects.all())
    assert {(str(row.registered_number_id), row.organization_id) for row in rows} == {
        (number["id"], api.organization.pk)
    }
    assert not [row for row in rows if CODE in f"{row.request}{row.answer}"]
    assert not RegisteredNumber.objects.exists()


def test_another_code_for_a_registered_number_is_kept_too(api: Api, partner: Meta) -> None:
    number = registered(api)
    GraphCall.objects.all().delete()

    assert api.post(f"registered-numbers/{number['id']}/request-code", {"method": "voice"}).status_code == 202

    assert [(deed, call) for deed, call, _ in kept()][-1] == ("request_number_code", "request_code")
    assert {str(row.registered_number_id) for row in GraphCall.objects.all()} == {number["id"]}


@pytest.fixture
def graph(settings: Any) -> Iterator[GraphServer]:
    with graph_server() as running:
        settings.META_GRAPH_URL = running.url
        yield running


@pytest.fixture
def waba(api: Api) -> Waba:
    return Waba.objects.create(
        organization=api.organization, meta_waba_id="102290129340398", access_token="EAAG"
    )


def test_templates_that_were_made_and_deleted_are_kept_and_of_lists_only_what_failed(
    api: Api, waba: Waba, graph: GraphServer
) -> None:
    path = f"wabas/{waba.pk}/templates"
    graph.usual = saying({"data": []})
    assert api.get(path).status_code == 200
    assert kept() == []

    graph.usual = refusing(100)
    assert api.get(path).status_code >= 400
    graph.usual = saying({"success": True})
    assert api.delete(f"{path}/welcome").status_code == 204

    assert [(deed, call) for deed, call, _ in kept()] == [
        ("templates", "list_templates"), ("templates", "delete_template"),
    ]  # fmt: skip
    assert {row.meta_waba_id for row in GraphCall.objects.all()} == {waba.meta_waba_id}


def test_what_a_live_look_up_was_refused_is_kept_by_the_thread_that_asked_for_it(
    api: Api, waba: Waba, graph: GraphServer
) -> None:
    graph.usual = refusing(100)

    look_up(waba=waba)

    assert sorted(call for _, call, _ in kept()) == ["list_datasets", "list_product_catalogs", "read_waba"]
    assert {row.deed for row in GraphCall.objects.all()} == {"lookup"}


def test_of_hourly_checks_and_commands_what_changes_something_at_meta_is_kept_though_it_goes_well(
    circle: Circle,
) -> None:
    circle.completed()
    waba = Waba.objects.get()
    phone = PhoneNumber.objects.get()
    GraphCall.objects.all().delete()

    graph_wabas.unsubscribe_app(waba_id=waba.meta_waba_id, token=token_of(waba))
    PhoneNumber.objects.update(new_pin="739150")
    check_waba(waba.pk)

    assert kept() == [("check", "set_pin", "ok"), ("check", "subscribe_app", "ok")]
    assert {row.meta_waba_id for row in GraphCall.objects.all()} == {phone.waba.meta_waba_id}

    circle.meta.change(waba.meta_waba_id, is_subscribed=False)
    GraphCall.objects.all().delete()
    assert kinds("--repair") == [("not_subscribed", "subscribed again")]

    assert kept() == [("reconcile", "subscribe_app", "ok")]
    assert {row.organization_id for row in GraphCall.objects.all()} == {waba.organization_id}
