"""Staff's pages of a customer's inbox: contacts, conversations and messages."""

from inbox.admin import contacts, conversations, messages

__all__ = ["contacts", "conversations", "messages"]
