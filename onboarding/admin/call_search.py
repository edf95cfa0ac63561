"""Finds links by what is no column of theirs: a part of a number, and their calls of Graph.

Of a call: Meta's trace id, or our id of the request that made it.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from journal.models import GraphCall
from onboarding.admin.number_search import by_number
from organizations.admin.cells import list_url
from organizations.admin.search import Columns, digits_of, token_of

IDS = ("trace_id", "request_id")


def by_calls(term: str) -> Iterator[Q]:
    """Conditions on links, each with its index."""
    if token := token_of(term):
        for column in IDS:
            calls = GraphCall.objects.filter(Q((column, token)), link_id__isnull=False).order_by()
            yield Q(pk__in=calls.values("link_id"))


def of_no_link(term: str) -> Iterator[Q]:
    """Conditions on calls that no link's page shows."""
    if token := token_of(term):
        yield from (Q((column, token), link_id=None) for column in IDS)


def calls_of(subject: UUID | str) -> str:
    """The address of the list of all calls about it: by our id of a link, a signup or a registered number."""
    return f"{list_url(GraphCall)}?q={subject}"


@dataclass(frozen=True)
class LinkColumns(Columns):
    """The columns of links, their numbers and their calls."""

    def conditions(self, term: str) -> Iterator[Q]:
        yield from super().conditions(term)
        if digits := digits_of(term):
            yield from by_number(digits)
        yield from by_calls(term)
