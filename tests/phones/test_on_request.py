"""A client registers a number and changes its PIN: what it may, what it costs, what a crash leaves behind."""

import json
import logging
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from meta_graph import limits, phone_numbers
from phones import two_step
from phones.disconnecting import disconnect_phone
from phones.models import PhoneNumber, RegistrationAttempt
from phones.sync import check_waba
from phones.two_step import drop_new, keep_new, take_over
from tests.phones.world import healthy_phone, known_phone, names
from tests.wabas.world import at_once, on_postgresql, token_of
from wabas.models import Waba


def node(meta: Any, phone: PhoneNumber) -> dict[str, Any]:
    found: dict[str, Any] = meta.sandbox.state.objects[phone.meta_phone_number_id]
    return found


def row() -> PhoneNumber:
    return PhoneNumber.objects.get()


# ---- register -------------------------------------------------------------------------------------------


def test_a_number_is_registered_with_a_pin_of_ours_and_checked(api, meta):
    phone = meta.connected_phone(api.organization)

    answer = api.post(f"phones/{phone.pk}/register")

    assert answer.status_code == 202
    assert (answer.json()["data"]["id"], answer.json()["data"]["isRegistered"]) == (str(phone.pk), True)
    assert node(meta, phone)["status"] == "CONNECTED"
    assert node(meta, phone)["pin"] == row().pin
    assert row().sync_requested_at is not None
    assert RegistrationAttempt.objects.get().made_by == "person"


def test_the_numbers_own_pin_is_given_and_becomes_ours(api, meta):
    phone = meta.connected_phone(api.organization)
    meta.sandbox.set_scenario("pin_mismatch", target=phone.meta_phone_number_id, pin="654321")
    refused = api.post(f"phones/{phone.meta_phone_number_id}/register")
    assert refused.status_code == 422
    assert refused.json()["error"]["code"] == "META_REFUSED"
    assert refused.json()["error"]["meta"]["code"] == 133005

    answer = api.post(f"phones/{phone.pk}/register", {"pin": "654321"})

    assert answer.status_code == 202
    assert (row().pin, row().new_pin) == ("654321", None)


def test_a_wrong_pin_that_was_given_does_not_replace_the_one_we_have(api, meta):
    phone = meta.connected_phone(api.organization)
    PhoneNumber.objects.update(pin="482913")
    meta.sandbox.set_scenario("pin_mismatch", target=phone.meta_phone_number_id, pin="482913")

    assert api.post(f"phones/{phone.pk}/register", {"pin": "111111"}).status_code == 422
    assert (row().pin, row().new_pin) == ("482913", None)

    assert api.post(f"phones/{phone.pk}/register").status_code == 202


def test_a_second_call_finds_it_done_and_calls_register_no_more(api, meta):
    phone = meta.connected_phone(api.organization)
    api.post(f"phones/{phone.pk}/register")

    answer = api.post(f"phones/{phone.pk}/register", {"pin": "111111"})

    assert answer.status_code == 409
    assert answer.json()["error"]["message"] == "The number is registered already."
    assert len(meta.sandbox.calls("register")) == 1


def test_what_an_answer_that_was_lost_has_done_is_found_first(api, meta):
    phone = meta.connected_phone(api.organization)
    meta.sandbox.set_scenario("reset_after_work", call="register", times=1)
    lost = api.post(f"phones/{phone.pk}/register", {"pin": "482913"})
    assert (lost.status_code, lost.json()["error"]["code"]) == (502, "META_ERROR")
    assert row().is_registered is False

    again = api.post(f"phones/{phone.pk}/register", {"pin": "482913"})

    assert again.status_code == 409
    assert (row().is_registered, row().new_pin) == (True, "482913")
    check_waba(phone.waba_id)
    assert (row().pin, row().new_pin, node(meta, phone)["pin"]) == ("482913", None, "482913")


def test_a_coexistence_number_is_never_registered_and_meta_not_asked(api, meta):
    phone = meta.connected_phone(api.organization)
    PhoneNumber.objects.update(is_coexistence=True)
    before = len(meta.sandbox.calls())

    assert api.post(f"phones/{phone.pk}/register").status_code == 409
    assert api.post(f"phones/{phone.pk}/pin", {"pin": "482913"}).status_code == 409

    assert len(meta.sandbox.calls()) == before


