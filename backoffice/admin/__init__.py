"""Staff's pages of the staff: who they are, and what they did."""

from backoffice.admin import log, people

__all__ = ["log", "people"]
