"""What clients do with links: make, delete, retry."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from api.errors import ConflictError, InvalidFieldError
from onboarding import readiness, resuming
from onboarding.landing import is_wanted, landing_url, new_slug
from onboarding.models import OnboardingLink, RegisteredNumber, Signup
from onboarding.outcomes import Actor
from onboarding.registered_numbers.taking import take_for_link
from onboarding.starter_templates.rows import asked
from onboarding.tasks import ring_steps
from organizations.branding.logos import Picture, kept_logo
from organizations.models import Organization
from wabas.models import Waba
from webhooks.signing import generate_secret


class NotDeletableError(ConflictError):
    message = "Only a pending link can be deleted."


class NothingToRetryError(ConflictError):
    message = "There is nothing to run again: the end-user has to open the link."


@transaction.atomic
def create_link(
    *,
    organization: Organization,
    name: str,
    external_id: str | None = None,
    metadata: str | None = None,
    redirect_url: str | None = None,
    webhook_url: str | None = None,
    webhook_secret: str | None = None,
    webhook_events: Sequence[str] = (),
    mode: str = OnboardingLink.Mode.CLOUD_API,
    expected_phone_number: str | None = None,
    language: str | None = None,
    expires_at: datetime | None = None,
    business: Mapping[str, Any] | None = None,
    display_name: str | None = None,
    branding: Mapping[str, Any] | None = None,
    picture: Picture | None = None,
    registered_number_id: UUID | None = None,
    starter_templates: Collection[str] = (),
    landing_page: bool | None = None,
) -> OnboardingLink:
    """A link to send to an end-user. A webhook without a secret gets one, so that it is never unsigned.

    `picture` is what `branding` names as its logo. Raises what `taken_number` does.
    """
    if webhook_url and not webhook_secret:
        webhook_secret = generate_secret()
    if expires_at is None and settings.ONBOARDING_LINK_TTL:
        expires_at = timezone.now() + settings.ONBOARDING_LINK_TTL
    business = dict(business or {})
    slug = new_slug(business["name"]) if is_wanted(business, landing_page) else None
    if slug and not business.get("website"):
        business["website"] = landing_url(slug)
    return OnboardingLink.objects.create(
        organization=organization,
        name=name,
        external_id=external_id,
        metadata=metadata,
        redirect_url=redirect_url,
        webhook_url=webhook_url,
        webhook_secret=webhook_secret,
        webhook_events=list(dict.fromkeys(webhook_events)),
        mode=mode,
        expected_phone_number=expected_phone_number,
        language=language,
        expires_at=expires_at,
        business=business or None,
        display_name=display_name,
        branding=dict(branding or {}) or None,
        logo=kept_logo(organization=organization, picture=picture) if picture else None,
        registered_number=taken_number(organization, registered_number_id, expected_phone_number),
        landing_slug=slug,
        starter_templates=asked(starter_templates),
    )


def taken_number(
    organization: Organization, registered_number_id: UUID | None, expected: str | None
) -> RegisteredNumber | None:
    """The registered number of the link, locked. Raises InvalidFieldError and ConflictError."""
    if registered_number_id is None:
        return None
    number = take_for_link(organization=organization, registered_number_id=registered_number_id)
    if expected not in {None, number.phone_number}:
        raise InvalidFieldError("expectedPhoneNumber", "The registered number is another one.")
    return number


@transaction.atomic
def delete_link(*, link: OnboardingLink) -> None:
    """Only while pending. A token that no connected number uses is forgotten with it."""
    current = OnboardingLink.objects.select_for_update().get(pk=link.pk)
    if current.status != OnboardingLink.Status.PENDING:
        raise NotDeletableError
    tried = Signup.objects.filter(waba__isnull=False)
    own = tried.filter(link=current).values_list("waba_id", flat=True)
    needed = tried.exclude(link=current).exclude(state=Signup.State.FAILED, access_token=None)
    unused = set(own) - set(needed.filter(waba__in=list(own)).values_list("waba_id", flat=True))
    # A number that no link was ever completed for is nobody's yet.
    kept = Waba.objects.filter(phones__announced__isnull=False).values("pk")
    Waba.objects.filter(pk__in=unused).exclude(pk__in=kept).delete()
    current.delete()


@transaction.atomic
def retry_link(*, link: OnboardingLink) -> OnboardingLink:
    """Runs unfinished steps again without the end-user. Raises NothingToRetryError."""
    current = OnboardingLink.objects.select_for_update(of=("self",)).get(pk=link.pk)
    latest = current.signups.exclude(exchanged_at=None).order_by("-exchanged_at").first()
    if latest is None or not is_retryable(latest):
        raise NothingToRetryError
    now = timezone.now()
    signup = readiness.locked(latest.pk)
    steps = resuming.go_on(signup, now)
    if not steps:
        raise NothingToRetryError
    ring_steps(signup.pk, steps)
    return OnboardingLink.objects.get(pk=current.pk)


def is_retryable(signup: Signup) -> bool:
    """What only another sign-in can cure is not run again; what failed elsewhere is, and a missing number."""
    if signup.state == Signup.State.FAILED:
        return bool(signup.access_token) and is_curable(signup)
    return signup.state in {Signup.State.RUNNING, Signup.State.COMPLETED}


def is_curable(signup: Signup) -> bool:
    """Of a signup that failed: without another sign-in."""
    error: Mapping[str, Any] = signup.error or {}
    return error.get("actor") != Actor.END_USER or error.get("code") == "NO_PHONE_NUMBER"
