"""The log of what staff did: Django's line, and beside it whose row it was, why, and what came of it."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.http import HttpRequest

from api.errors import ApiError, of_graph
from meta_graph.errors import GraphError
from organizations.admin.filters import OrganizationFilter
from organizations.models import Organization, StaffAction

if TYPE_CHECKING:
    from organizations.admin.rows import RowAdmin

LONGEST = 500
# Between what was done and why.
REASON = ". Reason: "
Outcome = StaffAction.Outcome


def note(
    entry: LogEntry, organization: Organization | None, *, reason: str = "", outcome: Outcome = Outcome.DONE
) -> StaffAction:
    return StaffAction.objects.create(entry=entry, organization=organization, reason=reason, outcome=outcome)


def note_act(
    model_admin: "RowAdmin",
    request: HttpRequest,
    row: Any,
    label: str,
    reason: str,
    *,
    outcome: Outcome = Outcome.DONE,
    deletes: bool = False,
    adds: bool = False,
) -> StaffAction:
    """One act on one row, with the reason that was given."""
    organization = organization_of(model_admin, row)
    if deletes:
        entry = deletion_of(model_admin, request, row)
    else:
        write = admin.ModelAdmin.log_addition if adds else admin.ModelAdmin.log_change
        entry = write(model_admin, request, row, f"{label}{REASON}{reason}")
    return note(entry, organization, reason=reason, outcome=outcome)


def note_refusal(noted: StaffAction, refusal: str) -> None:
    """What was asked for was not done."""
    noted.outcome, noted.refusal = Outcome.REFUSED, refusal[:LONGEST]
    noted.save(update_fields=["outcome", "refusal"])
    label = noted.entry.get_change_message().partition(REASON)[0]
    words = f"{label}: not done. {refusal} Reason: {noted.reason}"
    LogEntry.objects.filter(pk=noted.pk).update(change_message=words)


@contextmanager
def settled(noted: Sequence[StaffAction]) -> Iterator[None]:
    """Around what asks somebody else: how it ended is in the lines that were written before."""
    try:
        yield
    except (ApiError, GraphError) as failure:
        refused = of_graph(failure) if isinstance(failure, GraphError) else failure
        for one in noted:
            note_refusal(one, str(refused))
        raise
    for one in noted:
        note_done(one)


def note_done(noted: StaffAction) -> None:
    noted.outcome = Outcome.DONE
    noted.save(update_fields=["outcome"])


def deletion_of(model_admin: "RowAdmin", request: HttpRequest, row: Any) -> LogEntry:
    rows = model_admin.model._base_manager.filter(pk=row.pk)
    model_admin.log_deletions(request, rows)
    entry = LogEntry.objects.filter(object_id=str(row.pk)).order_by("-pk").first()
    if entry is None:
        raise LookupError(f"No line was written for {row.pk}")
    return entry


def organization_of(model_admin: "RowAdmin", row: Any) -> Organization | None:
    """Whose row it is, by the path that its list is narrowed with."""
    if isinstance(row, Organization):
        return row
    found: Any = row
    path = model_admin.organization_path or narrowed_by(model_admin)
    for name in path.split("__") if path else ():
        found = getattr(found, name, None)
    return found if isinstance(found, Organization) else None


def narrowed_by(model_admin: "RowAdmin") -> str:
    filters = (one for one in model_admin.list_filter if isinstance(one, type))
    return next((one.path for one in filters if issubclass(one, OrganizationFilter)), "")
