"""The hosted page over HTTP: what it is told, what its calls take, where the browser goes."""

import hashlib
import hmac
import json
import re
import uuid
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from onboarding.models import OnboardingLink, Signup
from tests.onboarding.conftest import Circle, EndUser, run_due

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_second_tab_sees_the_running_signup(circle: Circle) -> None:
    user = circle.signed_up()
    run_due()

    told = (
        EndUser(user.link_id)
        .client.get(f"/signup/{user.link_id}/status", {"signupId": str(uuid.uuid4())})
        .json()
    )

    assert told["status"] == "completed"
    assert {step["status"] for step in told["steps"]} == {"done", "skipped"}
    assert told["steps"][-1] == {"step": "complete_link", "status": "done"}


def test_what_is_in_the_way_of_the_window_is_kept_and_nothing_else_is(circle: Circle) -> None:
    user = EndUser(circle.make_link()["id"])
    assert user.call("opened").status_code == 204

    assert user.call("opened", barrier="POPUP_BLOCKED").status_code == 204
    assert user.call("opened", barrier="<b>anything</b>").status_code == 400
    assert user.call("opened").status_code == 204

    assert user.signup.barrier == "POPUP_BLOCKED"


def test_the_page_is_never_told_a_number_or_metadata(circle: Circle) -> None:
    user, link = circle.completed(metadata={"private": "marker-1"}, externalId="marker-2")

    told = str(user.status()) + user.client.get(f"/signup/{user.link_id}").content.decode()

    assert link["phoneNumber"].removeprefix("+") not in told
    assert "marker-1" not in told
    assert "marker-2" not in told


def test_the_success_redirect_keeps_the_query_and_is_signed(circle: Circle) -> None:
    secret = "whsec_my_secret_key_123"
    user, link = circle.completed(
        externalId="customer 1", redirectUrl="https://myapp.com/cb?a=1&b=%20x#part", webhookSecret=secret
    )

    url = user.status()["redirectUrl"]

    parts = urlsplit(url)
    raw, _, signature = parts.query.rpartition("&sig=")
    assert parts.fragment == "part"
    assert raw.startswith("a=1&b=%20x&onboarding_link_id=")
    given = dict(parse_qsl(raw))
    assert given["onboarding_link_id"] == link["id"]
    assert (given["external_id"], given["status"]) == ("customer 1", "success")
    assert signature == hmac.new(secret.encode(), f"redirect.{raw}".encode(), hashlib.sha256).hexdigest()


def test_without_secret_and_external_id_the_redirect_is_plain(circle: Circle) -> None:
    user, link = circle.completed(redirectUrl="https://myapp.com/cb")

    assert user.status()["redirectUrl"] == (
        f"https://myapp.com/cb?onboarding_link_id={link['id']}&status=success"
    )


def test_a_completed_link_redirects_for_a_day_and_then_says_so(circle: Circle) -> None:
    user, _ = circle.completed(redirectUrl="https://myapp.com/cb")
    first = user.client.get(f"/signup/{user.link_id}")
    OnboardingLink.objects.filter(pk=user.link_id).update(completed_at=timezone.now() - timedelta(hours=25))

    later = user.client.get(f"/signup/{user.link_id}")

    assert first.status_code == 302
    assert first["Location"].startswith("https://myapp.com/cb?onboarding_link_id=")
    assert later.status_code == 200


def test_opening_the_page_changes_nothing(circle: Circle) -> None:
    link = circle.make_link()

    answer = EndUser(link["id"]).client.get(f"/signup/{link['id']}")

    assert answer.status_code == 200
    assert answer["Cross-Origin-Opener-Policy"] == "same-origin-allow-popups"
    assert answer["Referrer-Policy"] == "strict-origin"
    assert answer["Cache-Control"] == "no-store"
    assert "frame-ancestors 'none'" in answer["Content-Security-Policy"]
    assert Signup.objects.count() == 0
    assert OnboardingLink.objects.get().opened_at is None


def test_the_pages_calls_need_the_csrf_token(circle: Circle) -> None:
    link = circle.make_link()

    refused = EndUser(link["id"], client=Client(enforce_csrf_checks=True)).call("opened")

    assert refused.status_code == 403
    assert Signup.objects.count() == 0


@pytest.mark.parametrize(
    ("call", "body"),
    [
        ("opened", {"signupId": "no-uuid"}),
        ("session", {"event": "FINISH", "data": []}),
        ("session", {"data": {}}),
        ("callback", {"code": ""}),
        ("callback", {}),
        ("pin", {"pin": "12345"}),
        ("pin", {"pin": "12345a"}),
        ("opened", {"unknown": 1}),
    ],
)
def test_the_pages_calls_refuse_what_they_do_not_know(
    circle: Circle, call: str, body: dict[str, str]
) -> None:
    answer = EndUser(circle.make_link()["id"]).call(call, **body)

    assert answer.status_code == 400
    assert answer.json()["error"]["details"][0]["field"] in {
        "signupId",
        "event",
        "data",
        "code",
        "pin",
        "unknown",
    }


def test_a_signup_of_another_link_is_not_found(circle: Circle) -> None:
    user = circle.signed_up()
    other = circle.make_link()

    answer = EndUser(other["id"], signup_id=user.signup_id).call("opened")

    assert answer.status_code == 404


def test_the_page_says_what_happened_and_asks_for_no_second_signup_while_we_mend_ours(circle: Circle) -> None:
    user = circle.signed_up()
    circle.meta.sandbox.set_scenario("error", call="get_waba", code=131009)
    run_due()

    config = page_config(user)

    assert config["error"]["code"] == "CONFIGURATION"
    assert config["isBeingSetUp"] is True


def test_a_failure_before_the_token_offers_the_button_again(circle: Circle) -> None:
    user = EndUser(circle.make_link()["id"])
    circle.meta.sandbox.set_scenario("error", call="access_token", code=101)
    assert user.bring(circle.meta.sandbox.sign_up()).status_code == 422

    config = page_config(user)

    assert config["error"]["code"] == "CONFIGURATION"
    assert config["isBeingSetUp"] is False


def page_config(user: EndUser) -> dict[str, Any]:
    page = user.client.get(f"/signup/{user.link_id}").content.decode()
    found = re.search(r'<script id="signup-config" type="application/json">(.*?)</script>', page, re.DOTALL)
    assert found
    config: dict[str, Any] = json.loads(found[1])
    return config
