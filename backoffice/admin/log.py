"""What staff did: who, when, to which row of whom, why, and what came of it. Nothing of it can be changed."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth import get_user_model
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from organizations.admin.cells import NONE, Tone, badge, copies, links, minutes, times
from organizations.admin.filters import by_organization, by_value
from organizations.admin.rows import RowAdmin, section
from organizations.admin.search import Columns
from organizations.models import StaffAction

Outcome = StaffAction.Outcome
TONES = {Outcome.ASKED: Tone.ASKS, Outcome.DONE: Tone.GOOD, Outcome.REFUSED: Tone.BAD}
SHOWN = 30


class PersonFilter(admin.SimpleListFilter):
    title, parameter_name = "person", "person"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        staff = get_user_model().objects.filter(is_staff=True).order_by("username")[:SHOWN]
        return [(str(user.pk), user.get_username()) for user in staff]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        value = self.value() or ""
        return queryset.filter(user_id=value) if value.isdecimal() else queryset


@admin.register(LogEntry)
class LogEntryAdmin(RowAdmin):
    about = (
        "What staff did, newest first. Nobody can change or delete a line; whoever has one can be made "
        "inactive, and not be deleted."
    )
    list_display = ["at_minute", "user", "said", "row", "organization_link", "outcome", "reason"]
    list_filter = [
        PersonFilter,
        by_value("staff_action__outcome", "outcome", Outcome.values),
        by_organization("staff_action__organization"),
        "action_time",
    ]
    list_select_related = ["user", "content_type", "staff_action__organization"]
    search_fields = ["user__username", "object_repr", "staff_action__reason", "change_message"]
    search_help_text = "A person, a row's id or name, a word of the reason, an organization's id."
    found_by = Columns(ids=["object_id", "staff_action__organization_id"], tokens=["object_id"])
    ordering = ["-id"]
    fieldsets = [
        section(
            None, "at", "user", "said", "row", "row_id", "organization_link", "outcome", "reason", "refusal"
        ),
    ]
    at_minute, at = minutes("action_time", "when"), times("action_time", "when")
    row_id = copies("object_id", "the row's id")
    organization_link = links("staff_action.organization", "organization")

    def has_operate_permission(self, request: HttpRequest) -> bool:
        """There is nothing to operate."""
        return False

    @admin.display(description="what")
    def said(self, entry: LogEntry) -> str:
        words = entry.get_change_message().partition(" Reason: ")[0]
        return words or f"{entry.get_action_flag_display()}."

    @admin.display(description="row")
    def row(self, entry: LogEntry) -> SafeString | str:
        kind = entry.content_type.name if entry.content_type else ""
        url = None if entry.is_deletion() else entry.get_admin_url()
        if not url:
            return f"{kind} {entry.object_repr}"
        return format_html('{} <a href="{}">{}</a>', kind, url, entry.object_repr)

    @admin.display(description="outcome")
    def outcome(self, entry: LogEntry) -> SafeString | str:
        noted = noted_of(entry)
        return badge(TONES[Outcome(noted.outcome)], noted.outcome) if noted else NONE

    @admin.display(description="reason")
    def reason(self, entry: LogEntry) -> str:
        noted = noted_of(entry)
        return noted.reason if noted and noted.reason else NONE

    @admin.display(description="why not")
    def refusal(self, entry: LogEntry) -> str:
        noted = noted_of(entry)
        return noted.refusal if noted and noted.refusal else NONE


def noted_of(entry: LogEntry) -> StaffAction | None:
    """Django's own lines, such as of users, have nothing beside them."""
    found: StaffAction | None = getattr(entry, "staff_action", None)
    return found
