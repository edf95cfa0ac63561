"""What drf-spectacular is told: the API document's head, its version, and who finishes it."""

from typing import Any

DESCRIPTION = "Connect your customers' WhatsApp numbers: onboarding links, phones, WABAs and webhooks."


def spectacular_settings(*, server: str) -> dict[str, Any]:
    """SPECTACULAR_SETTINGS of a product that is served at the address `server`."""
    return {
        "TITLE": "Gangway API",
        "DESCRIPTION": DESCRIPTION,
        "VERSION": "1.0.0",
        "SERVE_INCLUDE_SCHEMA": False,
        "SERVE_PUBLIC": True,
        "SERVE_AUTHENTICATION": [],
        "SERVE_PERMISSIONS": [],
        "OAS_VERSION": "3.1.0",
        "SCHEMA_PATH_PREFIX": "/v1",
        "COMPONENT_SPLIT_REQUEST": True,
        "ENUM_ADD_EXPLICIT_BLANK_NULL_CHOICE": False,
        "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
        "SERVERS": [{"url": server}],
        "SWAGGER_UI_DIST": "SIDECAR",
        "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
        "REDOC_DIST": "SIDECAR",
        "POSTPROCESSING_HOOKS": ["api.schema.finish", "webhooks.openapi.add_webhooks"],
    }
