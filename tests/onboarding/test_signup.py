"""The main job over HTTP: the page's calls in every order, the steps, the completed link."""

from datetime import timedelta

import pytest
from django.utils import timezone

from onboarding import overdue
from onboarding.models import OnboardingLink, Signup, StepRun
from onboarding.releasing import release_and_retry
from phones.models import PhoneNumber
from tests.conftest import Api
from tests.onboarding.conftest import Circle, EndUser, run_due
from wabas.models import Waba
from webhooks.models import Delivery, Event, OutgoingWebhook

# Without a credit line, a Business app and callbacks of the numbers' own.
AS_TECH_PROVIDER = {
    "identify_assets": "done",
    "save_waba": "done",
    "save_phone": "done",
    "subscribe_app": "done",
    "assign_system_user": "skipped",
    "share_credit_line": "skipped",
    "register_phone": "done",
    "sync_coexistence": "skipped",
    "override_callback": "skipped",
    "complete_link": "done",
    "create_templates": "skipped",
}
pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("order", ["sc", "cs", "c"])
def test_a_signup_completes_whatever_comes_first(circle: Circle, order: str) -> None:
    user = circle.signed_up(order=order)

    run_due()

    link = circle.read(user.link_id)
    assert link["status"] == "completed"
    assert link["isPhoneRegistered"] is True
    assert {step["step"]: step["status"] for step in link["progress"]} == AS_TECH_PROVIDER
    assert link["nextAction"] is None
    assert link["lastError"] is None


def test_the_link_is_processing_from_the_exchange_on_and_not_from_the_click(circle: Circle) -> None:
    link = circle.make_link()
    user = EndUser(link["id"])
    user.call("opened")
    user.call("start")
    assert circle.read(user.link_id)["status"] == "pending"

    user.bring(circle.meta.sandbox.sign_up())

    shown = circle.read(user.link_id)
    assert shown["status"] == "processing"
    assert shown["nextAction"]["actor"] == "platform"


def test_metadata_and_external_id_reach_the_phone_and_the_waba(circle: Circle) -> None:
    metadata = {"customerId": "c-1", "ratio": 1.50, "nested": {"Case_Kept": [1, None]}}

    _, link = circle.completed(externalId="customer-123", metadata=metadata)

    phone = circle.api.get(f"phones/{link['phoneNumberId']}").json()["data"]
    waba = circle.api.get(f"wabas/{link['wabaId']}").json()["data"]
    assert phone["metadata"] == waba["phones"][0]["metadata"] == link["metadata"] == metadata
    assert phone["externalId"] == waba["phones"][0]["externalId"] == "customer-123"


def test_a_phone_that_connects_again_keeps_its_metadata(circle: Circle) -> None:
    made = circle.meta.sandbox.sign_up()
    first = EndUser(circle.make_link(metadata={"first": True}, externalId="one")["id"])
    first.bring(made)
    run_due()
    second = EndUser(circle.make_link(metadata={"second": True}, externalId="two")["id"])
    second.bring(circle.meta.sandbox.sign_up(phone_number=made["phoneNumber"]))

    run_due()

    link = circle.read(second.link_id)
    phone = circle.api.get(f"phones/{link['phoneNumberId']}").json()["data"]
    assert link["phoneNumberId"] == circle.read(first.link_id)["phoneNumberId"]
    assert phone["metadata"] == {"first": True}
    assert phone["externalId"] == "two"
    assert PhoneNumber.objects.count() == Waba.objects.count() == 1


def test_the_links_webhook_is_made_before_the_event_it_asks_for(circle: Circle) -> None:
    _, link = circle.completed(
        webhookUrl="http://127.0.0.1:9009/hook", webhookEvents=["phone_number.connected", "message.received"]
    )

    webhook = OutgoingWebhook.objects.get()
    event = Event.objects.get(name="phone_number.connected")
    assert Delivery.objects.get().event == event
    assert str(webhook.waba_id) == link["wabaId"]
    assert link["outgoingWebhook"] == {
        "id": str(webhook.pk),
        "url": "http://127.0.0.1:9009/hook",
        "events": ["phone_number.connected", "message.received"],
    }
    assert link["webhookUrl"] == f"http://localhost:8000/webhook/phone/{link['phoneNumberId']}"
    assert "webhookEvents" not in link
    assert "webhookSecret" not in link


def test_a_code_that_comes_twice_is_exchanged_once(circle: Circle) -> None:
    user = EndUser(circle.make_link()["id"])
    made = circle.meta.sandbox.sign_up()
    user.bring(made)

    again = user.call("callback", code=made["code"])

    assert again.status_code == 202
    assert len(circle.meta.sandbox.calls("access_token")) == 1
    run_due()
    assert Event.objects.filter(name="phone_number.connected").count() == 1


def test_the_first_exchanged_code_wins(circle: Circle) -> None:
    user = circle.signed_up()
    late = EndUser(user.link_id)

    answer = late.call("callback", code=circle.meta.sandbox.sign_up()["code"])

    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "CONFLICT"
    run_due()
    assert circle.read(user.link_id)["status"] == "completed"


@pytest.mark.parametrize(("scenario", "code"), [("code_expired", "CODE_EXPIRED"), ("code_used", "CODE_USED")])
def test_a_code_that_is_no_good_brings_the_button_back(circle: Circle, scenario: str, code: str) -> None:
    user = EndUser(circle.make_link()["id"])
    made = circle.meta.sandbox.sign_up()
    circle.meta.sandbox.set_scenario(scenario, times=1)

    answer = user.bring(made)

    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == code
    link = circle.read(user.link_id)
    assert (link["status"], link["lastError"]["code"], link["lastError"]["actor"]) == (
        "pending",
        code,
        "end_user",
    )
    assert link["nextAction"]["code"] == "SIGN_UP_AGAIN"
    again = EndUser(user.link_id)
    assert again.bring(circle.meta.sandbox.sign_up()).status_code == 202
    run_due()
    assert circle.read(user.link_id)["status"] == "completed"


