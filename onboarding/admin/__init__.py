"""Staff's pages of links, told as time lines, registered numbers, WABAs without a signup, calls of Graph."""

from onboarding.admin import calls, links, registered, shared

__all__ = ["calls", "links", "registered", "shared"]
