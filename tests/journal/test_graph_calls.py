"""The journal of Graph calls: about whom each was, and that no secret is in it."""

from contextlib import nullcontext
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings as configured
from django.core.management import call_command
from django.db import OperationalError, connection, transaction
from django.utils import timezone

from journal import retention
from journal.models import GraphCall
from journal.subjects import about
from meta_graph import oauth, wabas
from meta_graph.client import app_token
from meta_graph.errors import GraphError
from meta_graph.together import both
from onboarding.models import PageEvent, Signup
from phones.models import PhoneNumber
from phones.sync import check_waba, sync_phone
from tests.onboarding.conftest import Circle, run_due
from tests.onboarding.lost import SOON, clicked, look, told
from tests.wabas.world import on_postgresql, token_of
from wabas.models import Waba

pytestmark = pytest.mark.django_db(transaction=True)
PIN = "739150"


def deeds() -> list[tuple[str, str]]:
    return list(GraphCall.objects.order_by("id").values_list("deed", "call"))


def text_of(row: GraphCall) -> str:
    return "\n".join(str(getattr(row, field.attname)) for field in row._meta.concrete_fields)


def test_each_call_of_a_signup_is_kept_with_whose_it_is_and_what_it_was_a_part_of(circle: Circle) -> None:
    user, link = circle.completed()

    kept = deeds()
    assert kept[0] == ("callback", "exchange_code")
    assert {*kept} >= {
        ("identify_assets", "debug_token"), ("identify_assets", "list_phone_numbers"),
        ("save_waba", "read_waba"), ("subscribe_app", "subscribe_app"), ("register_phone", "register"),
    }  # fmt: skip
    assert len(kept) == len(circle.meta.sandbox.calls())
    for row in GraphCall.objects.all():
        assert (str(row.link_id), str(row.signup_id)) == (link["id"], user.signup_id)
        assert (row.organization_id, row.outcome, row.http_status) == (circle.api.organization.pk, "ok", 200)
        assert row.trace_id
        assert row.request_id
    register = GraphCall.objects.get(call="register")
    assert (register.method, register.token_kind) == ("POST", "BIZ")
    assert register.path == f"{user.signup.meta_phone_number_id}/register"
    assert register.meta_waba_id == user.signup.meta_waba_id
    assert register.request == '{"body": {"messaging_product": "whatsapp", "pin": "[...]"}}'
    assert register.answer == '{"success": true}'


def test_no_secret_of_any_signup_is_in_any_row(circle: Circle) -> None:
    """A code that is refused, a PIN that is wrong and one that is right, a token that is fetched."""
    lost = clicked(circle)
    made = circle.meta.sandbox.sign_up()
    lost.bring(made, order="s")
    told(made)
    look(SOON)
    refused = circle.make_link()
    user = circle.signed_up(link=circle.make_link())
    from_page = type(user)(refused["id"])
    assert from_page.call("callback", code="AQBadCodeThatMetaNeverGave").status_code == 422
    phone_id = user.signup.session["phone_number_id"]
    circle.meta.sandbox.set_scenario("pin_mismatch", target=phone_id, pin=PIN)
    run_due()
    assert user.call("pin", pin="907856").status_code == 202
    run_due()
    assert user.call("pin", pin=PIN).status_code == 202
    run_due()

    secrets = {
        *circle.meta.sandbox.state.tokens, *circle.meta.sandbox.state.codes, "AQBadCodeThatMetaNeverGave",
        configured.META_APP_SECRET, configured.META_SYSTEM_USER_TOKEN, "907856", PIN,
        *(str(waba.access_token) for waba in Waba.objects.all()),
        *(str(phone.pin) for phone in PhoneNumber.objects.all()),
        app_token().value,
    }  # fmt: skip
    rows = [*GraphCall.objects.all()]
    assert {row.call for row in rows} >= {"exchange_code", "register", "fetch_customer_token", "debug_token"}
    assert len(secrets) > 8
    found = {secret for secret in secrets for row in rows if secret in text_of(row)}
    assert found == set()
    assert not [row for row in rows if "appsecret_proof" in text_of(row)]
    told_by_page = "".join(f"{event.detail} {event.refusal}" for event in PageEvent.objects.all())
    assert not [secret for secret in secrets if secret in told_by_page]


def test_a_refusal_is_kept_with_metas_code_trace_and_words(circle: Circle) -> None:
    user = circle.signed_up()
    phone_id = user.signup.session["phone_number_id"]
    circle.meta.sandbox.set_scenario("pin_mismatch", target=phone_id, pin=PIN)

    run_due()

    row = GraphCall.objects.get(call="register")
    assert (row.outcome, row.code, row.http_status) == ("pin_mismatch", 133005, 400)
    error = user.step("register_phone").error
    assert error
    assert row.trace_id == error["meta"]["traceId"]
    assert '"code": 133005' in row.answer


def test_a_call_without_an_answer_says_why(circle: Circle) -> None:
    user = circle.signed_up()
    circle.meta.sandbox.set_scenario("graph_down", how="reset", call="register", times=1)

    run_due()

    row = GraphCall.objects.get(call="register")
    assert (row.http_status, row.code, row.trace_id) == (None, None, "")
    assert row.outcome in {"unreachable", "timeout"}
    assert row.answer
    assert user.step("register_phone").status == "waiting"


