"""What staff do to a link that does not go on, to a number, to an endpoint: by the pages, with the reason."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from onboarding.models import OnboardingLink, Signup, StepRun
from organizations.models import StaffAction
from phones.models import PhoneNumber
from tests.admin.test_actions import messages_of
from tests.admin.test_pages import address
from wabas.models import Waba
from webhooks import services
from webhooks.models import Delivery, OutgoingWebhook


def seen(staff, link) -> str:
    page: str = staff.get(address(OnboardingLink, "change", link.pk)).content.decode()
    return page.partition("field-end_user_sees")[2].partition("</div>\n")[0]


def test_a_step_is_chosen_and_runs_again(act, told):
    asked = act("retry_from", told.link, confirmed=False)
    assert dict(asked.context["form"].fields["choice"].choices)["save_phone"].startswith("Save the number (")

    page = act("retry_from", told.link, choice="save_phone")

    assert messages_of(page) == [f"Retry from a step: done for {told.link.name}."]
    assert told.signup.steps.get(step="save_phone").status == "waiting"


def test_what_is_most_likely_wanted_is_chosen_already(act, told):
    StepRun.objects.filter(step="save_phone").update(status="waiting", next_attempt_at=timezone.now())
    steps = []
    for step, status in (
        ("save_phone", "waiting"),
        ("register_phone", "running"),
        ("create_templates", "failed"),
    ):
        StepRun.objects.filter(step=step).update(status=status)
        asked = act("retry_from", told.link, confirmed=False)
        steps.append(asked.context["form"].fields["choice"].choices[0][0])

    assert steps == ["save_phone", "register_phone", "create_templates"]


def test_without_a_token_no_step_is_offered(staff, told):
    def offered():
        page = staff.get(address(OnboardingLink, "change", told.link.pk))
        return [button["action"] for button in page.context["buttons"]]

    Signup.objects.update(access_token=None)
    assert "retry_from" in offered(), "the account that it connected has one"

    Waba.objects.update(access_token=None)
    assert "retry_from" not in offered()


def test_until_when_metas_time_runs_stands_there(staff, told):
    action = {
        "actor": "meta",
        "code": "WAIT",
        "message": "Ten in 72 hours.",
        "deadline": "2026-11-23T19:40:14.000Z",
    }
    OnboardingLink.objects.update(next_action=action)

    page = staff.get(address(OnboardingLink, "change", told.link.pk)).content.decode()

    assert "meta: Ten in 72 hours. Until 2026-11-23T19:40:14.000Z." in page


def test_a_step_that_is_not_offered_is_asked_for_again(act, told):
    page = act("skip_step", told.link, choice="save_waba")

    assert page.context["form"].errors["choice"]
    assert told.signup.steps.get(step="save_waba").status == "done"


def test_an_optional_step_is_left_out(act, told):
    told.signup.steps.filter(step="register_phone").update(status="failed", error={"code": "X"})

    act("skip_step", told.link, choice="register_phone")

    assert told.signup.steps.get(step="register_phone").status == "skipped"


def test_a_failed_link_is_opened_again(act, told):
    OnboardingLink.objects.update(
        status="pending", completed_at=None, last_error={"code": "CONFIGURATION", "actor": "platform"}
    )
    Signup.objects.filter(pk=told.signup.pk).update(state="failed", access_token="EAA")

    act("reopen", told.link)

    link = OnboardingLink.objects.get(pk=told.link.pk)
    assert (link.status, link.last_error) == ("pending", None)
    assert not Signup.objects.exclude(access_token=None).filter(link=link).exists()


def test_a_links_page_leads_to_the_end_users_and_says_what_is_there(staff, told, organization):
    link = OnboardingLink.objects.create(organization=organization, name="Fresh")
    assert "The page with the button, to begin." in seen(staff, link)
    page = staff.get(address(OnboardingLink, "change", link.pk))
    assert "See what the end-user sees" in page.content.decode()
    assert "?preview=" in page.context["elsewhere"][0][1]

    link.expires_at = timezone.now() - timedelta(hours=1)
    link.save()
    assert "has expired" in seen(staff, link)

    assert "the number is connected" in seen(staff, told.link)


@pytest.mark.parametrize(
    ("code", "actor", "words"),
    [
        ("CODE_EXPIRED", "end_user", "The button is there, to try again."),
        ("CONFIGURATION", "platform", "There is no button: the sign-in is kept"),
    ],
)
def test_it_says_whether_the_button_is_there(staff, told, code, actor, words):
    error = {"code": code, "message": "Not said here.", "actor": actor}
    OnboardingLink.objects.update(status="pending", completed_at=None, last_error=error)
    Signup.objects.filter(pk=told.signup.pk).update(state="failed", error=error, access_token="EAA")

    assert words in seen(staff, told.link)


def test_a_number_is_disconnected_and_its_account_is_not(act, told):
    act("disconnect", told.phone)

    assert PhoneNumber.objects.get(pk=told.phone.pk).disconnected_at is not None
    assert Waba.objects.get(pk=told.waba.pk).is_connected
    assert "disconnected already" in messages_of(act("disconnect", told.phone))[0]


def test_a_number_that_is_registered_is_not_registered_again(act, told):
    page = act("register_now", told.phone)

    assert "registered already" in messages_of(page)[0]
    assert StaffAction.objects.get().outcome == "refused"


def test_an_account_is_checked_as_soon_as_may_be(act, told):
    act("check_now", told.waba)

    due = Waba.objects.get(pk=told.waba.pk).check_due_at
    assert due is not None
    assert due <= timezone.now()


def test_what_failed_of_late_is_sent_again(act, told):
    now = timezone.now()
    Delivery.objects.update(state="failed", next_attempt_at=None, finished_at=now)

    act("send_failed_again", told.webhook, choice="24")

    assert Delivery.objects.filter(trigger="manual").count() == 1
    assert "Nothing has failed" in messages_of(act("send_failed_again", told.webhook, choice="24"))[0]


@pytest.mark.parametrize(("leaked", "is_made"), [("", False), ("on", True)])
def test_no_third_secret_is_made_while_the_earlier_one_signs_unless_it_leaked(staff, told, leaked, is_made):
    services.rotate_secret(webhook=told.webhook)
    before = OutgoingWebhook.objects.get(pk=told.webhook.pk)
    url = reverse("admin:webhooks_outgoingwebhook_rotate", args=[told.webhook.pk])
    token = staff.get(url).context["token"]

    page = staff.post(url, {"form_token": token, "reason": "Asked by mail.", "has_leaked": leaked})

    row = OutgoingWebhook.objects.get(pk=told.webhook.pk)
    assert (row.secret != before.secret) == is_made
    assert ("would cut off a customer" in page.content.decode()) != is_made
    assert row.has_previous_secret(timezone.now()) != is_made


@pytest.mark.parametrize(("leaked", "goes_on"), [("", True), ("on", False)])
def test_a_new_secret_is_shown_once_with_the_reason_in_the_log(staff, told, leaked, goes_on):
    OutgoingWebhook.objects.update(previous_secret=None, previous_secret_until=None)
    url = reverse("admin:webhooks_outgoingwebhook_rotate", args=[told.webhook.pk])
    token = staff.get(url).context["token"]

    page = staff.post(url, {"form_token": token, "reason": "Asked by mail.", "has_leaked": leaked})

    row = OutgoingWebhook.objects.get(pk=told.webhook.pk)
    assert row.secret in page.content.decode()
    assert row.has_previous_secret(timezone.now()) == goes_on
    assert StaffAction.objects.get().reason == "Asked by mail."
    again = staff.post(url, {"form_token": token, "reason": "Asked by mail.", "has_leaked": leaked})
    assert again.status_code == 302


def test_without_a_reason_or_the_permission_no_secret_is_made(staff, client, told, django_user_model):
    url = reverse("admin:webhooks_outgoingwebhook_rotate", args=[told.webhook.pk])
    token = staff.get(url).context["token"]
    staff.post(url, {"form_token": token, "reason": ""})
    client.force_login(django_user_model.objects.create_user("looker", is_staff=True))

    assert client.get(url).status_code in {302, 403}
    assert OutgoingWebhook.objects.get(pk=told.webhook.pk).secret == told.webhook.secret
