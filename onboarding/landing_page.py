"""The landing page: plain and public, of a business that has no website of its own to show to Meta."""

from collections.abc import Iterator, Mapping
from typing import Any

from csp.constants import NONE, SELF
from csp.decorators import csp
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import translation
from django.views.decorators.http import require_safe

from onboarding.countries import COUNTRIES
from onboarding.landing import landing_path
from onboarding.languages import page_language
from onboarding.models import OnboardingLink
from onboarding.page_context import international

# Nothing runs here, nothing is sent from here, and nobody else's file is shown.
POLICY = {
    "default-src": [NONE],
    "style-src": [SELF],
    "img-src": [SELF, "data:"],
    "form-action": [NONE],
    "base-uri": [NONE],
    "frame-ancestors": [NONE],
}
SECONDS = 300


@require_safe
@csp(POLICY)  # type: ignore[arg-type]
def landing_page(request: HttpRequest, slug: str) -> HttpResponse:
    """404 also for a link that was deleted, and where the organization is suspended."""
    of_active = OnboardingLink.objects.filter(organization__suspended_at=None)
    link = of_active.only("business", "language", "landing_slug").filter(landing_slug=slug).first()
    if link is None or not link.business:
        return unlisted(render(request, "404.html", status=404))
    language = page_language(link)
    with translation.override(language):
        response = render(request, "onboarding/landing.html", shown(link.business, slug))
    response["Content-Language"] = language
    response["Cache-Control"] = f"public, max-age={SECONDS}"
    return unlisted(response)


def unlisted(response: HttpResponse) -> HttpResponse:
    response["X-Robots-Tag"] = "noindex, nofollow"
    return response


def shown(business: Mapping[str, Any], slug: str) -> dict[str, Any]:
    """What the template shows: what the client gave, and nothing that was learnt since."""
    website, number = business.get("website") or "", business.get("phoneNumber")
    is_this_page = website.endswith(landing_path(slug))
    return {
        "business": business,
        "initial": next((letter.upper() for letter in business["name"] if letter.isalnum()), ""),
        "street": list(street_of(business)),
        "town": town_of(business),
        "country": COUNTRIES.get(business.get("country") or ""),
        "phone": international(number) if number else None,
        "website": "" if is_this_page else website,
        "privacy_url": settings.PRIVACY_URL,
        "terms_url": settings.TERMS_URL,
        "support_url": settings.SUPPORT_URL,
    }


def street_of(business: Mapping[str, Any]) -> Iterator[str]:
    yield from business["address"].split("\n")
    if line := business.get("addressLine2"):
        yield line


def town_of(business: Mapping[str, Any]) -> str:
    """`Boston, MA 02110`, as far as it is known."""
    area = " ".join(filter(None, (business.get("state"), business.get("postalCode"))))
    return ", ".join(filter(None, (business.get("city"), area)))
