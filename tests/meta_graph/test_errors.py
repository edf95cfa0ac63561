"""The table of Meta's codes, row by row, and what an error shows of itself."""

from __future__ import annotations

import copy
import pickle

import pytest

from meta_graph.errors import Action, Broken, Cause, GraphError

ROWS = [
    # call, kind, code, subcode, action, cause, wait
    ("exchange_code", "", 100, 36007, "LOGIN", "CODE_EXPIRED", None),
    ("exchange_code", "", 100, 36009, "LOGIN", "CODE_USED", None),
    ("exchange_code", "", 100, 36008, "OPS", "REDIRECT_MISMATCH", None),
    ("exchange_code", "", 191, None, "OPS", "REDIRECT_MISMATCH", None),
    ("exchange_code", "", 1, None, "OPS", "APP_CREDENTIALS", None),
    ("exchange_code", "", 101, None, "OPS", "APP_CREDENTIALS", None),
    ("exchange_code", "", 2, None, "LOGIN", "UNKNOWN_OUTCOME", None),
    ("exchange_code", "", 999999, None, "LOGIN", "UNKNOWN_OUTCOME", None),
    ("exchange_code", "", 4, None, "RETRY", "RATE_LIMITED", 60),
    ("read_waba", "BIZ", 0, None, "LOGIN", "TOKEN_INVALID", None),
    ("read_waba", "BIZ", 190, None, "LOGIN", "TOKEN_INVALID", None),
    ("read_waba", "BIZ", 190, 460, "LOGIN", "TOKEN_INVALID", None),
    ("read_waba", "BIZ", 190, 463, "LOGIN", "TOKEN_INVALID", None),
    ("read_waba", "BIZ", 190, 467, "LOGIN", "TOKEN_INVALID", None),
    ("read_waba", "SYS", 190, None, "OPS", "TOKEN_INVALID", None),
    ("debug_token", "APP", 190, None, "OPS", "TOKEN_INVALID", None),
    ("debug_token", "APP", 0, None, "OPS", "TOKEN_INVALID", None),
    ("read_waba", "BIZ", 1, None, "RETRY", "TEMPORARY", None),
    ("read_waba", "BIZ", 2, None, "RETRY", "TEMPORARY", None),
    *[("read_waba", "BIZ", code, None, "RETRY", "RATE_LIMITED", 60) for code in (4, 17, 32, 613)],
    *[("read_waba", "BIZ", code, None, "RETRY", "RATE_LIMITED", 60) for code in (80007, 80008, 130429)],
    ("send_message", "BIZ", 130429, 2494055, "RETRY", "RATE_LIMITED", 1),
    ("send_message", "BIZ", 131056, None, "RETRY", "PAIR_LIMITED", 6),
    ("read_waba", "BIZ", 3, None, "OPS", "CAPABILITY_MISSING", None),
    *[("read_waba", "BIZ", code, None, "LOGIN", "PERMISSION_MISSING", None) for code in (10, 200, 299)],
    ("send_message", "BIZ", 131005, None, "LOGIN", "PERMISSION_MISSING", None),
    *[("read_waba", "SYS", code, None, "OPS", "PERMISSION_MISSING", None) for code in (10, 200, 131005)],
    ("read_waba", "BIZ", 33, None, "FAIL", "OBJECT_GONE", None),
    ("read_waba", "BIZ", 100, 33, "FAIL", "OBJECT_GONE", None),
    ("read_waba", "BIZ", 803, None, "FAIL", "OBJECT_GONE", None),
    ("delete_preverified_number", "SYS", 803, None, "OPS", "OBJECT_GONE", None),
    ("delete_preverified_number", "SYS", 100, 33, "OPS", "OBJECT_GONE", None),
    ("add_preverified_number", "SYS", 100, None, "OPS", "BAD_REQUEST", None),
    ("add_preverified_number", "SYS", 136021, 2388012, "ASK", "NUMBER_IN_USE", None),
    ("verify_code", "SYS", 100, None, "ASK", "WRONG_CODE", None),
    ("verify_code", "SYS", 100, 33, "OPS", "OBJECT_GONE", None),
    ("read_waba", "BIZ", 100, None, "OPS", "BAD_REQUEST", None),
    ("read_waba", "BIZ", 100, 2018001, "OPS", "BAD_REQUEST", None),
    ("read_waba", "BIZ", 131008, None, "OPS", "BAD_REQUEST", None),
    ("read_waba", "BIZ", 131009, None, "OPS", "BAD_REQUEST", None),
    ("read_waba", "BIZ", 368, None, "ASK", "ACCOUNT_LOCKED", None),
    ("register", "BIZ", 131031, None, "ASK", "ACCOUNT_LOCKED", None),
    ("send_message", "BIZ", 130497, None, "FAIL", "COUNTRY_NOT_ALLOWED", None),
    *[("register", "BIZ", code, None, "RETRY", "TEMPORARY", None) for code in (131000, 131016, 133004)],
    ("send_message", "BIZ", 131037, None, "ASK", "DISPLAY_NAME", None),
    ("send_message", "BIZ", 131042, None, "ASK", "PAYMENT", None),
    ("share_and_attach", "SYS", 131042, None, "OPS", "PAYMENT", None),
    ("attach_credit", "BIZ", 131042, None, "OPS", "PAYMENT", None),
    ("attach_credit", "BIZ", 200, None, "OPS", "PERMISSION_MISSING", None),
    ("read_primary_funding_id", "BIZ", 10, None, "OPS", "PERMISSION_MISSING", None),
    ("share_and_attach", "SYS", 200, None, "OPS", "PERMISSION_MISSING", None),
    ("share_and_attach", "SYS", 100, None, "OPS", "BAD_REQUEST", None),
    ("share_and_attach", "SYS", 100, 33, "OPS", "OBJECT_GONE", None),
    ("share_credit", "SYS", 33, None, "OPS", "OBJECT_GONE", None),
    ("assign_user", "SYS", 10, None, "OPS", "PERMISSION_MISSING", None),
    ("assign_user", "SYS", 368, None, "OPS", "ACCOUNT_LOCKED", None),
    ("assign_user", "SYS", 131031, None, "ASK", "ACCOUNT_LOCKED", None),
    ("fetch_customer_token", "SYS", 100, None, "LOGIN", "TOKEN_INVALID", None),
    ("fetch_customer_token", "SYS", 190, None, "OPS", "TOKEN_INVALID", None),
    ("fetch_customer_token", "SYS", 200, None, "OPS", "PERMISSION_MISSING", None),
    ("send_message", "BIZ", 131045, None, "RETRY", "NOT_REGISTERED", None),
    ("register", "BIZ", 131057, None, "RETRY", "TEMPORARY", 300),
    ("register", "BIZ", 2494100, None, "RETRY", "TEMPORARY", 300),
    ("register", "BIZ", 131057, 2494100, "RETRY", "TEMPORARY", 300),
    ("register", "BIZ", 133000, None, "RETRY", "INCOMPLETE_DEREGISTRATION", None),
    ("register", "BIZ", 133005, None, "ASK", "PIN_MISMATCH", None),
    ("register", "BIZ", 100, 133005, "ASK", "PIN_MISMATCH", None),
    ("register", "BIZ", 133006, None, "ASK", "NUMBER_NOT_VERIFIED", None),
    ("register", "BIZ", 133008, None, "ASK", "PIN_TOO_MANY", None),
    ("register", "BIZ", 133009, None, "ASK", "PIN_TOO_MANY", None),
    ("send_message", "BIZ", 133010, None, "RETRY", "NOT_REGISTERED", None),
    ("deregister", "BIZ", 133010, None, "SKIP", "ALREADY_DONE", None),
    ("register", "BIZ", 133015, None, "RETRY", "JUST_DELETED", 300),
    ("register", "BIZ", 133016, None, "RETRY", "TOO_MANY_ATTEMPTS", 259200),
    *[("request_code", "BIZ", code, None, "ASK", "NUMBER_SETUP", None) for code in (2388001, 2388012)],
    ("request_code", "BIZ", 2388103, None, "ASK", "NUMBER_SETUP", None),
    ("request_code", "BIZ", 136024, 2388091, "ASK", "CODE_NOT_SENT", None),
    ("request_code", "BIZ", 136024, None, "ASK", "CODE_NOT_SENT", None),
    ("request_code", "BIZ", 100, 2388093, "ASK", "NUMBER_SETUP", None),
    ("verify_code", "BIZ", 136025, None, "ASK", "WRONG_CODE", None),
    ("verify_code", "BIZ", 136025, 2388093, "ASK", "WRONG_CODE", None),
    ("verify_code", "BIZ", 100, 2388093, "ASK", "WRONG_CODE", None),
    ("add_phone_number", "BIZ", 136021, None, "ASK", "NUMBER_IN_USE", None),
    ("add_phone_number", "BIZ", 100, 2388012, "ASK", "NUMBER_IN_USE", None),
    ("add_phone_number", "BIZ", 200000, None, "ASK", "NUMBER_SETUP", None),
    *[("create_template", "BIZ", 100, code, "FAIL", "TEMPLATE_EXISTS", None) for code in (2388023, 2388024)],
    ("create_template", "BIZ", 100, 2388019, "ASK", "TEMPLATE_LIMIT", None),
    ("create_template", "BIZ", 100, 2388043, "OPS", "BAD_REQUEST", None),
    ("request_sync", "BIZ", 2593107, None, "SKIP", "ALREADY_DONE", None),
    ("request_sync", "BIZ", 100, 2593108, "ASK", "WINDOW_OVER", None),
    ("request_sync", "BIZ", 2593109, None, "SKIP", "HISTORY_DECLINED", None),
    *[
        ("send_message", "BIZ", code, None, "FAIL", "MESSAGE_REFUSED", None)
        for code in (131026, 131047, 131049, 131050, 131051, 131052, 131053, 131060)
    ],
    *[
        ("send_message", "BIZ", code, None, "FAIL", "MESSAGE_REFUSED", None)
        for code in (131062, 131063, 131064, 132000, 132015, 131021, 131048, 130472, 999999)
    ],
    ("read_waba", "BIZ", 999999, None, "RETRY", "UNKNOWN", None),
    ("read_waba", "BIZ", None, None, "RETRY", "UNKNOWN", None),
]


