"""Whose the calls of Graph are that a number makes: for the journal, and so for support."""

from contextlib import AbstractContextManager

from journal.subjects import about
from phones.models import PhoneNumber


def about_phone(phone: PhoneNumber, deed: str) -> AbstractContextManager[None]:
    """`phone` comes with its WABA."""
    return about(
        organization=phone.organization_id,
        waba=phone.waba.meta_waba_id,
        phone=phone.meta_phone_number_id,
        deed=deed,
    )
