"""What Meta says is shared with us against what is stored: the differences, and their repair where safe.

Meta's list alone ends no connection, since a token of ours may see less than it should: the customer's own
token has to be refused as well. Nor does it give a WABA to anybody: one that no signup brought is put to
support. A repair may be made twice; a run that was stopped is simply begun again.
"""

from collections.abc import Iterator, Mapping
from contextlib import nullcontext
from dataclasses import dataclass, replace
from enum import StrEnum

from django.conf import settings
from django.utils import timezone

from meta_graph import businesses, wabas
from meta_graph.businesses import SharedWaba as Listed
from meta_graph.client import business_token, system_token
from meta_graph.errors import Cause, GraphError
from onboarding import recovery
from onboarding.models import SharedWaba
from onboarding.outcomes import Actor
from phones.disconnecting import disconnect_waba
from wabas.credit import live_allocations
from wabas.models import Waba
from wabas.services import note_subscription, note_token_refused
from wabas.subjects import about_waba

LOST = frozenset({Cause.TOKEN_INVALID, Cause.PERMISSION_MISSING, Cause.OBJECT_GONE})
NO_LONGER_SHARED, DEED = "NO_LONGER_SHARED", "reconcile"
CREDITED = (Waba.CreditLine.SHARED, Waba.CreditLine.VERIFIED)


Outcome = SharedWaba.Outcome
WHERE: dict[str | None, str] = {
    None: "No signup brought it.",
    Outcome.SEVERAL: "Support has to choose its signup.",
    Outcome.NOBODY: "Support knows of it; no signup fits.",
    Outcome.GIVEN_UP: "Its recovery was given up.",
    Outcome.RECOVERED: "Its signup was recovered, and did not complete.",
}


class Kind(StrEnum):
    """How Meta and our rows differ."""

    UNKNOWN = "unknown"
    NOT_SHARED = "not_shared"
    NOT_LISTED = "not_listed"
    NOT_SUBSCRIBED = "not_subscribed"
    TOKEN_REFUSED = "token_refused"  # noqa: S105 - a name, not a token
    ACCESS_REFUSED = "access_refused"
    OWNER_CHANGED = "owner_changed"
    CREDIT_DIFFERS = "credit_differs"
    NOT_CHECKED = "not_checked"


@dataclass(frozen=True)
class Difference:
    """One difference in plain words, and what was done about it."""

    kind: Kind
    meta_waba_id: str
    said: str
    organization: str | None = None
    repaired: str | None = None


def shared_with_us() -> dict[str, Listed]:
    """Customers' WABAs that are shared with our portfolio, by Meta's id. Raises GraphError."""
    found = businesses.list_client_wabas(business_id=settings.META_BUSINESS_ID, token=system_token())
    return {one.id: one for one in found}


def owned_by_us() -> dict[str, Listed]:
    """Our portfolio's own WABAs: they may be connected, and nobody misses them if not. Raises GraphError."""
    found = businesses.list_owned_wabas(business_id=settings.META_BUSINESS_ID, token=system_token())
    return {one.id: one for one in found}


def unknown(shared: Mapping[str, Listed]) -> Iterator[Difference]:
    """What is shared with us and has no row: its signup was lost, or its row deleted."""
    known = set(Waba.objects.filter(meta_waba_id__in=shared).values_list("meta_waba_id", flat=True))
    told = dict(SharedWaba.objects.filter(meta_waba_id__in=shared).values_list("meta_waba_id", "outcome"))
    for waba_id, listed in shared.items():
        outcome = told.get(waba_id)
        if waba_id in known or outcome in {Outcome.KNOWN, Outcome.WAITING}:
            continue
        yield Difference(Kind.UNKNOWN, waba_id, f"{listed.name or 'It'} is shared with us. {WHERE[outcome]}")


def differences(waba: Waba, listed: Listed | None) -> list[Difference]:
    """How one connected row differs from what Meta says now. `listed`: its entry in Meta's lists, if any."""
    told: list[tuple[Kind, str]] = []
    try:
        with about_waba(waba, DEED, failed_reads_only=True):
            told.extend(found(waba, listed))
    except GraphError as error:
        told.append((Kind.NOT_CHECKED, f"Meta did not answer: {error.cause.lower()}."))
    return [of(waba, kind, said) for kind, said in told]


