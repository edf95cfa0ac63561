"""Our credit line on WABAs: shared once whatever dies where, checked, taken back."""

import time
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
import time_machine
from django.conf import settings as configured
from django.utils import timezone

from meta_graph import wabas
from meta_graph.client import system_token
from meta_graph.errors import GraphError
from meta_graph.sandbox.graph import credit_lines as sandboxed
from organizations.models import Organization
from tests.conftest import Api
from tests.wabas.world import Meta, at_once, on_postgresql
from wabas.credit import (
    CreditNotVerifiedError,
    RevocationNotVerifiedError,
    UnknownOwnerError,
    UnsupportedCurrencyError,
    revoke_credit,
    share_credit,
)
from wabas.credit_claims import CreditInDoubtError, doubt
from wabas.models import Waba

pytestmark = pytest.mark.django_db(transaction=True)
METHODS = ("share_and_attach", "share_then_attach")
# Every call that changes something at Meta, as the sandbox names it, and the method that makes it.
WRITES = (
    ("share_and_attach", "share_and_attach"),
    ("share_credit", "share_then_attach"),
    ("attach_credit", "share_then_attach"),
)


@pytest.fixture(autouse=True)
def credit_line(settings: Any) -> None:
    """Before `meta`, whose sandbox is told of it."""
    settings.META_CREDIT_LINE_ID = "1900000000000001"


@pytest.fixture(params=METHODS)
def method(request: pytest.FixtureRequest, settings: Any) -> str:
    settings.META_CREDIT_METHOD = request.param
    return str(request.param)


@pytest.fixture
def waba(credit_line: None, meta: Meta, organization: Organization) -> Waba:
    return managed(meta.connected_waba(organization))


def managed(waba: Waba) -> Waba:
    wabas.assign_user(
        waba_id=waba.meta_waba_id,
        user_id=configured.META_SYSTEM_USER_ID,
        tasks=("MANAGE",),
        token=system_token(),
    )
    return waba


def allocations(meta: Meta, **match: Any) -> list[dict[str, Any]]:
    return list(meta.sandbox.state.of_kind("allocation", **match))


def writes(meta: Meta) -> list[str]:
    made = {call for call, _ in WRITES}
    return [call["call"] for call in meta.sandbox.calls() if call["call"] in made]


def error_of(waba: Waba) -> dict[str, Any]:
    return waba.credit_error or {}


def later(seconds: float = 0) -> Any:
    """The time at which an unknown outcome may be looked at."""
    return time_machine.travel(timezone.now() + doubt() + timedelta(seconds=1 + seconds))


def stored(waba: Waba) -> Waba:
    return Waba.objects.get(pk=waba.pk)


def test_the_line_is_shared_and_seen_as_what_pays(method: str, meta: Meta, waba: Waba, api: Api) -> None:
    share_credit(waba=waba)

    [allocation] = allocations(meta)
    row = stored(waba)
    assert row.credit_line_status == "verified"
    assert row.allocation_config_id == allocation["id"]
    assert (row.credit_asked_at, row.credit_error) == (None, None)
    assert meta.sandbox.state.objects[waba.meta_waba_id]["primary_funding_id"] == allocation["credential"]
    shown = api.get(f"wabas/{waba.pk}").json()["data"]["creditLine"]
    assert (shown["status"], shown["allocationConfigId"]) == ("verified", allocation["id"])
    assert shown["sharedAt"]


def test_sharing_again_makes_no_second_allocation(method: str, meta: Meta, waba: Waba) -> None:
    share_credit(waba=waba)
    since = stored(waba).credit_shared_at
    made = len(writes(meta))

    share_credit(waba=stored(waba))

    assert len(allocations(meta)) == 1
    assert len(writes(meta)) == made
    assert stored(waba).credit_shared_at == since


@pytest.mark.parametrize(("call", "method_of_call"), WRITES)
@pytest.mark.parametrize("when", ["after", "before"])
def test_a_lost_answer_makes_no_second_allocation(
    meta: Meta, waba: Waba, settings: Any, call: str, method_of_call: str, when: str
) -> None:
    settings.META_CREDIT_METHOD = method_of_call
    meta.sandbox.set_scenario("reset_after_work", call=call, times=1, when=when)
    with pytest.raises(GraphError):
        share_credit(waba=waba)

    with pytest.raises(CreditInDoubtError) as early:
        share_credit(waba=stored(waba))
    before = len(writes(meta))
    with later():
        share_credit(waba=stored(waba))

    assert early.value.retry_at is not None
    assert early.value.retry_at <= timezone.now() + doubt()
    assert len(allocations(meta)) == 1
    assert stored(waba).credit_line_status == "verified"
    if (call, when) == ("share_and_attach", "after"):
        assert len(writes(meta)) == before


