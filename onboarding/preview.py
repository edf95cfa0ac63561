"""The address of a link's preview: the hosted page to look at, from which nothing can be started."""

from django.core.signing import BadSignature, Signer

from onboarding.models import OnboardingLink
from onboarding.next_action import hosted_url


def signer() -> Signer:
    return Signer(salt="onboarding.preview")


def preview_url(link: OnboardingLink) -> str:
    """Valid as long as the link is there: what it shows is no secret to whoever knows the link."""
    return f"{hosted_url(link)}?preview={signer().signature(str(link.pk))}"


def is_preview_of(link: OnboardingLink, signature: str) -> bool:
    try:
        return signer().unsign(f"{link.pk}:{signature}") == str(link.pk)
    except BadSignature:
        return False
