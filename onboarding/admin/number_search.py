"""Finds links by a part of a number that was connected by them, or that one of their signups brought."""

from collections.abc import Iterator

from django.db.models import Q

from phones.models import PhoneNumber

# The numbers are sought first, by themselves: in one query with the links both would be read as a whole.
MOST = 100


def by_number(digits: str) -> Iterator[Q]:
    """Conditions on links."""
    newest = PhoneNumber.objects.filter(phone_number__contains=digits).order_by("-created_at", "-id")
    found = list(newest.values_list("pk", flat=True)[:MOST])
    if found:
        yield from (Q(phone__in=found), Q(signups__phone__in=found))
