"""Phone numbers on staff's pages: what works, what does not and why, and the registrations so far."""

from datetime import datetime
from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from api.errors import ConflictError
from journal.models import GraphCall
from organizations.admin.acts import confirmed
from organizations.admin.cells import (
    Tone,
    badge,
    copies,
    documents,
    links,
    list_url,
    listed,
    minutes,
    moment,
    times,
    worded,
    yes_no,
)
from organizations.admin.filters import OrganizationFilter, by_value
from organizations.admin.rows import RowAdmin, section
from organizations.admin.search import Columns
from organizations.admin.tables import Table
from phones import on_request, services
from phones.disconnecting import REQUESTED, disconnect_phone
from phones.health import assess, sync_status
from phones.models import PhoneNumber
from phones.next_action import next_action
from phones.reasons import Actor, Capability
from phones.registration import Standing, standing
from phones.serializers import PhoneDetailOutput
from wabas.models import Waba

# https://developers.facebook.com/docs/graph-api/reference/whats-app-business-account-to-number-current-status/
STATUSES = (
    "CONNECTED", "PENDING", "UNVERIFIED", "DISCONNECTED", "MIGRATED", "DELETED", "FLAGGED", "RESTRICTED",
    "RATE_LIMITED", "BANNED",
)  # fmt: skip
CAPABILITIES = {
    Capability.CAN_RECEIVE_MESSAGES: "receive",
    Capability.CAN_SEND_MESSAGES: "send",
    Capability.CAN_SEND_TEMPLATES: "send templates",
}


class DisconnectedError(ConflictError):
    message = "It is disconnected already."


class CheckedJustNowError(ConflictError):
    message = "It was checked, or a check was asked for, a moment ago. Try again in two minutes."


class ReadyFilter(admin.SimpleListFilter):
    title, parameter_name = "can send", "ready"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("no", "Not ready")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(pk__in=PhoneNumber.objects.unready()) if self.value() == "no" else queryset


