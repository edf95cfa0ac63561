"""Variables of the environment, whose errors say which one is wrong: the library's only say the value."""

from typing import Any
from urllib.parse import urlsplit

import environ
from django.core.exceptions import ImproperlyConfigured

TRUE_OR_FALSE = {"true", "on", "ok", "y", "yes", "1", "false", "off", "n", "no", "0", ""}
DATABASES = {"postgres", "postgresql", "psql", "sqlite"}
WANTED = {str(int): "a whole number", str(float): "a number", "list": "numbers, comma separated"}
SERVERS_OF_REDIS = {"redis", "rediss", "unix"}


class Environment(environ.Env):  # type: ignore[misc]
    """Raises ImproperlyConfigured with the variable's name, never with what may hold a password."""

    def get_value(self, var: str, cast: Any = None, *given: Any, **options: Any) -> Any:
        text = self.ENVIRON.get(var, "")
        if cast is bool and text.strip().lower() not in TRUE_OR_FALSE:
            raise ImproperlyConfigured(f"{var} must be true or false")
        try:
            return super().get_value(var, cast, *given, **options)
        except (ValueError, OverflowError):
            raise ImproperlyConfigured(f"{var} must be {WANTED.get(str(cast), WANTED['list'])}") from None

    def database(self, var: str, default: str) -> dict[str, Any]:
        """As Django's DATABASES has it."""
        address = self.str(var, default="") or default
        if urlsplit(address).scheme not in DATABASES:
            raise ImproperlyConfigured(f"{var} must be like postgres://user:password@host/gangway")
        found: dict[str, Any] = self.db_url_config(address)
        return found

    def redis(self, var: str) -> str:
        """Empty where there is none."""
        address: str = self.str(var, default="")
        if address and urlsplit(address).scheme not in SERVERS_OF_REDIS:
            raise ImproperlyConfigured(f"{var} must be like redis://host:6379/0")
        return address
