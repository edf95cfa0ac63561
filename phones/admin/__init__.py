"""Staff's pages of numbers, and what those of WABAs have besides: actions that tell of their numbers."""

from phones.admin import accounts, numbers

__all__ = ["accounts", "numbers"]