@pytest.mark.parametrize(("call", "kind", "code", "subcode", "action", "cause", "wait"), ROWS)
def test_a_code_means_what_the_table_says(call, kind, code, subcode, action, cause, wait):
    error = GraphError(call=call, kind=kind, code=code, subcode=subcode, http_status=400)

    assert (error.action, error.cause, error.retry_after) == (action, cause, wait)


@pytest.mark.parametrize(
    ("facts", "action", "cause"),
    [
        ({"broken": Broken.TIMEOUT}, "RETRY", "TIMEOUT"),
        ({"broken": Broken.UNREACHABLE}, "RETRY", "UNREACHABLE"),
        ({"broken": Broken.MALFORMED}, "RETRY", "UNKNOWN"),
        ({"http_status": 503}, "RETRY", "TEMPORARY"),
        ({"code": 987654, "is_transient": True}, "RETRY", "TEMPORARY"),
        ({"code": 190, "http_status": 500}, "LOGIN", "TOKEN_INVALID"),
    ],
)
def test_a_failure_without_a_known_code_is_judged_by_its_kind(facts, action, cause):
    error = GraphError(call="read_waba", kind="BIZ", **facts)

    assert (error.action, error.cause) == (action, cause)


@pytest.mark.parametrize("broken", list(Broken))
def test_an_exchange_without_an_outcome_is_never_retried(broken):
    error = GraphError(call="exchange_code", broken=broken)

    assert (error.action, error.cause) == (Action.LOGIN, Cause.UNKNOWN_OUTCOME)


