"""Whose the calls of Graph are that a signup makes, or a registered number: for the journal, for support."""

from contextlib import AbstractContextManager

from journal.subjects import about
from onboarding.models import RegisteredNumber, Signup


def about_signup(signup: Signup, deed: str) -> AbstractContextManager[None]:
    """`signup` comes with its link."""
    return about(
        organization=signup.link.organization_id,
        link=signup.link_id,
        signup=signup.pk,
        waba=signup.meta_waba_id or "",
        phone=signup.meta_phone_number_id or "",
        deed=deed,
    )


def about_number(number: RegisteredNumber, deed: str) -> AbstractContextManager[None]:
    return about(organization=number.organization_id, registered_number=number.pk, deed=deed)