@admin.register(PhoneNumber)
class PhoneNumberAdmin(RowAdmin):
    about = (
        "Numbers that were connected. What works is judged from the last check at Meta, without asking again."
    )
    list_display = [
        "phone_number", "display_name", "works", "registration", "synced_minute", "external_id",
        "organization_link",
    ]  # fmt: skip
    list_filter = [
        ReadyFilter,
        "is_registered",
        "is_coexistence",
        by_value("status", "status at Meta", STATUSES),
        OrganizationFilter,
        "created_at",
    ]
    list_select_related = ["organization"]
    search_fields = ["display_name", "external_id", "waba__name", "organization__name"]
    search_help_text = "Number in any form, our id, Meta's id, externalId, or a name."
    found_by = Columns(
        ids=["pk", "waba_id", "organization_id"],
        numbers=["meta_phone_number_id", "waba__meta_waba_id"],
        phones=["phone_number"],
    )
    actions = ["check_now", "register_now", "disconnect"]
    fieldsets = [
        section(
            None, "phone_number", "display_name", "works", "open_question", "organization_link", "waba_link",
            "external_id", "our_id", "meta_id",
        ),
        section(
            "Told to clients", "told_last", "told_capabilities", "told_warnings",
            about="By phone_number.ready and phone_number.not_ready, as soon as it changes. Nothing is told "
            "before the number's first link is completed.",
        ),
        section(
            "At Meta", "registration", "status", "quality_rating",
            "code_verification_status", "name_status", "platform_type", "throughput_level", "verified_name",
            "pin_kept", "pin_sent", "pin_changed", "health_document",
        ),
        section("Last check", "check_state", "synced", "sync_requested", "sync_failed", "sync_failure"),
        section("The customer's", "metadata_document"),
        section("Times", "created", "onboarded", "disconnected", "disconnect_reason", "updated"),
    ]  # fmt: skip
    pin_sent = times("pin_sent_at", "a PIN of ours was sent")
    pin_changed = times("pin_changed_at", "somebody else changed the PIN")
    our_id, meta_id = copies("id", "our id"), copies("meta_phone_number_id", "Meta's id")
    organization_link = links("organization", "organization", by="organization__name")
    waba_link = links("waba", "WABA", by="waba__name")
    synced_minute = minutes("synced_at", "checked")
    synced, sync_requested = times("synced_at", "checked"), times("sync_requested_at", "asked for")
    sync_failed, sync_failure = times("sync_failed_at", "failed"), documents("sync_error", "Meta said")
    created, updated = times("created_at", "created"), times("updated_at", "changed")
    onboarded, disconnected = times("onboarded_at", "signed up"), times("disconnected_at", "disconnected")
    health_document = documents("health", "health at Meta")
    metadata_document = documents("metadata", "metadata")

    def get_queryset(self, request: HttpRequest) -> QuerySet[PhoneNumber]:
        # By prefetch, so that the WABA's row knows about its token without opening it.
        wabas = Prefetch("waba", Waba.objects.without_token())
        rows: QuerySet[PhoneNumber] = super().get_queryset(request).annotate(has_pin=Q(pin__isnull=False))
        return rows.prefetch_related(wabas)

    @admin.display(description="works")
    def works(self, phone: PhoneNumber) -> SafeString:
        """Everything, or what does not and the first reason."""
        off: dict[str, str] = {}
        for issue in assess(phone, timezone.now()).issues:
            if issue.capability:
                off.setdefault(issue.capability, issue.code)
        if not off:
            return badge(Tone.GOOD, "everything")
        code = next(iter(off.values()))
        if len(off) == len(CAPABILITIES):
            return badge(Tone.IDLE if code == "NOT_CHECKED" else Tone.BAD, f"nothing: {code}")
        words = " or ".join(words for capability, words in CAPABILITIES.items() if capability in off)
        return badge(Tone.ASKS, f"not {words}: {code}")

    @admin.display(description="who has to move")
    def open_question(self, phone: PhoneNumber) -> str:
        action = next_action(assess(phone, timezone.now()))
        return f"{worded(action.actor)}: {action.message}" if action else "Nobody."

    @admin.display(description="since")
    def told_last(self, phone: PhoneNumber) -> SafeString | str:
        return moment(datetime.fromisoformat(phone.announced["at"]) if phone.announced else None)

    @admin.display(description="what works")
    def told_capabilities(self, phone: PhoneNumber) -> SafeString | str:
        able = phone.announced["capabilities"] if phone.announced else {}
        return listed(CAPABILITIES[Capability(name)] for name, is_on in able.items() if is_on)

    @admin.display(description="warnings")
    def told_warnings(self, phone: PhoneNumber) -> SafeString | str:
        return listed(phone.announced["warnings"] if phone.announced else ())

    @admin.display(description="registration", ordering="is_registered")
    def registration(self, phone: PhoneNumber) -> SafeString:
        if phone.is_coexistence:
            return badge(Tone.GOOD, "coexistence")
        return badge(*((Tone.GOOD, "registered") if phone.is_registered else (Tone.ASKS, "not registered")))

    @admin.display(description="has a two-step PIN")
    def pin_kept(self, phone: PhoneNumber) -> str:
        return yes_no(vars(phone)["has_pin"])

    @admin.display(description="state")
    def check_state(self, phone: PhoneNumber) -> SafeString:
        tones = {"fresh": Tone.GOOD, "syncing": Tone.BUSY, "stale": Tone.IDLE}
        state = sync_status(phone, timezone.now())
        return badge(tones[state], state)

    @confirmed(
        "Check at Meta",
        "Reads the number, its WABA and our subscription at Meta, in a moment.",
        permission="support",
    )
    def check_now(self, phone: PhoneNumber) -> None:
        if not services.request_sync(phone=phone):
            raise CheckedJustNowError

    @confirmed(
        "Register again",
        "Puts the number on the Cloud API with the PIN that is kept. Meta allows ten tries in 72 hours: each "
        "counts. A number that works already is left alone.",
        calls_out=True,
    )
    def register_now(self, phone: PhoneNumber) -> None:
        on_request.register_phone(phone=phone)

    @confirmed(
        "Disconnect",
        "The number stops working here and its organization is told; the other numbers of its WABA go on. "
        "At Meta nothing is changed. It comes back by a new onboarding link.",
    )
    def disconnect(self, phone: PhoneNumber) -> None:
        is_done = disconnect_phone(
            phone=phone, reason=REQUESTED, initiated_by=Actor.PLATFORM, at=timezone.now()
        )
        if not is_done:
            raise DisconnectedError

    def offers(self, action: str, row: PhoneNumber) -> bool:
        is_connected = row.disconnected_at is None
        if action == "register_now":
            return is_connected and standing(row) is Standing.NEEDS_REGISTRATION
        return is_connected

    def elsewhere(self, row: PhoneNumber) -> list[tuple[str, str]]:
        return [
            ("Onboarding links of this number", related_list(PhoneNumber.onboarding_links, row)),
            ("Calls of Meta", f"{list_url(GraphCall)}?q={row.meta_phone_number_id}"),
        ]

    def tables(self, row: PhoneNumber) -> list[Table]:
        syncs = [syncs_table(row)] if row.is_coexistence else []
        return [issues_table(row), registrations_table(row), *syncs]

    def shown_by_api(self, row: PhoneNumber) -> object:
        return PhoneDetailOutput(row).data


def related_list(relation: Any, phone: PhoneNumber) -> str:
    return f"{list_url(relation.rel.related_model)}?q={phone.pk}"


def issues_table(phone: PhoneNumber) -> Table:
    """One row a reason, with all that it turns off."""
    turned_off: dict[tuple[str, ...], list[str]] = {}
    for issue in assess(phone, timezone.now()).issues:
        reason = (issue.code, worded(issue.entity), issue.message, issue.solution, worded(issue.actor))
        turned_off.setdefault(reason, []).extend([issue.capability] if issue.capability else [])
    rows = [[*reason, listed(capabilities)] for reason, capabilities in turned_off.items()]
    columns = ["Code", "Of", "What is wrong", "What to do", "Who", "Turns off"]
    return Table("Issues", columns, rows, empty="Nothing is known to be wrong.")


def registrations_table(phone: PhoneNumber) -> Table:
    """The newest calls of Meta's register: ten are allowed in 72 hours."""
    attempts = phone.registration_attempts.all()[:20]
    rows = [[moment(one.made_at), one.made_by, one.outcome or "never learnt"] for one in attempts]
    return Table("Registrations at Meta", ["When", "By", "Outcome"], rows, empty="None was tried.")


def syncs_table(phone: PhoneNumber) -> Table:
    """What was asked for of the WhatsApp Business app: each once, within a day."""
    rows = [
        [sync.get_kind_display(), moment(sync.requested_at), sync.outcome or "never learnt", sync.request_id]
        for sync in phone.coexistence_syncs.all()
    ]
    columns = ["Of", "When", "Outcome", "Meta's id"]
    return Table("Syncs with the WhatsApp Business app", columns, rows, empty="None was asked for.")