def test_an_unverified_number_is_not_tried(api, meta):
    phone = meta.connected_phone(api.organization)
    meta.sandbox.set_scenario("not_verified", target=phone.meta_phone_number_id)

    answer = api.post(f"phones/{phone.pk}/register")

    assert answer.status_code == 409
    assert "verified" in answer.json()["error"]["message"]
    assert meta.sandbox.calls("register") == []


def test_used_up_attempts_say_when_the_next_is_allowed(api, meta):
    phone = meta.connected_phone(api.organization)
    oldest = timezone.now() - timedelta(hours=70)
    for number in range(10):
        made_at = oldest + timedelta(minutes=number)
        RegistrationAttempt.objects.create(phone=phone, made_by="platform", made_at=made_at, outcome="x")

    answer = api.post(f"phones/{phone.pk}/register")

    assert answer.status_code == 409
    assert answer.json()["error"]["retryAt"][:16] == (oldest + timedelta(hours=72)).isoformat()[:16]
    assert meta.sandbox.calls("register") == []


def test_meta_saying_so_is_the_same_and_it_is_not_asked_again(api, meta):
    phone = meta.connected_phone(api.organization)
    meta.sandbox.set_scenario("too_many_attempts", target=phone.meta_phone_number_id)

    first, second = (api.post(f"phones/{phone.pk}/register") for _ in range(2))

    assert (first.status_code, second.status_code) == (409, 409)
    assert first.json()["error"]["retryAt"] == second.json()["error"]["retryAt"]
    assert len(meta.sandbox.calls("register")) == 1


def test_what_our_rows_refuse_is_not_asked_of_meta(api, meta):
    phone = known_phone(api.organization, meta)
    check_waba(phone.waba_id)
    planned, calls = Waba.objects.get().check_due_at, len(meta.sandbox.calls())

    done = [api.post(f"phones/{phone.pk}/register") for _ in range(3)]
    PhoneNumber.objects.update(is_registered=False, status="PENDING")
    for _ in range(10):
        RegistrationAttempt.objects.create(phone=phone, made_by="platform", outcome="x")
    used_up = api.post(f"phones/{phone.pk}/register")

    assert [answer.status_code for answer in [*done, used_up]] == [409] * 4
    assert len(meta.sandbox.calls()) == calls
    assert Waba.objects.get().check_due_at == planned


def test_a_row_that_is_old_is_not_believed(api, meta):
    phone = known_phone(api.organization, meta)
    check_waba(phone.waba_id)
    PhoneNumber.objects.update(synced_at=timezone.now() - timedelta(days=1))
    meta.change(phone.meta_phone_number_id, status="PENDING", platform_type="NOT_APPLICABLE")

    assert api.post(f"phones/{phone.pk}/register", {"pin": "482913"}).status_code == 202


def test_refusals_plan_no_more_checks_than_a_client_may_ask_for(api, meta):
    phone = meta.registered_phone(api.organization)

    for _ in range(3):
        assert api.post(f"phones/{phone.pk}/register").status_code == 409

    assert row().sync_requested_at is not None
    assert Waba.objects.get().check_due_at is None


@pytest.mark.parametrize("call", ["register", "pin"])
def test_meta_is_left_alone_while_its_limit_lasts(api, meta, call):
    phone = known_phone(api.organization, meta)
    PhoneNumber.objects.update(is_registered=call == "pin", synced_at=None)
    calls, usage = len(meta.sandbox.calls()), {"estimated_time_to_regain_access": 5}
    headers = {"x-business-use-case-usage": json.dumps({phone.waba.meta_waba_id: [usage]})}
    limits.note("read_waba", headers)

    answer = api.post(f"phones/{phone.pk}/{call}", {"pin": "482913"})

    assert (answer.status_code, answer.json()["error"]["code"]) == (429, "RATE_LIMITED")
    assert answer.json()["error"]["retryAt"] > timezone.now().isoformat()
    assert 290 <= int(answer["Retry-After"]) <= 300
    assert len(meta.sandbox.calls()) == calls
    assert row().new_pin is None


