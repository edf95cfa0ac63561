"""The landing page of a business: whether a link has one, and its address."""

import secrets
import string
from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils.text import slugify

from onboarding.models import OnboardingLink

# What a page needs to say who the business is.
NEEDED = ("name", "address", "registrationId")
ALPHABET = string.ascii_lowercase + string.digits
RANDOM_LENGTH = 8
MAX_SLUG = OnboardingLink._meta.get_field("landing_slug").max_length or 0


def is_wanted(business: Mapping[str, Any], landing_page: bool | None) -> bool:
    """Made by itself where everything that it needs is there, unless the client says no."""
    return landing_page is not False and all(business.get(name) for name in NEEDED)


def new_slug(name: str) -> str:
    """The name as far as ASCII can write it, and what nobody guesses. Nobody has it yet."""
    readable = slugify(name)[: MAX_SLUG - RANDOM_LENGTH - 1].strip("-_")
    while True:
        random = "".join(secrets.choice(ALPHABET) for _ in range(RANDOM_LENGTH))
        slug = "-".join(filter(None, (readable, random)))
        if not OnboardingLink.objects.filter(landing_slug=slug).exists():
            return slug


def landing_path(slug: str) -> str:
    return f"/business/{slug}"


def landing_url(slug: str | None) -> str | None:
    return f"{settings.PUBLIC_BASE_URL}{landing_path(slug)}" if slug else None
