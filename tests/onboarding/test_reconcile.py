"""`manage.py reconcile_wabas` and `resume_signups`: what they find and repair, and that they may stop."""

import io
import json
import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import CommandError, call_command
from django.utils import timezone

from onboarding.models import SharedWaba
from onboarding.support import candidates
from tests.onboarding.conftest import Circle
from tests.onboarding.lost import LATER, SOON, clicked, look, told
from tests.wabas.world import Meta, on_postgresql
from wabas.models import Waba
from webhooks.models import Event

pytestmark = pytest.mark.django_db(transaction=True)
ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def credit_line(settings: Any) -> None:
    """Before the fake Meta, which is told of it."""
    settings.META_CREDIT_LINE_ID = "1900000000000001"


def reconcile(*options: str) -> tuple[list[str], int]:
    """The lines, and the exit status."""
    out, status = io.StringIO(), 0
    try:
        call_command("reconcile_wabas", *options, stdout=out)
    except SystemExit as end:
        status = int(str(end.code))
    return out.getvalue().splitlines(), status


def kinds(*options: str) -> list[tuple[str, str | None]]:
    """Kind and repair of each difference."""
    out = io.StringIO()
    with suppress(SystemExit):
        call_command("reconcile_wabas", "--json", *options, stdout=out)
    return [(one["kind"], one["repaired"]) for one in json.loads(out.getvalue())]


def test_where_meta_and_the_rows_agree_there_is_nothing_to_say(circle: Circle) -> None:
    circle.completed()

    assert reconcile() == (["1 of 1 connected WABAs compared", "No differences."], 0)


def test_a_shared_account_without_a_row_is_put_to_support_and_given_to_nobody(circle: Circle) -> None:
    user = clicked(circle)
    made = circle.meta.sandbox.sign_up()
    user.bring(made, order="s")

    assert kinds() == [("unknown", None)]
    assert SharedWaba.objects.count() == 0
    assert kinds("--repair") == [("unknown", "put to support")]
    look(LATER)

    shared = SharedWaba.objects.get()
    assert (shared.outcome, shared.owner_business_id) == ("nobody", made["businessId"])
    assert candidates(shared) == [user.signup]
    assert kinds("--repair") == [("unknown", None)]


def test_an_account_whose_signup_is_looked_for_is_not_missed(circle: Circle) -> None:
    clicked(circle)
    told(circle.meta.sandbox.sign_up())

    assert kinds() == []


def test_a_lost_subscription_is_made_again_with_the_stored_token(circle: Circle) -> None:
    circle.completed()
    circle.meta.change(Waba.objects.get().meta_waba_id, is_subscribed=False)

    assert kinds() == [("not_subscribed", None)]
    assert kinds("--repair") == [("not_subscribed", "subscribed again")]
    assert kinds() == []
    assert Waba.objects.get().is_subscribed is True


def test_a_subscription_that_meta_accepts_and_does_not_keep_is_not_called_repaired(circle: Circle) -> None:
    circle.completed()
    circle.meta.change(Waba.objects.get().meta_waba_id, is_subscribed=False)
    circle.meta.sandbox.set_scenario("subscription_lost")

    assert kinds("--repair") == [("not_subscribed", None)]
    assert Waba.objects.get().is_subscribed is False


def test_what_is_no_longer_shared_is_disconnected_and_told(circle: Circle) -> None:
    circle.completed()
    unshare(circle.meta, Waba.objects.get())

    assert kinds() == [("not_shared", None)]
    assert Waba.objects.get().is_connected
    assert kinds("--repair") == [("not_shared", "disconnected")]

    waba = Waba.objects.get()
    assert (waba.status, waba.access_token) == ("disconnected", None)
    assert Event.objects.filter(name="phone_number.disconnected").count() == 1
    assert kinds("--repair") == []


def test_a_list_that_leaves_something_out_disconnects_nobody(circle: Circle) -> None:
    """The token of ours that reads the list may see less than there is."""
    circle.completed()
    circle.meta.change(Waba.objects.get().meta_waba_id, is_shared=False)

    found = kinds("--repair")

    assert found == [("not_listed", None)]
    assert Waba.objects.get().is_connected


def test_a_refused_token_is_noted(circle: Circle) -> None:
    circle.completed()
    circle.meta.sandbox.set_scenario("token_revoked", target=Waba.objects.get().meta_waba_id)

    assert kinds() == [("token_refused", None)]
    [(kind, repair)] = kinds("--repair")

    assert (kind, bool(repair)) == ("token_refused", True)
    assert Waba.objects.get().token_refused_at is not None


