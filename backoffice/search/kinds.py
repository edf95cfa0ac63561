"""What the search box finds, and by which columns: first whole, by an index; then the rest."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from django.db.models import Model, Q

from inbox.models import Contact
from journal.models import GraphCall
from onboarding.admin.call_search import by_calls, of_no_link
from onboarding.models import OnboardingLink, RegisteredNumber, SharedWaba
from organizations.admin.search import Columns, digits_of, token_of
from organizations.models import Organization
from phones.models import PhoneNumber
from wabas.models import Waba
from webhooks.models import Delivery, Event, OutgoingWebhook

# Fewer digits are in every other number.
LEAST_DIGITS = 4


def nothing_more(term: str) -> Iterable[Q]:
    return ()


@dataclass(frozen=True)
class Kind:
    """`exact`: found whole. `words`: found in part; `traces`: tokens that no index has. `only`: of which.

    `more`: conditions of the first look that no column of its own says.
    """

    model: type[Model]
    exact: Columns
    words: Sequence[str] = ()
    traces: Sequence[str] = ()
    more: Callable[[str], Iterable[Q]] = nothing_more
    only: Q = field(default_factory=Q)

    def whole(self, term: str) -> list[Q]:
        """Conditions of the first look; a number is compared in international form."""
        columns, digits = self.exact, digits_of(term)
        numbers = [Q((path, f"+{digits}")) for path in columns.phones] if digits else []
        rest = Columns(ids=columns.ids, numbers=columns.numbers, tokens=columns.tokens)
        return [*rest.conditions(term), *numbers, *self.more(term)]

    def partial(self, term: str) -> Iterator[Q]:
        """Conditions of the second look, where the first has found nothing of any kind."""
        digits, token = digits_of(term), token_of(term)
        # Written as it is dialled within a country, a number begins with a zero that it does not have.
        digits = digits.lstrip("0") if digits else None
        if digits and len(digits) >= LEAST_DIGITS:
            yield from (Q((f"{path}__contains", digits)) for path in self.exact.phones)
        if token:
            yield from (Q((path, token)) for path in self.traces)
        yield from (Q((f"{path}__icontains", term)) for path in self.words)


KINDS = (
    Kind(
        OnboardingLink,
        Columns(
            ids=["pk", "signups__id"],
            phones=["phone__phone_number", "expected_phone_number", "signups__phone__phone_number"],
            tokens=["external_id"],
        ),
        words=["name"],
        traces=[
            "signups__session__session_id", "signups__error__meta__traceId",
            "signups__steps__error__meta__traceId", "signups__request_id",
        ],
        more=by_calls,
    ),
    Kind(
        PhoneNumber,
        Columns(
            ids=["pk"], numbers=["meta_phone_number_id"], phones=["phone_number"], tokens=["external_id"]
        ),
        words=["display_name"],
    ),
    Kind(GraphCall, Columns(), more=of_no_link),
    Kind(RegisteredNumber, Columns(ids=["pk"], numbers=["meta_preverified_id"], phones=["phone_number"])),
    Kind(Waba, Columns(ids=["pk"], numbers=["meta_waba_id", "owner_business_id"]), words=["name"]),
    Kind(
        SharedWaba,
        Columns(numbers=["meta_waba_id", "owner_business_id"]),
        only=Q(outcome__in=[SharedWaba.Outcome.SEVERAL, SharedWaba.Outcome.NOBODY]),
    ),
    Kind(Organization, Columns(ids=["pk"]), words=["name"]),
    Kind(OutgoingWebhook, Columns(ids=["pk"]), words=["url"]),
    Kind(Delivery, Columns(ids=["pk"])),
    Kind(Event, Columns(tokens=["pk"])),
    Kind(
        Contact,
        Columns(ids=["pk"], numbers=["wa_id", "phone_number"], tokens=["identifier", "bsuid"]),
        words=["name"],
    ),
)  # fmt: skip
