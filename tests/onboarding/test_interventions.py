"""What staff may decide about a signup: repeat a step, leave one out, open the link again; and refusals."""

import uuid
from datetime import timedelta

import pytest
from django.utils import timezone

from meta_graph.oauth import AccessToken
from onboarding import interventions, matching, resuming, runner, tokens
from onboarding.models import OnboardingLink, Signup, StepRun
from onboarding.pipeline import BY_NAME
from tests.admin.world import Story, story


@pytest.fixture
def told(organization) -> Story:
    return story(organization)


@pytest.fixture
def failed(told) -> Signup:
    """Its subscription failed: the link is pending again, the token is kept."""
    link = told.link
    link.status, link.completed_at, link.last_error = "pending", None, {
        "code": "META_UNAVAILABLE", "message": "Meta does not answer.", "actor": "meta",
    }  # fmt: skip
    link.save()
    Signup.objects.filter(pk=told.signup.pk).update(state="failed", error=link.last_error)
    told.signup.steps.filter(step="subscribe_app").update(status="failed", error=link.last_error)
    told.signup.steps.filter(step="override_callback").update(status="failed")
    told.signup.steps.filter(step__in=["complete_link", "create_templates"]).update(status="waiting")
    return Signup.objects.get(pk=told.signup.pk)


def status_of(signup: Signup, step: str) -> str:
    return str(StepRun.objects.get(signup=signup, step=step).status)


def test_a_step_runs_again_and_what_failed_after_it_waits_for_it(told, failed):
    interventions.retry_from(link=told.link, step="subscribe_app")

    runs = {run.step: run for run in StepRun.objects.filter(signup=failed)}
    assert runs["subscribe_app"].status == "waiting"
    assert runs["subscribe_app"].next_attempt_at is not None
    assert (runs["override_callback"].status, runs["override_callback"].next_attempt_at) == ("waiting", None)
    assert runs["save_phone"].status == "done"
    assert Signup.objects.get(pk=failed.pk).state == "running"
    assert OnboardingLink.objects.get(pk=told.link.pk).status == "processing"


@pytest.mark.parametrize("step", ["register_phone", "save_phone"])
def test_a_failed_signup_that_goes_on_repeats_what_failed_beside_the_chosen_step(told, failed, step):
    failed.steps.filter(step="register_phone").update(status="failed", error=failed.error)

    interventions.retry_from(link=told.link, step=step)

    required = StepRun.objects.get(signup=failed, step="subscribe_app")
    assert (required.status, required.error) == ("waiting", None)
    assert required.next_attempt_at is not None
    assert not StepRun.objects.filter(signup=failed, status="failed").exists()
    link = OnboardingLink.objects.get(pk=told.link.pk)
    assert (link.status, link.last_error) == ("processing", None)


def test_what_failed_elsewhere_in_a_completed_link_is_left_alone(told):
    told.signup.steps.filter(step="register_phone").update(status="failed")

    interventions.retry_from(link=told.link, step="subscribe_app")

    assert status_of(told.signup, "register_phone") == "failed"


def test_a_done_step_of_a_completed_link_runs_again(told):
    interventions.retry_from(link=told.link, step="save_phone")

    assert status_of(told.signup, "save_phone") == "waiting"
    assert OnboardingLink.objects.get(pk=told.link.pk).status == "completed"


@pytest.mark.parametrize("step", ["sync_coexistence", "complete_link"])
def test_what_can_be_done_once_is_not_done_again(told, step):
    with pytest.raises(interventions.StepOnceError):
        interventions.retry_from(link=told.link, step=step)


def test_a_step_whose_predecessor_is_not_done_is_refused(told, failed):
    with pytest.raises(interventions.StepNotReadyError):
        interventions.retry_from(link=told.link, step="override_callback")


def test_a_step_that_somebody_has_is_left_alone(told, failed):
    failed.steps.filter(step="subscribe_app").update(
        status="running", lease_token=uuid.uuid4(), lease_expires_at=timezone.now() + timedelta(minutes=1)
    )

    with pytest.raises(interventions.StepUnderWayError):
        interventions.retry_from(link=told.link, step="subscribe_app")
    failed.steps.filter(step="subscribe_app").update(lease_expires_at=timezone.now())
    interventions.retry_from(link=told.link, step="subscribe_app")


def test_metas_own_time_is_kept(told):
    told.signup.steps.filter(step="register_phone").update(
        status="waiting", next_attempt_at=timezone.now() + timedelta(hours=3),
        error={"code": "TOO_MANY_ATTEMPTS", "meta": {"code": 133016}},
    )  # fmt: skip

    with pytest.raises(interventions.MetaWaitsError):
        interventions.retry_from(link=told.link, step="register_phone")


def test_without_a_sign_in_or_its_token_there_is_nothing_to_repeat(told, failed, organization):
    Signup.objects.filter(pk=failed.pk).update(access_token=None, waba=None)
    with pytest.raises(interventions.NoTokenError):
        interventions.retry_from(link=told.link, step="subscribe_app")

    fresh = OnboardingLink.objects.create(organization=organization, name="Fresh")
    with pytest.raises(interventions.NoSignupError):
        interventions.retry_from(link=fresh, step="subscribe_app")


