"""What `manage.py check --deploy` finds in the settings of an installation, beside Django's own checks.

What is missing altogether stops the start (config/settings.py); here is what starts and should not stay so.
"""

import base64
import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.core import checks

DEVELOPMENT_KEY = "development-only"
SANDBOX_SECRETS = {"META_APP_SECRET", "META_SYSTEM_USER_TOKEN", "META_WEBHOOK_VERIFY_TOKEN"}
FOR_EVERYBODY = ("META_APP_ID", "META_APP_SECRET", "META_CONFIG_ID")
FOR_RECOVERY = ("META_BUSINESS_ID", "META_SYSTEM_USER_ID", "META_SYSTEM_USER_TOKEN")


@dataclass(frozen=True)
class Rule:
    """`finds`: what is wrong, in words without any value; empty where nothing is."""

    id: str
    finds: Callable[[], str]
    hint: str

    @property
    def message(self) -> checks.CheckMessage | None:
        if not (found := self.finds()):
            return None
        kind = checks.Error if self.id.rpartition(".")[2].startswith("E") else checks.Warning
        return kind(found, hint=self.hint, id=self.id)


def when(is_wrong: bool, words: str) -> str:
    return words if is_wrong else ""


def empty(names: tuple[str, ...]) -> str:
    missing = [name for name in names if not getattr(settings, name)]
    return when(bool(missing), f"{', '.join(missing)}: empty")


def public_base_url() -> str:
    return when(urlsplit(settings.PUBLIC_BASE_URL).scheme != "https", "PUBLIC_BASE_URL is not https")


def graph_url() -> str:
    is_wrong = not settings.SANDBOX and urlsplit(settings.META_GRAPH_URL).scheme != "https"
    return when(is_wrong, "META_GRAPH_URL is not https")


def sandbox_secrets() -> str:
    """The sandbox's secrets are in the source: whoever reads it could sign as Meta."""
    if settings.SANDBOX:
        return ""
    names = sorted(n for n in SANDBOX_SECRETS if str(getattr(settings, n)).startswith("sandbox-"))
    return when(bool(names), f"{', '.join(names)}: the sandbox's")


def secret_key() -> str:
    return when(settings.SECRET_KEY.startswith(DEVELOPMENT_KEY), "SECRET_KEY is the one of development")


def keys_of_secret_key() -> str:
    secret: str = settings.SECRET_KEY
    derived = base64.urlsafe_b64encode(hashlib.sha256(secret.encode()).digest()).decode()
    is_wrong = bool({secret, derived} & set(settings.FIELD_ENCRYPTION_KEYS))
    return when(is_wrong, "A key of FIELD_ENCRYPTION_KEYS is SECRET_KEY, or made of it")


def repeated_keys() -> str:
    keys: list[str] = settings.FIELD_ENCRYPTION_KEYS
    return when(len(set(keys)) < len(keys), "FIELD_ENCRYPTION_KEYS holds a key twice")


def database() -> str:
    engine = settings.DATABASES["default"]["ENGINE"]
    return when(not engine.endswith("postgresql"), "DATABASE_URL is not PostgreSQL")


def proxies() -> str:
    is_wrong = settings.TRUSTED_PROXY_COUNT == 0 and not public_base_url()
    return when(is_wrong, "PUBLIC_BASE_URL is https, and TRUSTED_PROXY_COUNT 0")


RULES = (
    Rule("onboarding.E001", public_base_url, "Meta's window and Meta's webhooks work with https only."),
    Rule("onboarding.E002", lambda: empty(FOR_EVERYBODY), "Nobody can sign up without; see .env.example."),
    Rule("onboarding.E003", graph_url, "Tokens would go over the network in clear."),
    Rule("onboarding.E004", sandbox_secrets, "Set those of your app at Meta."),
    Rule(
        "onboarding.W001",
        lambda: when(settings.SANDBOX, "SANDBOX: this is the fake Meta"),
        "Right for a demonstration server. Else unset SANDBOX and SANDBOX_IN_PRODUCTION.",
    ),
    Rule(
        "onboarding.W002",
        lambda: empty(FOR_RECOVERY),
        "A signup whose browser was lost is not found without them; Solution Partners need them for all.",
    ),
    Rule(
        "meta_events.E001",
        lambda: empty(("META_WEBHOOK_VERIFY_TOKEN",)),
        "Meta does not accept the callback without it.",
    ),
    Rule("vault.E001", keys_of_secret_key, "Make one by Fernet.generate_key(); then rotate_encryption_key."),
    Rule("vault.W001", repeated_keys, "Newest first, each once."),
    Rule("backoffice.E001", secret_key, "50 random characters; everybody logs in again."),
    Rule("backoffice.E002", database, "SQLite is for development: one process, one machine."),
    Rule(
        "backoffice.W001",
        proxies,
        "Right where the web server ends TLS itself. Behind a proxy it redirects for ever: set the number.",
    ),
    Rule(
        "backoffice.W002",
        lambda: when("*" in settings.ALLOWED_HOSTS, "ALLOWED_HOSTS takes any host"),
        "Name the hosts; without the variable it is that of PUBLIC_BASE_URL.",
    ),
    Rule(
        "webhooks.W001",
        lambda: when(settings.ALLOW_HTTP_URLS, "ALLOW_HTTP_URLS: customers' events may go in clear"),
        "Unset it.",
    ),
    Rule(
        "webhooks.W002",
        lambda: when(bool(settings.WEBHOOK_ALLOWED_NETWORKS), "WEBHOOK_ALLOWED_NETWORKS is not empty"),
        "Every customer's webhook may reach these private networks. Silence this where it is wanted.",
    ),
)


@checks.register(checks.Tags.security, deploy=True)
def installation(app_configs: Any, **kwargs: Any) -> list[checks.CheckMessage]:
    return [message for rule in RULES if (message := rule.message) is not None]
