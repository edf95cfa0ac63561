"""What is shown of a link that was made by hand: addresses to send, and its secrets, this once."""

from collections.abc import Iterator

from onboarding.landing import landing_url
from onboarding.models import OnboardingLink
from onboarding.next_action import hosted_url
from onboarding.preview import preview_url
from organizations.admin.cells import admin_url
from organizations.admin.once import Secret, Shown
from webhooks.signing import standard_webhooks_secret


def shown(link: OnboardingLink) -> Shown:
    facts = [
        ("Organization", link.organization.name),
        ("Name", link.name),
        ("Send this address", hosted_url(link)),
        ("Look at it first", preview_url(link)),
        ("Landing page", landing_url(link.landing_slug) or ""),
    ]
    given = [(label, value) for label, value in facts if value]
    return Shown("The new onboarding link", admin_url(link), given, list(secrets_of(link)))


def secrets_of(link: OnboardingLink) -> Iterator[Secret]:
    if link.webhook_secret:
        secret = str(link.webhook_secret)
        standard = standard_webhooks_secret(secret)
        yield Secret("Webhook secret", secret, "Signs what is sent to the webhook, and the redirect.")
        yield Secret("Standard Webhooks secret", standard, "The same, as the libraries take it.")
