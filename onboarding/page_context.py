"""What the hosted page's template shows of a link: who asks, for which number, how, until when."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import phonenumbers
from django.conf import settings
from django.utils import timezone

from onboarding.branding import branding_of
from onboarding.models import OnboardingLink, RegisteredNumber
from onboarding.prefill import preverified_id

# The view that a page begins with. Which one comes next is the script's business.
FIRST_VIEW = {"pending": "start", "processing": "progress", "completed": "already", "expired": "expired"}
# Views that nothing begins from: they name neither the number nor a time.
ENDS = frozenset({"already", "expired"})


@dataclass(frozen=True)
class Invitation:
    """What the end-user has to know before the sign-in."""

    number: str = ""
    is_ready: bool = False
    is_coexistence: bool = False
    expires_at: datetime | None = None


def page_context(link: OnboardingLink, config: dict[str, Any], view: str) -> dict[str, Any]:
    """For `onboarding/signup.html`; `config` is what its script gets."""
    return {
        "link": link,
        "organization_name": link.organization.name,
        "config": config,
        "view": view,
        "branding": branding_of(link),
        "invitation": Invitation() if view in ENDS else invitation_of(link, timezone.now()),
        "privacy_url": settings.PRIVACY_URL,
        "terms_url": settings.TERMS_URL,
        "support_url": settings.SUPPORT_URL,
    }


def invitation_of(link: OnboardingLink, now: datetime) -> Invitation:
    ready = ready_number(link, now)
    number = ready.phone_number if ready else link.expected_phone_number
    return Invitation(
        number=international(number) if number else "",
        is_ready=ready is not None,
        is_coexistence=link.mode == OnboardingLink.Mode.COEXISTENCE,
        expires_at=link.expires_at,
    )


def ready_number(link: OnboardingLink, now: datetime) -> RegisteredNumber | None:
    """The number that was proven beforehand, while Meta's window still takes it without a code."""
    return link.registered_number if preverified_id(link.registered_number, now) else None


def international(number: str) -> str:
    """`+5491155551234` as people write it in that country, from abroad."""
    parsed = phonenumbers.parse(number)
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)
