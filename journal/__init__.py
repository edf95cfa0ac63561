"""What was asked of Meta, about whom, and what it answered: kept for a month, for support."""