def test_a_process_that_dies_in_the_exchange_frees_the_link(circle: Circle) -> None:
    user = EndUser(circle.make_link()["id"])
    user.call("opened")
    Signup.objects.filter(pk=user.signup_id).update(
        state=Signup.State.EXCHANGING,
        code_hash="x" * 64,
        exchanged_at=timezone.now() - timedelta(minutes=2),
    )

    overdue.fail_unanswered(timezone.now())

    assert circle.read(user.link_id)["lastError"]["code"] == "CODE_EXPIRED"
    assert EndUser(user.link_id).bring(circle.meta.sandbox.sign_up()).status_code == 202


@pytest.mark.parametrize(
    ("choice", "code", "step"),
    [("cancel", "CANCELLED", "PHONE_NUMBER_SETUP"), ("error", "META_REPORTED_ERROR", None)],
)
def test_leaving_metas_window_is_on_the_link(
    circle: Circle, choice: str, code: str, step: str | None
) -> None:
    user = EndUser(circle.make_link(redirectUrl="https://myapp.com/cb")["id"])

    user.bring(circle.meta.sandbox.sign_up(choice))

    link = circle.read(user.link_id)
    assert link["status"] == "pending"
    assert (link["lastError"]["code"], link["lastError"]["step"]) == (code, step)
    told = user.status()["error"]
    assert told["code"] == code
    assert told["canRetry"] is True
    assert f"error_code={code}" in told["backUrl"]


def test_missing_permissions_fail_the_signup_in_words(circle: Circle) -> None:
    made = circle.meta.sandbox.sign_up()
    circle.meta.sandbox.set_scenario("permission_missing", target=made["wabaId"])
    user = EndUser(circle.make_link()["id"])
    user.bring(made)

    run_due()

    link = circle.read(user.link_id)
    assert (link["status"], link["lastError"]["code"]) == ("pending", "PERMISSION_MISSING")
    assert link["lastError"]["step"] == "identify_assets"
    assert Waba.objects.count() == 0


def test_the_browsers_waba_must_be_covered_by_the_token(circle: Circle) -> None:
    made = circle.meta.sandbox.sign_up()
    made["session"]["data"]["waba_id"] = "999999999999999"
    user = EndUser(circle.make_link()["id"])
    user.bring(made)

    run_due()

    assert circle.read(user.link_id)["lastError"]["code"] == "WABA_MISMATCH"
    assert Waba.objects.count() == 0


def test_another_number_than_the_expected_one_changes_nothing(circle: Circle) -> None:
    user = circle.signed_up(expectedPhoneNumber="+5491155550000")

    run_due()

    assert circle.read(user.link_id)["lastError"]["code"] == "WRONG_NUMBER"
    assert (Waba.objects.count(), PhoneNumber.objects.count()) == (0, 0)


def test_the_waba_of_another_organization_is_refused(circle: Circle, stranger: Api) -> None:
    made = circle.meta.sandbox.sign_up()
    theirs = EndUser(stranger.post("onboarding-links", {"name": "Theirs"}).json()["data"]["id"])
    theirs.bring(made)
    run_due()
    user = EndUser(circle.make_link()["id"])
    user.bring(circle.meta.sandbox.sign_up(phone_number=made["phoneNumber"]))

    run_due()

    link = circle.read(user.link_id)
    assert (link["status"], link["lastError"]["code"]) == ("pending", "ALREADY_CONNECTED")
    assert link["nextAction"]["actor"] == "customer"
    assert Waba.objects.get().organization == stranger.organization


def test_an_account_in_use_is_released_for_the_link_whose_end_user_proved_it(
    circle: Circle, stranger: Api
) -> None:
    made = circle.meta.sandbox.sign_up()
    theirs = EndUser(stranger.post("onboarding-links", {"name": "Theirs"}).json()["data"]["id"])
    theirs.bring(made)
    run_due()
    user = EndUser(circle.make_link()["id"])
    user.bring(circle.meta.sandbox.sign_up(phone_number=made["phoneNumber"]))
    run_due()

    release_and_retry(link=user.signup.link)
    run_due()

    assert circle.read(user.link_id)["status"] == "completed"
    connected = Waba.objects.connected().get()
    assert (connected.meta_waba_id, connected.organization) == (made["wabaId"], user.signup.link.organization)


def test_an_expired_link_takes_no_code(circle: Circle) -> None:
    user = EndUser(circle.make_link()["id"])
    OnboardingLink.objects.update(expires_at=timezone.now())

    answer = user.bring(circle.meta.sandbox.sign_up())

    assert (answer.status_code, answer.json()["error"]["code"]) == (409, "LINK_EXPIRED")
    assert circle.read(user.link_id)["status"] == "expired"
    assert circle.meta.sandbox.calls("access_token") == []


def test_the_token_is_encrypted_and_forgotten_by_the_signup(circle: Circle) -> None:
    user = circle.signed_up()
    token = str(user.signup.access_token)

    run_due()

    assert user.signup.access_token is None
    assert Waba.objects.get().access_token == token
    assert StepRun.objects.filter(error__isnull=False).count() == 0
