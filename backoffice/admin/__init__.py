"""Staff's page of what staff did."""

from backoffice.admin import log

__all__ = ["log"]