def test_while_one_call_is_on_its_way_another_is_not_made(api, meta):
    phone = meta.connected_phone(api.organization)
    RegistrationAttempt.objects.create(phone=phone, made_by="platform")

    answer = api.post(f"phones/{phone.pk}/register")

    assert answer.status_code == 409
    assert "retryAt" in answer.json()["error"]
    assert meta.sandbox.calls("register") == []


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_two_clients_at_once_leave_one_pin_that_is_the_numbers(api, meta):
    phone = meta.connected_phone(api.organization)
    given = [{"pin": "111111"}, {"pin": "222222"}, {}]

    answers = at_once(*[lambda body=body: api.post(f"phones/{phone.pk}/register", body) for body in given])

    assert [answer.status_code for answer in answers].count(202) == 1
    check_waba(phone.waba_id)
    assert (row().pin, row().new_pin) == (node(meta, phone)["pin"], None)


def test_meta_down_and_meta_tired_are_told_apart(api, meta):
    phone = meta.connected_phone(api.organization)
    meta.sandbox.set_scenario("graph_down")
    down = api.post(f"phones/{phone.pk}/register")
    meta.sandbox.clear_scenarios()
    meta.sandbox.set_scenario("rate_limited", minutes=5)
    tired = api.post(f"phones/{phone.pk}/register")

    assert (down.status_code, down.json()["error"]["code"]) == (502, "META_ERROR")
    assert (tired.status_code, tired.json()["error"]["code"]) == (429, "RATE_LIMITED")
    assert tired["Retry-After"] == "300"
    assert set(tired.json()["error"]["meta"]) == {"code", "subcode", "traceId"}


@pytest.mark.parametrize("call", ["register", "pin"])
def test_a_number_that_is_gone_or_without_a_token_is_not_asked_for(api, meta, call):
    phone = known_phone(api.organization, meta)
    before, body = len(meta.sandbox.calls()), {"pin": "482913"}
    Waba.objects.update(token_expires_at=timezone.now())
    expired = api.post(f"phones/{phone.pk}/{call}", body)
    disconnect_phone(phone=phone, reason="CHANGE_NUMBER", initiated_by="end_user", at=timezone.now())
    gone = api.post(f"phones/{phone.pk}/{call}", body)

    assert (expired.status_code, gone.status_code) == (409, 409)
    assert "expired" in expired.json()["error"]["message"]
    assert "disconnected" in gone.json()["error"]["message"]
    assert len(meta.sandbox.calls()) == before


@pytest.mark.parametrize("call", ["register", "pin"])
@pytest.mark.parametrize(
    "pin", ["12345", "1234567", "12345a", "\uff11" * 6, "123456\n", " 12345", 482913, ["482913"], ""]
)
def test_what_is_no_pin_is_refused_without_repeating_it(api, call, pin):
    phone = healthy_phone(api.organization)

    answer = api.post(f"phones/{phone.pk}/{call}", {"pin": pin})

    assert answer.status_code == 400
    assert [detail["field"] for detail in answer.json()["error"]["details"]] == ["pin"]
    assert str(pin).strip() not in answer.content.decode() or not str(pin).strip()


# ---- a new PIN ------------------------------------------------------------------------------------------


def test_a_new_pin_is_set_at_meta_and_kept(api, meta):
    phone = known_phone(api.organization, meta)
    check_waba(phone.waba_id)

    answer = api.post(f"phones/{phone.pk}/pin", {"pin": "093412"})

    assert answer.status_code == 200
    assert node(meta, phone)["pin"] == "093412"
    assert (row().pin, row().new_pin) == ("093412", None)
    assert "093412" not in answer.content.decode()


def test_a_number_that_is_not_registered_has_no_pin_to_change(api, meta):
    phone = meta.connected_phone(api.organization)
    before = len(meta.sandbox.calls())

    assert api.post(f"phones/{phone.pk}/pin", {"pin": "093412"}).status_code == 409
    assert (row().new_pin, len(meta.sandbox.calls())) == (None, before)