def test_a_changed_owner_is_told_of(circle: Circle) -> None:
    circle.completed()
    Waba.objects.update(owner_business_id="424242")

    assert kinds("--repair") == [("owner_changed", None)]


@pytest.mark.parametrize("missing", ["at Meta", "here"])
def test_a_credit_line_that_differs_is_told_of(credit_line: None, circle: Circle, missing: str) -> None:
    circle.completed()
    assert kinds() == []
    if missing == "at Meta":
        circle.meta.change(Waba.objects.get().allocation_config_id or "", request_status="DELETED")
    else:
        Waba.objects.update(credit_line_status=None, allocation_config_id=None)

    assert kinds("--repair") == [("credit_differs", None)]


def test_a_graph_that_does_not_answer_is_no_difference(circle: Circle) -> None:
    circle.completed()
    circle.meta.sandbox.set_scenario("graph_down", call="subscribed_apps")

    lines, status = reconcile("--repair")

    assert "not_checked" in lines[0]
    assert status == 1
    assert Waba.objects.get().is_connected


def test_lists_that_cannot_be_read_change_nothing(circle: Circle) -> None:
    circle.completed()
    circle.meta.sandbox.set_scenario("graph_down", call="client_wabas")

    with pytest.raises(CommandError, match="could not be read"):
        call_command("reconcile_wabas", "--repair")

    assert Waba.objects.get().is_connected


def test_without_our_token_it_says_what_to_set(settings: Any) -> None:
    settings.META_SYSTEM_USER_TOKEN = ""

    with pytest.raises(CommandError, match="META_SYSTEM_USER_TOKEN"):
        call_command("reconcile_wabas")


def test_it_draws_a_bar_on_a_terminal(circle: Circle) -> None:
    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    circle.completed()
    out = Terminal()

    call_command("reconcile_wabas", stdout=out)

    assert f"\r[{'#' * 30}] 1 of 1 connected WABAs compared" in out.getvalue()
    assert out.getvalue().endswith("No differences.\n")


@on_postgresql
def test_stopped_by_hand_it_keeps_what_it_did_and_does_the_rest_the_next_time(
    circle: Circle, settings: Any
) -> None:
    for _ in range(2):
        circle.completed()
    for waba in Waba.objects.all():
        circle.meta.change(waba.meta_waba_id, is_subscribed=False)
    last = Waba.objects.order_by("pk").last()
    assert last
    circle.meta.sandbox.set_scenario("slow", ms=20_000, call="subscribed_apps", target=last.meta_waba_id)
    process = subprocess.Popen(
        [sys.executable, "-u", "manage.py", "reconcile_wabas", "--repair"],
        cwd=ROOT,
        env=environment(settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )

    assert process.stdout
    assert b"subscribed again" in process.stdout.readline()
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    _, wrong = process.communicate(timeout=30)

    assert (process.returncode, b"the same command begins again" in wrong) == (130, True)
    circle.meta.sandbox.clear_scenarios()
    assert kinds("--repair") == [("not_subscribed", "subscribed again")]


def environment(settings: Any) -> dict[str, str]:
    """Of a process that shares the test's database and its fake Meta."""
    url = "postgres://{USER}:{PASSWORD}@{HOST}:{PORT}/{NAME}".format(**settings.DATABASES["default"])
    return os.environ | {"TEST_DATABASE_URL": url, "META_GRAPH_URL": settings.META_GRAPH_URL}


def unshare(meta: Meta, waba: Waba) -> None:
    """As the customer does at Meta, where nobody tells us of it."""
    meta.change(waba.meta_waba_id, is_shared=False)
    with meta.sandbox.state as state:
        for token in state.tokens.values():
            token["wabas"] = [one for one in token["wabas"] if one != waba.meta_waba_id]


def test_resuming_runs_what_is_due_and_looks_for_what_was_lost(circle: Circle) -> None:
    running = circle.signed_up()
    lost = clicked(circle)
    made = circle.meta.sandbox.sign_up()
    lost.bring(made, order="s")
    told(made)

    with time_machine.travel(timezone.now() + timedelta(seconds=SOON)):
        said = [resumed() for _ in range(8)]

    assert said[0][-1].endswith("1 lost signups taken up, 0 interrupted sign-ins freed.")
    assert [user.signup.state for user in (running, lost)] == ["completed"] * 2
    assert said[-1] == ["0 steps and 0 lost signups taken up, 0 interrupted sign-ins freed."]


def resumed() -> list[str]:
    out = io.StringIO()
    call_command("resume_signups", "--here", stdout=out)
    return out.getvalue().splitlines()
