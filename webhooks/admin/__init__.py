"""Staff's pages of outgoing webhooks: the endpoints, the events, and each event's way to each endpoint."""

from webhooks.admin import deliveries, endpoints, events

__all__ = ["deliveries", "endpoints", "events"]