def test_a_fetched_token_is_a_call_of_the_signup_that_got_it(circle: Circle) -> None:
    user = clicked(circle)
    made = circle.meta.sandbox.sign_up()
    user.bring(made, order="s")
    told(made)

    look(SOON)

    row = GraphCall.objects.get(call="fetch_customer_token")
    assert (row.deed, str(row.signup_id), row.token_kind) == ("recovery", user.signup_id, "SYS")
    assert row.meta_waba_id == made["wabaId"]


def test_what_is_about_nobody_is_not_kept(circle: Circle) -> None:
    _, token = circle.meta.sign_up()
    oauth.debug_token(token_value=token.value)

    assert not GraphCall.objects.exists()


def test_a_check_that_was_asked_for_is_kept_and_of_the_hourly_ones_only_what_failed(
    circle: Circle, organization: Any
) -> None:
    phone = circle.meta.connected_phone(organization)
    check_waba(phone.waba_id)
    assert not GraphCall.objects.exists()

    circle.meta.sandbox.set_scenario("graph_down", how="reset")
    check_waba(phone.waba_id)
    failed = GraphCall.objects.count()
    circle.meta.sandbox.clear_scenarios()
    sync_phone(phone.pk)

    assert failed == GraphCall.objects.exclude(outcome="ok").count() > 0
    asked_for = GraphCall.objects.filter(outcome="ok", deed="check")
    assert asked_for.count() == 3
    assert {row.meta_phone_number_id for row in asked_for} == {phone.meta_phone_number_id}


def test_of_two_calls_at_once_both_are_kept_by_the_thread_that_may_touch_the_database(
    circle: Circle, organization: Any
) -> None:
    waba = circle.meta.connected_waba(organization)
    token = token_of(waba)

    with about(waba=waba.meta_waba_id):
        both(
            lambda: oauth.debug_token(token_value=token.value),
            lambda: wabas.read_waba(waba_id=waba.meta_waba_id, token=token),
        )
        with pytest.raises(GraphError):
            both(
                lambda: wabas.read_waba(waba_id="1", token=token),
                lambda: wabas.list_subscribed_apps(waba_id=waba.meta_waba_id, token=token),
            )

    assert [call for _, call in deeds()] == ["debug_token", "read_waba", "read_waba", "list_subscribed_apps"]


@pytest.mark.parametrize("is_in_transaction", [False, True])
def test_a_row_that_cannot_be_written_costs_the_call_nothing(
    circle: Circle, organization: Any, is_in_transaction: bool
) -> None:
    waba = circle.meta.connected_waba(organization)

    def refuse(execute: Any, sql: str, *rest: Any) -> Any:
        if "journal_graphcall" in sql:
            raise OperationalError("no space left")
        return execute(sql, *rest)

    around = transaction.atomic() if is_in_transaction else nullcontext()
    with connection.execute_wrapper(refuse), about(waba=waba.meta_waba_id), around:
        info = wabas.read_waba(waba_id=waba.meta_waba_id, token=token_of(waba))
        Waba.objects.filter(pk=waba.pk).update(name="Written afterwards")

    assert info.id == waba.meta_waba_id
    assert Waba.objects.get().name == "Written afterwards"
    assert not GraphCall.objects.exists()


@on_postgresql
def test_a_connection_that_ended_during_a_call_is_open_again_for_what_follows(
    circle: Circle, organization: Any
) -> None:
    """A code works once: the token that it brought must not be lost with the journal's row."""
    waba = circle.meta.connected_waba(organization)
    token, other = token_of(waba), connection.copy()

    with about(waba=waba.meta_waba_id):
        with other.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [connection.connection.info.backend_pid])
        other.close()
        wabas.read_waba(waba_id=waba.meta_waba_id, token=token)

    assert Waba.objects.get() == waba


def test_subjects_are_added_to_those_around_and_forgotten_with_their_block(circle: Circle) -> None:
    _, token = circle.meta.sign_up()

    with about(waba="11", deed="outer"):
        with about(phone="12"):
            oauth.debug_token(token_value=token.value)
        oauth.debug_token(token_value=token.value)
    oauth.debug_token(token_value=token.value)

    rows = GraphCall.objects.order_by("id").values_list("meta_waba_id", "meta_phone_number_id", "deed")
    assert list(rows) == [("11", "12", "outer"), ("11", "", "outer")]


def test_calls_go_after_thirty_days_in_small_batches(settings: Any, monkeypatch: Any, capsys: Any) -> None:
    monkeypatch.setattr(retention, "BATCH", 2)
    now = timezone.now()
    for days in (31, 40, 31, 29, 0):
        GraphCall.objects.create(
            made_at=now - timedelta(days=days), call="read_waba", method="GET", path="1", ms=1, outcome="ok"
        )

    assert list(retention.prune(now, is_dry=True)) == [3]
    assert list(retention.prune(now)) == [2, 1]
    settings.GRAPH_CALL_RETENTION_DAYS = 10.0
    call_command("prune")

    assert GraphCall.objects.count() == 1
    assert "1 calls of Graph" in capsys.readouterr().out


def test_a_signup_costs_one_insert_a_call(circle: Circle) -> None:
    inserts: list[str] = []

    def count(execute: Any, sql: str, *rest: Any) -> Any:
        if "journal_graphcall" in sql:
            inserts.append(sql)
        return execute(sql, *rest)

    with connection.execute_wrapper(count):
        circle.completed()

    assert len(inserts) == GraphCall.objects.count() > 5
    assert all(sql.startswith("INSERT") for sql in inserts)
    assert Signup.objects.get().state == "completed"