def test_an_optional_step_is_left_out_and_the_completion_goes_on(told):
    told.link.status, told.link.completed_at = "processing", None
    told.link.save()
    Signup.objects.filter(pk=told.signup.pk).update(state="running")
    told.signup.steps.filter(step__in=["complete_link", "create_templates"]).update(status="waiting")
    told.signup.steps.filter(step="register_phone").update(
        status="needs_customer", error={"code": "ENTER_PIN", "message": "Enter it.", "actor": "end_user"}
    )
    Signup.objects.filter(pk=told.signup.pk).update(page_seen_at=timezone.now())

    interventions.skip_step(link=told.link, step="register_phone")

    assert status_of(told.signup, "register_phone") == "skipped"
    assert told.signup.steps.get(step="complete_link").next_attempt_at is not None


def test_a_required_step_and_a_settled_one_cannot_be_left_out(told, failed):
    with pytest.raises(interventions.StepRequiredError):
        interventions.skip_step(link=told.link, step="subscribe_app")
    with pytest.raises(interventions.StepSettledError):
        interventions.skip_step(link=told.link, step="register_phone")


def test_a_link_that_is_stuck_or_failed_is_opened_again_without_what_was_kept(told, failed):
    OnboardingLink.objects.filter(pk=told.link.pk).update(status="processing")
    Signup.objects.filter(pk=failed.pk).update(state="running", access_token="EAA")

    interventions.reopen_link(link=told.link)

    link = OnboardingLink.objects.get(pk=told.link.pk)
    assert (link.status, link.last_error, link.next_action) == ("pending", None, None)
    ended = Signup.objects.get(pk=failed.pk)
    assert (ended.state, ended.access_token) == ("failed", None)


@pytest.fixture
def exchanging(organization) -> Signup:
    """Its code is at Meta just now."""
    link = OnboardingLink.objects.create(organization=organization, name="Wrong account")
    return Signup.objects.create(
        pk=uuid.uuid4(), link=link, state="exchanging", exchanged_at=timezone.now(), code_hash="a" * 64
    )


def test_a_code_in_flight_when_the_link_is_opened_again_connects_nothing(exchanging):
    interventions.reopen_link(link=exchanging.link)

    with pytest.raises(tokens.TooLateError):
        tokens.keep_token(
            signup_id=exchanging.pk, token=AccessToken("EAA", None), source=Signup.TokenSource.CODE
        )


def test_a_try_that_staff_ended_is_not_recovered(exchanging):
    before = Signup.objects.select_related("link__organization").get(pk=exchanging.pk)

    interventions.reopen_link(link=exchanging.link)

    ended = Signup.objects.select_related("link__organization").get(pk=exchanging.pk)
    assert matching.may_take_token(before, timezone.now())
    assert not matching.may_take_token(ended, timezone.now())


@pytest.fixture
def almost_done(told) -> StepRun:
    """Its last step runs just now; the account that it brought is connected."""
    OnboardingLink.objects.update(status="processing", completed_at=None)
    Signup.objects.filter(pk=told.signup.pk).update(state="running", access_token="EAA")
    told.signup.steps.filter(step="create_templates").update(status="waiting", next_attempt_at=None)
    told.signup.steps.filter(step="complete_link").update(
        status="waiting", next_attempt_at=timezone.now(), finished_at=None
    )
    run = runner.claim(told.signup.pk, "complete_link", timezone.now())
    assert run is not None
    return run


def test_a_try_that_staff_ended_completes_nothing_and_does_not_go_on_by_itself(told, almost_done):
    interventions.reopen_link(link=told.link)

    signup = Signup.objects.select_related("link__organization", "waba", "phone").get(pk=told.signup.pk)
    step = BY_NAME["complete_link"]
    ending = runner.with_patience(runner.ended(step, signup, almost_done), signup, timezone.now())
    runner.settle(almost_done, ending)
    cooled = resuming.cooled(timezone.now() + timedelta(days=2))

    assert (ending.status, cooled) == ("failed", [])
    assert signup.token_value, "the account's token would have let it go on"
    assert OnboardingLink.objects.get(pk=told.link.pk).status == "pending"


def test_an_expired_link_gets_time_and_is_told_of_anew(organization):
    past = timezone.now() - timedelta(days=1)
    link = OnboardingLink.objects.create(
        organization=organization, name="Late", expires_at=past, expiry_told_at=past
    )

    interventions.reopen_link(link=link)

    link.refresh_from_db()
    assert link.expires_at is not None
    assert link.expires_at > timezone.now() + timedelta(days=6)
    assert link.expiry_told_at is None


def test_a_completed_link_and_one_that_is_open_are_not_opened_again(told, organization):
    with pytest.raises(interventions.CompletedError):
        interventions.reopen_link(link=told.link)
    with pytest.raises(interventions.StillOpenError):
        interventions.reopen_link(link=OnboardingLink.objects.create(organization=organization, name="Open"))