@pytest.mark.parametrize("died", ["before_reading", "after_sharing", "before_attaching", "before_verifying"])
def test_a_process_that_dies_anywhere_leaves_one_allocation(
    method: str, meta: Meta, waba: Waba, died: str
) -> None:
    if died != "before_reading":
        share_credit(waba=waba)
    states: dict[str, dict[str, Any]] = {
        "before_reading": {"credit_asked_at": timezone.now()},
        # Meta has it, and nobody wrote down what Meta answered.
        "after_sharing": {
            "credit_asked_at": timezone.now(),
            "allocation_config_id": None,
            "credit_line_status": None,
            "credit_shared_at": None,
        },
        "before_attaching": {"credit_asked_at": timezone.now(), "credit_line_status": None},
        "before_verifying": {"credit_asked_at": None, "credit_line_status": "shared"},
    }
    Waba.objects.filter(pk=waba.pk).update(**states[died])
    if died == "before_attaching" and method == "share_then_attach":
        meta.change(waba.meta_waba_id, primary_funding_id=None)

    with later():
        share_credit(waba=stored(waba))

    assert len(allocations(meta)) == 1
    assert stored(waba).credit_line_status == "verified"
    assert stored(waba).allocation_config_id == allocations(meta)[0]["id"]


def test_what_meta_does_not_show_yet_is_waited_for_and_not_shared_again(meta: Meta, waba: Waba) -> None:
    meta.sandbox.set_scenario("reset_after_work", call="share_and_attach", times=1)
    with pytest.raises(GraphError):
        share_credit(waba=waba)
    [allocation] = allocations(meta)
    meta.change(waba.meta_waba_id, primary_funding_id=None)  # not shown yet

    with later(), pytest.raises(CreditNotVerifiedError):
        share_credit(waba=stored(waba))

    row = stored(waba)
    assert (row.credit_line_status, row.allocation_config_id) == ("shared", allocation["id"])
    assert error_of(row)["code"] == "CREDIT_NOT_VERIFIED"
    meta.change(waba.meta_waba_id, primary_funding_id=allocation["credential"])
    share_credit(waba=row)
    assert stored(waba).credit_line_status == "verified"
    assert len(writes(meta)) == 1


def test_a_failed_reading_does_not_forget_that_an_outcome_is_unknown(meta: Meta, waba: Waba) -> None:
    meta.sandbox.set_scenario("reset_after_work", call="share_and_attach", times=1)
    with pytest.raises(GraphError):
        share_credit(waba=waba)
    meta.change(waba.meta_waba_id, primary_funding_id=None)
    meta.sandbox.set_scenario("error", code=80007, call="allocations", times=1)

    with later():
        with pytest.raises(GraphError):
            share_credit(waba=stored(waba))
        with pytest.raises(CreditNotVerifiedError):
            share_credit(waba=stored(waba))

    assert len(allocations(meta)) == 1


@pytest.mark.parametrize("currency", ["ARS", "BRL", None])
def test_a_currency_without_credit_is_seen_before_meta_is_asked(
    meta: Meta, waba: Waba, currency: str | None
) -> None:
    meta.change(waba.meta_waba_id, currency=currency)
    Waba.objects.filter(pk=waba.pk).update(currency=currency)

    with pytest.raises(UnsupportedCurrencyError):
        share_credit(waba=stored(waba))

    assert stored(waba).credit_line_status == "unsupported_currency"
    assert error_of(stored(waba))["code"] == "UNSUPPORTED_CURRENCY"
    assert writes(meta) == []
    assert meta.sandbox.calls("allocations") == []


@pytest.mark.parametrize(("call", "method_of_call"), WRITES)
def test_a_refusal_is_kept_and_may_be_tried_again_at_once(
    meta: Meta, waba: Waba, settings: Any, call: str, method_of_call: str
) -> None:
    settings.META_CREDIT_METHOD = method_of_call
    meta.sandbox.set_scenario("error", code=131042, call=call, times=1)
    with pytest.raises(GraphError):
        share_credit(waba=waba)

    row = stored(waba)
    assert (row.credit_line_status, row.credit_asked_at) == ("refused", None)
    assert (error_of(row)["code"], error_of(row)["meta"]["code"]) == ("PAYMENT", 131042)
    assert row.allocation_config_id == (allocations(meta)[0]["id"] if call == "attach_credit" else None)
    share_credit(waba=row)
    assert (stored(waba).credit_line_status, stored(waba).credit_error) == ("verified", None)
    assert len(allocations(meta)) == 1


