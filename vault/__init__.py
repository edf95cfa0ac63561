"""Encrypted fields: what must be read again later is never in clear in the database."""
