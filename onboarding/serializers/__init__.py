"""The shapes of links: what a create and a list take, what is answered."""

from onboarding.serializers.answers import STATUSES, LinkDetailOutput, LinkOutput, NewLinkOutput
from onboarding.serializers.bodies import LinkInput, LinkQuery
from onboarding.serializers.fields import LanguageTag

__all__ = [
    "STATUSES",
    "LanguageTag",
    "LinkDetailOutput",
    "LinkInput",
    "LinkOutput",
    "LinkQuery",
    "NewLinkOutput",
]
