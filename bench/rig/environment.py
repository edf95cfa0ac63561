"""The environment of the product's processes in a measurement: production's, on this machine."""

from pathlib import Path

from django.conf import settings

# Endpoints are on loopback, without a certificate.
RECEIVER_HERE = {"ALLOW_HTTP_URLS": "true", "WEBHOOK_ALLOWED_NETWORKS": "127.0.0.0/8"}


def production(folder: Path, database_url: str) -> dict[str, str]:
    """`folder`: where the processes may write."""
    return {
        "READ_DOT_ENV": "false",
        "SECRET_KEY": "a-key-of-the-measurement-alone-0123456789-abcdefghijklmnop",
        "FIELD_ENCRYPTION_KEYS": ",".join(settings.FIELD_ENCRYPTION_KEYS),
        "DATABASE_URL": database_url,
        "REDIS_URL": settings.REDIS_URL,
        "PUBLIC_BASE_URL": "http://connect.example.com",
        "ALLOWED_HOSTS": "127.0.0.1",
        "DATA_DIR": str(folder),
    }