def test_the_wait_that_meta_names_beats_the_usual_one():
    assert GraphError(call="read_waba", kind="BIZ", code=80008, retry_after=600.0).retry_after == 600.0


@pytest.mark.parametrize(
    ("details", "seconds"),
    [("Please try again in 5 minutes.", 300), ("wait 1 hour", 3600), ("Too many guesses", None), ("", None)],
)
def test_the_wait_after_too_many_pins_is_in_the_details(details, seconds):
    assert GraphError(call="register", kind="BIZ", code=133008, details=details).retry_after == seconds


def test_every_cause_comes_from_the_table():
    reached = {row[5] for row in ROWS} | {"TIMEOUT", "UNREACHABLE"}

    assert reached == set(Cause)


def test_an_error_survives_pickling_and_copying():
    error = GraphError(call="register", kind="BIZ", code=133005, fbtrace_id="A1", http_status=400)

    for twin in (pickle.loads(pickle.dumps(error)), copy.copy(error)):  # noqa: S301 - our own bytes
        assert vars(twin) == vars(error)
        assert str(twin) == str(error)


def test_an_error_says_call_code_and_trace():
    error = GraphError(call="register", code=100, subcode=133005, message="Mismatch", fbtrace_id="A1")

    assert str(error) == "register: 100/133005 Mismatch (trace A1)"
