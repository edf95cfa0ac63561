"""Django's backend for PostgreSQL as the tests use it."""
