"""A model field that is text in Python and ciphertext in the database."""

from typing import TYPE_CHECKING, Any

from django.db import models

from vault.ciphers import decrypt, encrypt

if TYPE_CHECKING:
    # Generic for the type checker alone.
    TextField = models.TextField[Any, Any]
else:
    TextField = models.TextField


class Sealed(str):
    """A secret that was read from the database: usable as text, silent when printed by accident."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "<sealed>"


class EncryptedTextField(TextField):
    """Text that is encrypted on the way in and opened on the way out. Not searchable."""

    def from_db_value(self, value: str | None, *args: object) -> str | None:
        return None if value is None else Sealed(decrypt(value))

    def get_prep_value(self, value: Any) -> Any:
        return None if value is None else encrypt(str(value))
