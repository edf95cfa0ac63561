"""An account that a link brought and another organization has: who loses what when it is released."""

from collections.abc import Iterator
from typing import Any

from onboarding.models import OnboardingLink
from onboarding.releasing import in_use_elsewhere, waits_for_release
from phones.admin.accounts import connected_numbers


def losers(link: OnboardingLink) -> Iterator[Any]:
    """The account and its numbers, as rows of the organization that has them now."""
    waba = in_use_elsewhere(link)
    if waba:
        yield waba
        yield from connected_numbers(waba)


def release_in_words(links: list[OnboardingLink]) -> str:
    """What the question says: who loses what, and what the link gets."""
    return " ".join([*filter(None, map(loss_in_words, links)), ASKED])


def loss_in_words(link: OnboardingLink) -> str:
    waba = in_use_elsewhere(link)
    if waba is None:
        return ""
    if not waits_for_release(link):
        return f"The link “{link}” of “{link.organization}” could not go on by it: nothing is released."
    numbers = ", ".join(phone.phone_number for phone in connected_numbers(waba)) or "no number"
    return (
        f"“{waba.organization}” loses the account “{waba}” with {numbers}: it stops working there, and "
        f"they are told. The link “{link}” of “{link.organization}” then goes on without the end-user."
    )


ASKED = (
    "Only after both companies have agreed in writing: put the ticket into the reason. It stands in the log "
    "of both."
)
