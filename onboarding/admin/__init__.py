"""Staff's pages of onboarding links, told as time lines, of registered numbers, of WABAs without a signup."""

from onboarding.admin import links, registered, shared

__all__ = ["links", "registered", "shared"]