def test_a_pin_that_meta_refuses_is_forgotten(api, meta):
    phone = known_phone(api.organization, meta)
    check_waba(phone.waba_id)
    PhoneNumber.objects.update(pin="482913")
    meta.sandbox.set_scenario("error", code=100, call="update")
    meta.sandbox.set_scenario("error", code=100)

    assert api.post(f"phones/{phone.pk}/pin", {"pin": "093412"}).status_code == 422
    assert (row().pin, row().new_pin) == ("482913", None)


@pytest.mark.parametrize("scenario", ["reset_after_work", "graph_down"])
def test_a_pin_whose_fate_is_unknown_is_kept_and_set_by_the_next_check(api, meta, scenario):
    phone = known_phone(api.organization, meta)
    check_waba(phone.waba_id)
    PhoneNumber.objects.update(pin="482913")
    meta.sandbox.set_scenario(scenario)
    unknown = api.post(f"phones/{phone.pk}/pin", {"pin": "093412"})
    assert unknown.status_code == 502
    assert (row().pin, row().new_pin) == ("482913", "093412")
    meta.sandbox.clear_scenarios()

    check_waba(phone.waba_id)

    assert (row().pin, row().new_pin, node(meta, phone)["pin"]) == ("093412", None, "093412")


def test_a_process_that_dies_before_or_after_the_call_loses_no_pin(organization, meta):
    phone = known_phone(organization, meta)
    check_waba(phone.waba_id)
    token = token_of(phone.waba)
    keep_new(phone, "111111")
    check_waba(phone.waba_id)
    assert (row().pin, node(meta, phone)["pin"]) == ("111111", "111111")

    keep_new(phone, "222222")
    phone_numbers.set_pin(phone_number_id=phone.meta_phone_number_id, pin="222222", token=token)
    check_waba(phone.waba_id)

    assert (row().pin, row().new_pin, node(meta, phone)["pin"]) == ("222222", None, "222222")


def test_of_two_that_overtake_each_other_the_later_wish_is_the_numbers(organization, meta):
    """A and B are sent, and Meta takes B before A: A's caller sees that, and sends B again."""
    phone = known_phone(organization, meta)
    first, second = (PhoneNumber.objects.get() for _ in range(2))
    keep_new(first, "111111")
    keep_new(second, "222222")

    assert take_over(second, "222222")
    assert not take_over(first, "111111")

    assert (row().pin, row().new_pin) == ("222222", "222222")
    PhoneNumber.objects.update(is_registered=True)
    two_step.finish([PhoneNumber.objects.get()], token_of(phone.waba))
    assert (row().pin, row().new_pin, node(meta, phone)["pin"]) == ("222222", None, "222222")


def test_a_refusal_drops_only_its_own_pin(organization):
    phone = healthy_phone(organization)
    keep_new(phone, "222222")

    drop_new(phone, "111111")

    assert row().new_pin == "222222"


@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_many_pins_at_once_leave_one_that_is_the_numbers(api, meta):
    phone = known_phone(api.organization, meta)
    check_waba(phone.waba_id)

    at_once(
        *[lambda pin=f"{n}" * 6: api.post(f"phones/{phone.pk}/pin", {"pin": pin}) for n in range(1, 6)],
    )
    for _ in range(3):
        check_waba(phone.waba_id)

    assert (row().pin, row().new_pin) == (node(meta, phone)["pin"], None)


def test_no_log_has_a_pin(api, meta, caplog):
    caplog.set_level(logging.DEBUG)
    phone = known_phone(api.organization, meta)
    check_waba(phone.waba_id)
    api.post(f"phones/{phone.pk}/pin", {"pin": "093412"})
    meta.sandbox.set_scenario("graph_down")
    api.post(f"phones/{phone.pk}/pin", {"pin": "093413"})
    check_waba(phone.waba_id)

    assert "09341" not in caplog.text


def test_a_reader_may_do_neither(api_for, meta):
    reader = api_for("Reader", scopes=("read",))
    phone = healthy_phone(reader.organization)

    assert reader.post(f"phones/{phone.pk}/register").status_code == 403
    assert reader.post(f"phones/{phone.pk}/pin", {"pin": "482913"}).status_code == 403
    assert names() == []
