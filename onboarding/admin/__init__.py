"""Staff's pages of onboarding links, each told as one time line, and of WABAs without a clear signup."""

from onboarding.admin import links, shared

__all__ = ["links", "shared"]
