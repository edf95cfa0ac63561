"""How the hosted page looks for one link: the link's own texts and logo, else its organization's."""

from dataclasses import dataclass
from uuid import UUID

from django.urls import reverse

from onboarding.models import OnboardingLink
from organizations.models import Logo

# The box that a logo is shown in, in CSS pixels. Pictures are kept in up to three times its size.
BOX_WIDTH, BOX_HEIGHT = 200, 60


@dataclass(frozen=True)
class ShownLogo:
    """A logo as the page shows it: our own address, and its size in CSS pixels."""

    path: str
    width: int
    height: int


@dataclass(frozen=True)
class Branding:
    """Texts are empty where nobody gave one; they are plain text and have to be escaped."""

    logo: ShownLogo | None = None
    welcome_message: str = ""
    button_text: str = ""
    success_message: str = ""
    failure_message: str = ""


def branding_of(link: OnboardingLink) -> Branding:
    """Field by field: a link that sets one keeps the organization's others."""
    own, organization = link.branding or {}, link.organization
    return Branding(
        logo=shown_logo(link.logo_id or organization.logo_id),
        welcome_message=own.get("welcomeMessage") or organization.welcome_message or "",
        button_text=own.get("buttonText") or organization.button_text or "",
        success_message=own.get("successMessage") or organization.success_message or "",
        failure_message=own.get("failureMessage") or organization.failure_message or "",
    )


def shown_logo(logo_id: UUID | None) -> ShownLogo | None:
    """The picture itself stays in the database: the browser asks for it by its address."""
    size = Logo.objects.filter(pk=logo_id).values_list("width", "height").first() if logo_id else None
    return ShownLogo(reverse("logo", args=[logo_id]), *size_in_box(*size)) if size else None


def size_in_box(width: int, height: int) -> tuple[int, int]:
    """The whole picture, as wide and high as the box allows, never larger than it is."""
    scale = min(BOX_WIDTH / width, BOX_HEIGHT / height, 1)
    return max(1, round(width * scale)), max(1, round(height * scale))
