"""Links over the API: made, found, deleted, expired."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from api.times import timestamp
from onboarding import runner
from onboarding.models import OnboardingLink, Signup
from phones.models import PhoneNumber
from tests.conftest import Api
from tests.onboarding.conftest import Circle, EndUser, run_due
from wabas.models import Waba

SET_BY_NOBODY = [
    "externalId",
    "metadata",
    "redirectUrl",
    "webhookUrl",
    "webhookSecret",
    "phoneNumberId",
    "phoneNumber",
    "wabaId",
    "isPhoneRegistered",
    "outgoingWebhook",
    "language",
    "expectedPhoneNumber",
    "expiresAt",
    "completedAt",
    "lastError",
]

pytestmark = pytest.mark.django_db(transaction=True)


def found(api: Api, query: str) -> list[str]:
    answer = api.get(f"onboarding-links?{query}")
    assert answer.status_code == 200, answer.json()
    return [link["name"] for link in answer.json()["data"]]


def test_what_was_left_out_or_null_reads_null(api: Api) -> None:
    given = {"name": "Acme", "externalId": None, "metadata": None, "webhookUrl": None, "expiresAt": None}

    link = api.post("onboarding-links", given).json()["data"]

    shown = {name: link[name] for name in SET_BY_NOBODY}
    assert shown == dict.fromkeys(SET_BY_NOBODY)
    assert (link["webhookEvents"], link["progress"]) == ([], [])
    assert (link["status"], link["mode"]) == ("pending", "cloud_api")
    assert link["nextAction"]["url"] == link["hostedUrl"] == f"http://localhost:8000/signup/{link['id']}"


def test_the_secret_is_in_the_first_answer_only(api: Api) -> None:
    made = api.post(
        "onboarding-links",
        {"name": "Acme", "webhookUrl": "http://127.0.0.1:9009/", "webhookEvents": ["message.sent"]},
    ).json()["data"]

    again = api.get(f"onboarding-links/{made['id']}").json()["data"]

    assert made["webhookSecret"].startswith("whsec_")
    assert made["standardWebhooksSecret"] == made["webhookSecret"]
    assert "webhookSecret" not in again
    assert "standardWebhooksSecret" not in again


def test_links_are_found_by_each_filter(circle: Circle) -> None:
    _, done = circle.completed(name="done", externalId="a")
    circle.make_link(name="open", externalId="b")
    circle.make_link(name="over", expiresAt=timestamp(timezone.now() + timedelta(hours=1)))
    OnboardingLink.objects.filter(name="over").update(expires_at=timezone.now() - timedelta(seconds=1))
    circle.signed_up(link=circle.make_link(name="busy"))
    OnboardingLink.objects.filter(name="done").update(created_at=timezone.now() - timedelta(days=2))
    yesterday = timestamp(timezone.now() - timedelta(days=1))
    digits = done["phoneNumber"].removeprefix("+")

    by = {
        "status=pending": ["open"],
        "status=processing": ["busy"],
        "status=completed": ["done"],
        "status=expired": ["over"],
        "externalId=b": ["open"],
        "externalId=c": [],
        f"phoneNumber={digits}": ["done"],
        f"phoneNumber=%2B{digits[:2]}%20({digits[2:]})": ["done"],
        f"createdBefore={yesterday}": ["done"],
        f"createdAfter={yesterday}": ["busy", "over", "open"],
        f"createdAfter={yesterday}&status=expired": ["over"],
    }
    assert {query: found(circle.api, query) for query in by} == by


def test_pages_are_newest_first_and_count_exactly(api: Api) -> None:
    for number in range(5):
        api.post("onboarding-links", {"name": f"link {number}"})

    pages = [api.get(f"onboarding-links?page={page}&limit=2").json() for page in (1, 2, 3, 4)]

    names = [[link["name"] for link in page["data"]] for page in pages]
    assert names == [["link 4", "link 3"], ["link 2", "link 1"], ["link 0"], []]
    assert [page["meta"]["pagination"] for page in pages] == [
        {"page": page, "limit": 2, "total": 5, "hasMore": page < 3} for page in (1, 2, 3, 4)
    ]


def test_another_organizations_links_are_not_there(api: Api, stranger: Api) -> None:
    theirs = stranger.post("onboarding-links", {"name": "theirs"}).json()["data"]

    assert found(api, "") == []
    for call in (api.get, api.delete):
        assert call(f"onboarding-links/{theirs['id']}").status_code == 404
    assert api.post(f"onboarding-links/{theirs['id']}/retry").status_code == 404
    assert OnboardingLink.objects.count() == 1


def test_a_pending_and_an_expired_link_can_be_deleted(api: Api) -> None:
    made = [api.post("onboarding-links", {"name": name}).json()["data"] for name in ("pending", "expired")]
    OnboardingLink.objects.filter(name="expired").update(expires_at=timezone.now())

    answers = [api.delete(f"onboarding-links/{link['id']}").status_code for link in made]

    assert answers == [204, 204]
    assert OnboardingLink.objects.count() == 0
    assert api.get(f"onboarding-links/{made[0]['id']}").status_code == 404


@pytest.mark.parametrize("finish", [False, True])
def test_a_link_that_runs_or_ran_cannot_be_deleted(circle: Circle, finish: bool) -> None:
    user = circle.signed_up()
    if finish:
        run_due()

    answer = circle.api.delete(f"onboarding-links/{user.link_id}")

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "CONFLICT")
    assert OnboardingLink.objects.count() == 1


def test_deleting_a_failed_link_forgets_its_token(circle: Circle) -> None:
    user = circle.signed_up()
    circle.meta.sandbox.set_scenario("error", call="get_phone_number", code=10)
    run_due()
    assert Waba.objects.get().access_token

    assert circle.api.delete(f"onboarding-links/{user.link_id}").status_code == 204

    assert (Waba.objects.count(), Signup.objects.count()) == (0, 0)


def test_deleting_a_link_without_a_number_forgets_the_token_that_was_kept(circle: Circle) -> None:
    user = circle.signed_up("only_waba")
    run_due()
    with time_machine.travel(timezone.now() + timedelta(seconds=10)):
        run_due()
    assert circle.read(user.link_id)["lastError"]["code"] == "NO_PHONE_NUMBER"
    assert user.signup.access_token

    assert circle.api.delete(f"onboarding-links/{user.link_id}").status_code == 204

    assert (Waba.objects.count(), Signup.objects.count()) == (0, 0)


def test_deleting_a_link_leaves_an_account_that_another_one_is_connecting(circle: Circle) -> None:
    failed = circle.signed_up()
    number = circle.meta.sandbox.state
    circle.meta.sandbox.set_scenario("error", call="subscribe", code=10)
    with number as state:
        shown = next(node for node in state.objects.values() if node["kind"] == "phone_number")
    run_due()
    other = EndUser(circle.make_link()["id"])
    other.bring(circle.meta.sandbox.sign_up(phone_number=shown["display_phone_number"]))
    circle.meta.sandbox.clear_scenarios()
    for step in ("identify_assets", "save_waba"):
        runner.run_step(other.signup.pk, step)
    PhoneNumber.objects.all().delete()

    assert circle.api.delete(f"onboarding-links/{failed.link_id}").status_code == 204
    run_due()

    assert circle.read(other.link_id)["status"] == "completed"


def test_a_deleted_link_takes_no_code(circle: Circle) -> None:
    user = EndUser(circle.make_link()["id"])
    user.call("opened")
    circle.api.delete(f"onboarding-links/{user.link_id}")

    answer = user.bring(circle.meta.sandbox.sign_up("no_message"))

    assert answer.status_code == 404
    assert circle.meta.sandbox.calls("access_token") == []


def test_the_deployments_default_life_is_given_to_links_without_their_own(api: Api, settings: Any) -> None:
    settings.ONBOARDING_LINK_TTL = timedelta(hours=1)

    link = api.post("onboarding-links", {"name": "Acme"}).json()["data"]

    row = OnboardingLink.objects.get(pk=link["id"])
    assert row.expires_at is not None
    assert timedelta(minutes=59) < row.expires_at - timezone.now() <= timedelta(hours=1)


def test_a_suspended_organizations_page_is_not_found(circle: Circle) -> None:
    user = EndUser(circle.make_link()["id"])
    organization = circle.api.organization
    organization.suspended_at = timezone.now()
    organization.save()

    assert user.client.get(f"/signup/{user.link_id}").status_code == 404
    assert user.call("opened").status_code == 404


def test_the_page_is_limited_per_link(circle: Circle, settings: Any) -> None:
    settings.PAGE_RATE_LIMIT_PER_LINK = 2
    user = EndUser(circle.make_link()["id"])

    answers = [user.call("opened") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [204, 204, 429]
    assert int(answers[-1]["Retry-After"]) <= 60


def test_proxies_are_believed_only_as_far_as_configured(circle: Circle, settings: Any) -> None:
    settings.PAGE_RATE_LIMIT_PER_ADDRESS = 1
    link = circle.make_link()

    def opened(forwarded: str) -> int:
        user = EndUser(link["id"])
        return int(
            user.client.post(
                f"/signup/{link['id']}/opened",
                data={"signupId": user.signup_id},
                content_type="application/json",
                headers={"x-forwarded-for": forwarded},
                REMOTE_ADDR="192.0.2.77",
            ).status_code
        )

    without = [opened("1.1.1.1"), opened("2.2.2.2")]
    settings.TRUSTED_PROXY_COUNT = 1
    with_proxy = [opened("9.9.9.9, 3.3.3.3"), opened("9.9.9.9, 4.4.4.4"), opened("8.8.8.8, 4.4.4.4")]

    assert without == [204, 429]
    assert with_proxy == [204, 204, 429]