def of(waba: Waba, kind: Kind, said: str) -> Difference:
    return Difference(kind, waba.meta_waba_id, said, organization=waba.organization.name)


def found(waba: Waba, listed: Listed | None) -> Iterator[tuple[Kind, str]]:
    """Kinds and words. Raises GraphError where Meta gives no answer to conclude from."""
    refusal = None
    try:
        if not is_subscribed(waba):
            yield Kind.NOT_SUBSCRIBED, "Our app is not among its subscribed apps: no message of it arrives."
    except GraphError as error:
        if error.cause not in LOST:
            raise
        refusal = error
    if listed is None and refusal:
        yield Kind.NOT_SHARED, f"It is no longer shared with us, and its token is refused ({refusal.code})."
        return
    if listed is None:
        yield Kind.NOT_LISTED, "Meta does not list it as shared with us, and its token still opens it."
    elif listed.owner_business_id and waba.owner_business_id not in {None, listed.owner_business_id}:
        change = f"from {waba.owner_business_id} to {listed.owner_business_id}"
        yield Kind.OWNER_CHANGED, f"Its owner changed {change}."
    if refusal:
        kind = Kind.TOKEN_REFUSED if refusal.cause is Cause.TOKEN_INVALID else Kind.ACCESS_REFUSED
        yield kind, f"Meta refuses its token ({refusal.code}): the customer has to sign in again."
        return
    yield from credit(waba)


def is_subscribed(waba: Waba) -> bool:
    """Whether our app is among its subscribed apps. Raises GraphError."""
    apps = wabas.list_subscribed_apps(
        waba_id=waba.meta_waba_id, token=business_token(waba.access_token or "")
    )
    return settings.META_APP_ID in {app.id for app in apps}


def credit(waba: Waba) -> Iterator[tuple[Kind, str]]:
    """What is stored of our credit line against what of it the WABA's portfolio has. Raises GraphError."""
    if not settings.META_CREDIT_LINE_ID or not waba.owner_business_id:
        return
    live = {info.id for info in live_allocations(waba.owner_business_id)}
    stored = waba.allocation_config_id if waba.credit_line_status in CREDITED else None
    if stored and stored not in live:
        yield Kind.CREDIT_DIFFERS, f"The credit line is stored as shared ({stored}); Meta has no such share."
    others = Waba.objects.filter(allocation_config_id__in=live).exclude(pk=waba.pk)
    unexplained = live - {stored} - set(others.values_list("allocation_config_id", flat=True))
    if unexplained:
        shown = ", ".join(sorted(unexplained))
        yield Kind.CREDIT_DIFFERS, f"Meta shares the credit line with its owner ({shown}); not stored."


def repaired(difference: Difference, waba: Waba | None, listed: Listed | None) -> Difference:
    """Makes the repair where it is safe, and says which."""
    try:
        with about_waba(waba, DEED, failed_reads_only=True) if waba else nullcontext():
            done = repair(difference, waba, listed)
    except GraphError as error:
        return replace(difference, said=f"{difference.said} The repair failed: {error.cause.lower()}.")
    return replace(difference, repaired=done)


def repair(difference: Difference, waba: Waba | None, listed: Listed | None) -> str | None:
    """What was done; None for what somebody has to look at. Raises GraphError."""
    now = timezone.now()
    match difference.kind:
        case Kind.UNKNOWN if listed:
            owner = listed.owner_business_id
            is_new = recovery.note_found(meta_waba_id=listed.id, owner_business_id=owner, at=now)
            return "put to support" if is_new else None
        case Kind.NOT_SUBSCRIBED if waba:
            token = business_token(waba.access_token or "")
            wabas.subscribe_app(waba_id=waba.meta_waba_id, token=token)
            is_there = is_subscribed(waba)
            note_subscription(waba=waba, is_subscribed=is_there)
            return "subscribed again" if is_there else None
        case Kind.NOT_SHARED if waba:
            disconnect_waba(waba=waba, reason=NO_LONGER_SHARED, initiated_by=Actor.META, at=now)
            return "disconnected"
        case Kind.TOKEN_REFUSED if waba and waba.access_token:
            note_token_refused(waba=waba, token_value=waba.access_token)
            return "noted: its numbers show it as what has to be done"
        case _:
            return None
