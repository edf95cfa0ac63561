"""An account that a link brought and another organization has: released there, so that the link goes on."""

from django.db.models import Q

from api.errors import ConflictError, HalfDoneError
from onboarding.models import OnboardingLink, Signup
from onboarding.outcomes import Actor
from onboarding.services import NothingToRetryError, is_curable, retry_link
from phones.disconnecting import RELEASED, leave_waba
from wabas.models import Waba


class NotInUseError(ConflictError):
    message = "The account that it brought is connected in no other organization."


class CannotGoOnError(ConflictError):
    message = (
        "Nothing was released, for the link would not go on by it: something else failed, or its sign-in is "
        "not kept any more."
    )


class ReleasedAloneError(HalfDoneError):
    message = (
        "The account was released, but the link has changed meanwhile and does not go on: the end-user has "
        "to open it."
    )


def release_and_retry(*, link: OnboardingLink) -> None:
    """Disconnects the account that the link's signup brought where another organization has it, and goes on.

    Calls Meta, so outside of any transaction. Raises NotInUseError and CannotGoOnError before anything is
    done; ReleasedAloneError after the release.
    """
    waba = in_use_elsewhere(link)
    if waba is None:
        raise NotInUseError
    if not waits_for_release(link):
        raise CannotGoOnError
    leave_waba(waba=waba, reason=RELEASED, initiated_by=Actor.PLATFORM)
    try:
        retry_link(link=link)
    except NothingToRetryError as refused:
        raise ReleasedAloneError from refused


def in_use_elsewhere(link: OnboardingLink) -> Waba | None:
    """The account that the link's signup brought, as another organization has it connected."""
    latest = newest_exchanged(link)
    if latest is None or latest.meta_waba_id is None:
        return None
    connected = Waba.objects.connected().filter(meta_waba_id=latest.meta_waba_id).defer("access_token")
    return connected.exclude(organization=link.organization_id).select_related("organization").first()


def waits_for_release(link: OnboardingLink) -> bool:
    """Whether its sign-in failed because the account is in use, and would go on once it is not."""
    is_pending = OnboardingLink.objects.filter(pk=link.pk, status=OnboardingLink.Status.PENDING).exists()
    latest = newest_exchanged(link)
    if not is_pending or latest is None or latest.state != Signup.State.FAILED:
        return False
    is_in_use = (latest.error or {}).get("code") == "ALREADY_CONNECTED"
    return is_in_use and is_curable(latest) and bool(vars(latest)["has_token"])


def newest_exchanged(link: OnboardingLink) -> Signup | None:
    """The signup that a retry would run, with `has_token` in place of its token, which is not opened."""
    rows = link.signups.exclude(exchanged_at=None).order_by("-exchanged_at").defer("access_token")
    return rows.annotate(has_token=Q(access_token__isnull=False)).first()
