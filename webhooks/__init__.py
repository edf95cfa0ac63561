"""Outgoing webhooks: events are rows of the business transaction, deliveries are sent from the rows."""
