"""The language that the page speaks: the link's, else the browser's; and its name at Meta."""

from django.conf import settings
from django.utils import translation

from onboarding.models import OnboardingLink

# Codes that ISO 639 has given up, and that Java and old Android phones still send.
FORMER_CODES = {"iw": "he"}
SDK_LOCALES = {"en": "en_US", "es": "es_LA", "pt": "pt_BR", "he": "he_IL", "ar": "ar_AR", "fr": "fr_FR"}


def page_language(link: OnboardingLink) -> str:
    """The link's language where we speak it, in whatever variant, else the browser's."""
    return spoken(link.language or "") or translation.get_language() or settings.LANGUAGE_CODE


def spoken(tag: str) -> str | None:
    """Our language for a BCP 47 tag such as `es-419`, `fr-CA` or `iw`; None where we do not speak it."""
    language, _, variant = tag.lower().partition("-")
    try:
        return translation.get_supported_language_variant(
            "-".join(filter(None, (FORMER_CODES.get(language, language), variant)))
        )
    except LookupError:
        return None


def sdk_url(language: str) -> str:
    """Meta's script speaks the page's language."""
    return str(settings.META_SDK_URL.format(locale=SDK_LOCALES.get(language, "en_US")))
