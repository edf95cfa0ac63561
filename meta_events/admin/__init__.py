"""Staff's pages of what Meta told us: the POSTs, each change in them, and requests of Facebook users."""

from meta_events.admin import changes, notifications, user_requests

__all__ = ["changes", "notifications", "user_requests"]
