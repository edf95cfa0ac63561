"""Staff's pages of onboarding links: what happened to a link, told as one time line."""

from onboarding.admin import links

__all__ = ["links"]