def test_an_owner_that_was_not_known_is_read(meta: Meta, waba: Waba) -> None:
    Waba.objects.filter(pk=waba.pk).update(owner_business_id=None)

    share_credit(waba=stored(waba))

    assert stored(waba).credit_line_status == "verified"
    assert stored(waba).owner_business_id


def test_two_wabas_of_one_portfolio_are_both_paid_for(
    method: str, meta: Meta, organization: Organization
) -> None:
    first, second = portfolio(meta, organization)
    share_credit(waba=first)
    lost = "share_and_attach" if method == "share_and_attach" else "attach_credit"
    meta.sandbox.set_scenario("reset_after_work", call=lost, times=1)
    with pytest.raises(GraphError):
        share_credit(waba=second)

    with later():
        share_credit(waba=stored(second))

    assert {stored(one).credit_line_status for one in (first, second)} == {"verified"}
    # Meta's method in one call makes one for each WABA.
    assert len(allocations(meta)) == (2 if method == "share_and_attach" else 1)


@on_postgresql
@pytest.mark.parametrize("of", ["one WABA", "one portfolio"])
def test_of_those_who_share_at_once_one_does(
    method: str, meta: Meta, organization: Organization, of: str
) -> None:
    first, second = portfolio(meta, organization)
    rivals = [first, second] if of == "one portfolio" else [first, stored(first)]
    meta.sandbox.set_scenario("slow", ms=200)

    results = at_once(*(partial(share_credit, waba=one) for one in rivals))

    assert sorted(type(result).__name__ for result in results) == ["CreditInDoubtError", "NoneType"]
    assert len(allocations(meta)) == 1


@on_postgresql
def test_a_process_that_slept_past_its_claim_shares_nothing(meta: Meta, waba: Waba) -> None:
    meta.sandbox.set_scenario("slow", call="allocations", ms=600, times=1)

    def taken_over() -> None:
        time.sleep(0.3)
        Waba.objects.filter(pk=waba.pk).update(credit_asked_at=timezone.now() + timedelta(minutes=1))

    result, _ = at_once(partial(share_credit, waba=waba), taken_over)

    assert isinstance(result, CreditInDoubtError)
    assert writes(meta) == []


def test_revoking_takes_it_from_every_waba_of_the_portfolio(
    method: str, meta: Meta, organization: Organization
) -> None:
    first, second = portfolio(meta, organization)
    other = managed(meta.connected_waba(organization))
    for one in (first, second, other):
        share_credit(waba=one)

    marked = revoke_credit(waba=stored(second))

    assert marked == 2
    assert {stored(one).credit_line_status for one in (first, second)} == {"revoked"}
    assert stored(other).credit_line_status == "verified"
    assert allocations(meta, business=first.owner_business_id, request_status="APPROVED") == []
    assert revoke_credit(waba=stored(first)) == 0


def test_what_was_revoked_can_be_shared_anew(method: str, meta: Meta, waba: Waba) -> None:
    share_credit(waba=waba)
    before = stored(waba).allocation_config_id
    revoke_credit(waba=stored(waba))

    share_credit(waba=stored(waba))

    assert stored(waba).credit_line_status == "verified"
    assert stored(waba).allocation_config_id != before
    assert len(allocations(meta, request_status="APPROVED")) == 1


def test_a_revocation_that_failed_or_is_not_shown_marks_nothing(
    meta: Meta, waba: Waba, monkeypatch: pytest.MonkeyPatch
) -> None:
    share_credit(waba=waba)
    meta.sandbox.set_scenario("error", code=2, call="revoke_credit", times=1)
    with pytest.raises(GraphError):
        revoke_credit(waba=stored(waba))
    assert (stored(waba).credit_line_status, stored(waba).credit_asked_at) == ("verified", None)
    monkeypatch.setattr(sandboxed, "revoke", lambda call: {"success": True})

    with pytest.raises(RevocationNotVerifiedError):
        revoke_credit(waba=stored(waba))

    assert stored(waba).credit_line_status == "verified"
    assert error_of(stored(waba))["code"] == "REVOCATION_NOT_VERIFIED"


def test_nothing_is_revoked_of_an_owner_that_nobody_knows(waba: Waba) -> None:
    waba.owner_business_id = None

    with pytest.raises(UnknownOwnerError):
        revoke_credit(waba=waba)


def portfolio(meta: Meta, organization: Organization) -> tuple[Waba, Waba]:
    """Two WABAs of one customer."""
    signup, token = meta.sign_up("several_wabas")
    first = meta.saved_waba(organization, signup, token)
    others = [
        node["id"]
        for node in meta.sandbox.state.of_kind("waba", business=first.owner_business_id)
        if node["id"] != first.meta_waba_id
    ]
    second = meta.saved_waba(organization, signup | {"wabaId": others[0]}, token)
    return managed(first), managed(second)
