"""Checks run at once, each with a deadline; one that breaks stops no other; no secret comes out."""

import threading
import time

import pytest
from django.db import OperationalError

from backoffice.doctor.findings import Finding, Status, failed, not_checked, ok, warning
from backoffice.doctor.running import Check, run
from backoffice.doctor.table import CHECKS
from meta_graph.errors import Broken, GraphError
from outbound.session import OutboundError


def found(*checks: Check) -> dict[str, Finding]:
    return {result.check: result.finding for result in run(checks)}


def good() -> Finding:
    return ok("well")


def raising(problem: Exception) -> Check:
    def look() -> Finding:
        raise problem

    return Check("it", look, remedy="Do as the check says.")


def test_results_come_in_the_tables_order_whichever_is_done_first():
    quick_is_done = threading.Event()

    def quick() -> Finding:
        quick_is_done.set()
        return ok("early")

    slow = Check("slow", lambda: ok(f"late: {quick_is_done.wait(5)}"))

    assert list(found(slow, Check("quick", quick))) == ["slow", "quick"]
    assert found(slow)["slow"].message == "late: True"


def test_checks_run_at_once():
    meeting = threading.Barrier(3)

    def met() -> Finding:
        meeting.wait(5)
        return ok("all three were here")

    assert {one.status for one in found(*(Check(name, met) for name in "abc")).values()} == {Status.OK}


def test_a_check_that_hangs_is_ended_at_its_deadline_and_holds_nobody_up():
    hang = threading.Event()
    hanging = Check("hanging", lambda: ok(str(hang.wait(30))), seconds=0.2)
    began = time.monotonic()

    outcome = found(hanging, Check("other", good))

    assert time.monotonic() - began < 5
    hang.set()
    assert outcome["hanging"].status is Status.FAILED
    assert outcome["hanging"].message == "no answer within 0.2 s"
    assert outcome["other"] == ok("well")


def test_a_check_that_breaks_says_so_and_stops_nobody():
    outcome = found(raising(KeyError("its-own-words")), Check("other", good))

    assert outcome["it"].status is Status.FAILED
    assert outcome["it"].message == "the check itself broke: KeyError"
    assert outcome["other"] == ok("well")


@pytest.mark.parametrize(
    ("first", "status"),
    [
        (ok("fine"), Status.OK),
        (warning("soon", "Look."), Status.OK),
        (failed("no", "Repair it."), Status.NOT_CHECKED),
        (not_checked("no setting"), Status.NOT_CHECKED),
    ],
)
def test_what_needs_a_check_that_did_not_pass_is_not_tried(first, status):
    asked = []

    def second() -> Finding:
        asked.append(1)
        return ok("fine")

    outcome = found(Check("first", lambda: first), Check("second", second, needs=("first",)))

    assert outcome["second"].status is status
    assert bool(asked) is (status is Status.OK)


def test_one_cause_is_told_once_through_a_whole_chain():
    chain = [Check("a", lambda: failed("no", "Repair a."))]
    chain += [Check(name, good, needs=(before,)) for before, name in (("a", "b"), ("b", "c"))]

    assert [one.status for one in found(*chain).values()].count(Status.FAILED) == 1
    assert found(*chain)["c"].message == "skipped: b was skipped"


@pytest.mark.parametrize(
    ("error", "status", "remedy"),
    [
        (GraphError(call="read_app", code=190, message="Invalid"), Status.FAILED, "Do as the check says."),
        (GraphError(call="read_app", http_status=503), Status.WARNING, "Run the doctor again in a while."),
        (GraphError(call="read_app", code=4), Status.WARNING, "Run the doctor again in a while."),
        (GraphError(call="read_app", code=1), Status.FAILED, "Do as the check says."),
        (GraphError(broken=Broken.TIMEOUT), Status.FAILED, "Look at this machine's DNS, firewall and route."),
        (GraphError(broken=Broken.MALFORMED), Status.FAILED, "Do as the check says."),
        (OperationalError("down\nDSN"), Status.FAILED, "See DATABASE_URL and the database's own log."),
        (OutboundError("reset", "closed"), Status.FAILED, "Report it, with --verbosity 2's log."),
    ],
)
def test_a_failed_call_has_the_remedy_that_fits_it(error, status, remedy):
    outcome = found(raising(error))["it"]

    assert (outcome.status, outcome.remedy) == (status, remedy)
    assert "\n" not in outcome.message


def test_no_secret_of_the_settings_comes_out_whoever_says_it(settings):
    settings.META_APP_SECRET = "app-secret-0123"
    settings.META_SYSTEM_USER_TOKEN = "system-token-0123"
    settings.META_WEBHOOK_VERIFY_TOKEN = "verify-token-0123"
    settings.META_PREVIOUS_APP_SECRETS = ["previous-secret-0123"]
    settings.FIELD_ENCRYPTION_KEYS = ["field-key-0123"]
    settings.SECRET_KEY = "django-key-0123"
    settings.REDIS_URL = "redis://:redis%2Fword-0123@host:6379/0"
    said = (
        "app-secret-0123 system-token-0123 verify-token-0123 previous-secret-0123 field-key-0123"
        " django-key-0123 redis/word-0123 redis%2Fword-0123"
    )

    outcome = found(Check("it", lambda: failed(said, said)))["it"]

    assert "0123" not in outcome.message + outcome.remedy
    assert outcome.message == " ".join(["[...]"] * 8)


def test_every_check_needs_only_checks_that_stand_above_it():
    above: set[str] = set()
    for check in CHECKS:
        assert set(check.needs) <= above
        above.add(check.name)
    assert len(above) == len(CHECKS)
