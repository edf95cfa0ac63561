"""Calls of Graph, one by one: what was asked of Meta, and what it answered."""

from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.safestring import SafeString

from journal.models import GraphCall
from onboarding.models import OnboardingLink
from organizations.admin.cells import (
    NONE,
    Tone,
    admin_url,
    badge,
    copies,
    documents,
    links,
    minutes,
    times,
    worded,
)
from organizations.admin.filters import by_organization, by_value
from organizations.admin.rows import RowAdmin, section
from organizations.admin.search import Columns

TOKENS = {"BIZ": "the customer's", "SYS": "our system user's", "APP": "our app's"}


class OutcomeFilter(admin.SimpleListFilter):
    title, parameter_name = "outcome", "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("failed", "Failed"), ("ok", "Went well")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        match self.value():
            case "ok":
                return queryset.filter(outcome="ok")
            case "failed":
                return queryset.exclude(outcome="ok")
        return queryset


@admin.register(GraphCall)
class GraphCallAdmin(RowAdmin):
    about = (
        "What we asked of Meta for signups, numbers and accounts, without secrets, kept for some weeks. "
        "Messages are not among them, nor reads of hourly checks and of lists that go well."
    )
    list_display = [
        "made_minute",
        "call",
        "outcome_badge",
        "meta_code",
        "deed",
        "trace_id",
        "organization_link",
    ]
    list_filter = [
        OutcomeFilter,
        by_value("token_kind", "token", TOKENS),
        by_organization("organization"),
        "made_at",
    ]
    list_select_related = ["organization"]
    search_help_text = (
        "Meta's trace id, a request id, our id of a link, a signup or a registered number, Meta's id of a "
        "WABA or number."
    )
    search_fields = ["=trace_id"]
    # Of half a million rows, by what has an index.
    sortable_by = ["made_minute"]
    found_by = Columns(
        ids=["link_id", "signup_id", "registered_number_id"],
        numbers=["meta_waba_id", "meta_phone_number_id"],
        tokens=["request_id"],
    )
    fieldsets = [
        section(None, "call", "outcome_badge", "meta_code", "trace", "made", "took", "status", "whose_token"),
        section(
            "About", "deed", "link", "organization_link", "signup", "waba", "phone", "registered_number",
            "request_of_ours",
        ),
        section("Asked", "method", "path", "request_document"),
        section("Answered", "answer_document", about="Cut to 2 KiB. What is secret is not even stored."),
    ]  # fmt: skip
    made_minute, made = minutes("made_at", "made"), times("made_at", "made")
    trace, request_of_ours = copies("trace_id", "Meta's trace id"), copies("request_id", "request id")
    signup, waba = copies("signup_id", "signup id"), copies("meta_waba_id", "WABA at Meta")
    phone = copies("meta_phone_number_id", "number at Meta")
    registered_number = copies("registered_number_id", "registered number")
    organization_link = links("organization", "organization", by="organization__name")
    request_document, answer_document = documents("request", "request"), documents("answer", "answer")

    def get_queryset(self, request: HttpRequest) -> QuerySet[GraphCall]:
        rows: QuerySet[GraphCall] = super().get_queryset(request)
        is_list = getattr(request.resolver_match, "url_name", "") == "journal_graphcall_changelist"
        return rows.defer("request", "answer") if is_list else rows

    @admin.display(description="outcome", ordering="outcome")
    def outcome_badge(self, call: GraphCall) -> SafeString:
        return badge(Tone.GOOD if call.is_ok else Tone.BAD, worded(call.outcome))

    @admin.display(description="Meta's code")
    def meta_code(self, call: GraphCall) -> str:
        return "/".join(str(one) for one in (call.code, call.subcode) if one is not None) or NONE

    @admin.display(description="took")
    def took(self, call: GraphCall) -> str:
        return f"{call.ms} ms"

    @admin.display(description="HTTP status")
    def status(self, call: GraphCall) -> str:
        return str(call.http_status or "no answer")

    @admin.display(description="token")
    def whose_token(self, call: GraphCall) -> str:
        return TOKENS.get(call.token_kind, "none")

    @admin.display(description="link")
    def link(self, call: GraphCall) -> SafeString | str:
        """It may be gone: its page says so then."""
        if call.link_id is None:
            return NONE
        url = admin_url(OnboardingLink(pk=call.link_id))
        return format_html('<a href="{}">open</a> <code data-copy>{}</code>', url, call.link_id)
