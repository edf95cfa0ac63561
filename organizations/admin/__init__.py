"""Staff's pages of organizations and keys, and what the staff pages of every app are made of."""

from organizations.admin import api_keys, organizations

__all__ = ["api_keys", "organizations"]
