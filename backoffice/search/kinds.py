"""What the search box finds, and by which columns: first whole, by an index; then the rest."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from django.db.models import Model, Q

from inbox.models import Contact
from journal.models import GraphCall
from onboarding.admin.call_search import by_calls, of_no_link
from onboarding.admin.number_search import by_number
from onboarding.models import OnboardingLink, RegisteredNumber, SharedWaba
from organizations.admin.search import Columns, digits_of, our_id_of
from organizations.models import Organization
from phones.models import PhoneNumber
from wabas.models import Waba
from webhooks.models import Delivery, Event, OutgoingWebhook

# Fewer digits are in every other number.
LEAST_DIGITS = 4
# So many digits are a number, and in no name.
NO_NAME = 7


def nothing_more(term: str) -> Iterable[Q]:
    return ()


@dataclass(frozen=True)
class Kind:
    """`exact`: found whole, its own `phones` in part too. `words`: found in part. `only`: of which.

    `more`: conditions of the first look that no column of its own says; `in_part`: of the second.
    """

    model: type[Model]
    exact: Columns
    words: Sequence[str] = ()
    more: Callable[[str], Iterable[Q]] = nothing_more
    in_part: Callable[[str], Iterable[Q]] = nothing_more
    only: Q = field(default_factory=Q)

    def whole(self, term: str) -> list[Q]:
        """Conditions of the first look; a number is compared in international form."""
        columns, digits = self.exact, digits_of(term)
        numbers = [Q((path, f"+{digits}")) for path in columns.phones] if digits else []
        rest = Columns(ids=columns.ids, numbers=columns.numbers, tokens=columns.tokens)
        return [*rest.conditions(term), *numbers, *self.more(term)]

    def partial(self, term: str) -> Iterator[Q]:
        """Conditions of the second look, where the first has found nothing of any kind."""
        # Written as it is dialled within a country, a number begins with a zero that it does not have.
        digits = (digits_of(term) or "").lstrip("0")
        if len(digits) >= LEAST_DIGITS:
            own = (path for path in self.exact.phones if "__" not in path)
            yield from (Q((f"{path}__contains", digits)) for path in own)
            yield from self.in_part(digits)
        if not our_id_of(term) and len(digits) < NO_NAME:
            yield from (Q((f"{path}__icontains", term)) for path in self.words)


KINDS = (
    Kind(
        OnboardingLink,
        Columns(
            ids=["pk", "signups__id"],
            phones=["phone__phone_number", "expected_phone_number", "signups__phone__phone_number"],
            tokens=[
                "external_id", "signups__session__session_id", "signups__error__meta__traceId",
                "signups__steps__error__meta__traceId", "signups__request_id",
            ],
        ),
        words=["name"],
        more=by_calls,
        in_part=by_number,
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
    Kind(OutgoingWebhook, Columns(ids=["pk"], tokens=["url"]), words=["url"]),
    Kind(Delivery, Columns(ids=["pk"])),
    Kind(Event, Columns(tokens=["pk"])),
    Kind(
        Contact,
        Columns(ids=["pk"], numbers=["wa_id", "phone_number"], tokens=["identifier", "bsuid"]),
    ),
)  # fmt: skip
