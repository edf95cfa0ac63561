"""Encryption with the keys of FIELD_ENCRYPTION_KEYS: the newest writes, all of them read."""

from functools import cache

from cryptography.fernet import Fernet, InvalidToken, MultiFernet
from django.conf import settings


class UndecipherableError(Exception):
    """A stored secret that none of the keys opens."""


@cache
def cipher_of(keys: tuple[str, ...]) -> MultiFernet:
    return MultiFernet([Fernet(key) for key in keys])


def cipher() -> MultiFernet:
    return cipher_of(tuple(settings.FIELD_ENCRYPTION_KEYS))


def encrypt(clear: str) -> str:
    return cipher().encrypt(clear.encode()).decode()


def decrypt(sealed: str) -> str:
    """Raises UndecipherableError, which never carries the value."""
    try:
        return cipher().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise UndecipherableError("none of FIELD_ENCRYPTION_KEYS opens this value") from None
