"""WABAs on staff's pages: whose, since when, and whether our token still opens them."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from api.times import timestamp
from journal.models import GraphCall
from organizations.admin.acts import confirmed
from organizations.admin.cells import (
    NONE,
    Tone,
    badge,
    copies,
    documents,
    link_to,
    links,
    list_url,
    listed,
    minutes,
    times,
    worded,
)
from organizations.admin.filters import OrganizationFilter
from organizations.admin.rows import RowAdmin, section
from organizations.admin.search import Columns
from organizations.admin.tables import Table
from wabas.credit import revoke_credit
from wabas.models import Waba
from wabas.serializers import WabaOutput
from wabas.tokens import TokenStatus, token_status

phones: Any = Waba._meta.get_field("phones").related_model
TOKEN_TONES = {
    TokenStatus.VALID: Tone.GOOD,
    TokenStatus.EXPIRED: Tone.BAD,
    TokenStatus.INVALID: Tone.BAD,
    TokenStatus.MISSING: Tone.IDLE,
}
# Of which Meta counts the customers who are new.
QUOTA_DAYS = timedelta(days=7)
EXPIRES_SOON, TOLD_BEFORE = timedelta(days=7), timedelta(days=14)
BANS = {
    "": (Tone.GOOD, "in order"),
    "REINSTATE": (Tone.GOOD, "in order again"),
    "SCHEDULE_FOR_DISABLE": (Tone.ASKS, "Meta is going to disable it:"),
    "DISABLE": (Tone.BAD, "disabled by Meta"),
}
HAS_CREDIT = (Waba.CreditLine.SHARED, Waba.CreditLine.VERIFIED)
CREDIT_TONES: dict[str, Tone] = {
    Waba.CreditLine.SHARED: Tone.BUSY,
    Waba.CreditLine.VERIFIED: Tone.GOOD,
    Waba.CreditLine.REVOKED: Tone.IDLE,
}
SUBSCRIBED = {
    True: (Tone.GOOD, "subscribed"),
    False: (Tone.BAD, "not subscribed"),
    None: (Tone.IDLE, "not checked"),
}


TOKEN_FILTERS: Mapping[str, tuple[str, Callable[[datetime], Q]]] = {
    "ending": (
        "Ends within 14 days",
        lambda now: Q(token_expires_at__isnull=False, token_expires_at__lte=now + TOLD_BEFORE),
    ),
    "refused": ("Refused by Meta", lambda _: Q(token_refused_at__isnull=False)),
}


class TokenFilter(admin.SimpleListFilter):
    """Of connected WABAs: the others have none."""

    title, parameter_name = "token", "token"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(name, words) for name, (words, _) in TOKEN_FILTERS.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        chosen = TOKEN_FILTERS.get(self.value() or "")
        rows: Any = queryset
        found: QuerySet[Any] = rows.connected().filter(chosen[1](timezone.now())) if chosen else rows
        return found


class QuotaFilter(admin.SimpleListFilter):
    """WABAs of the businesses that count against Meta's quota now."""

    title, parameter_name = "Meta's quota", "quota"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("new", "Business of the last 7 days")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        rows: Any = queryset
        found: QuerySet[Any] = rows.of_new_businesses(timezone.now() - QUOTA_DAYS) if self.value() else rows
        return found


@admin.register(Waba)
class WabaAdmin(RowAdmin):
    about = "WhatsApp Business Accounts that customers shared with us in a signup."
    list_display = [
        "name_or_id", "meta_waba_id", "numbers", "state", "token", "subscription", "organization_link",
        "created_minute",
    ]  # fmt: skip
    list_filter = [
        TokenFilter,
        QuotaFilter,
        "status",
        "is_subscribed",
        "credit_line_status",
        OrganizationFilter,
        "created_at",
    ]
    list_select_related = ["organization"]
    actions = ["revoke_credit_line"]
    search_fields = ["name", "owner_business_name", "organization__name", "=phones__external_id"]
    search_help_text = "Our id, Meta's id, a phone number in it, externalId, or a name."
    found_by = Columns(
        ids=["pk", "organization_id", "phones__id"],
        numbers=["meta_waba_id", "owner_business_id", "phones__meta_phone_number_id"],
        phones=["phones__phone_number"],
    )
    fieldsets = [
        section(None, "name", "state", "organization_link", "our_id", "meta_id"),
        section(
            "Access", "token", "token_refused", "token_expires", "subscription", "subscription_checked",
            about="The token itself is stored encrypted and shown nowhere.",
        ),
        section(
            "At Meta", "owner_business_name", "owner_business", "account_review_status",
            "business_verification_status", "currency", "timezone_id", "health_document",
        ),
        section(
            "Announced by Meta", "ban", "sending", "violation",
            about="Restrictions stand in the table below. What all this turns off is on the pages of the "
            "numbers.",
        ),
        section(
            "Credit line", "credit", "allocation", "credit_shared", "credit_asked", "credit_failure",
            about="Revoking it hits every WABA of the same business that is shared with us.",
        ),
        section("From the signup", "pages", "datasets", "catalogs", "instagram_accounts", "ad_accounts"),
        section(
            "Times", "created", "connected", "disconnected", "disconnected_by", "check_due", "updated",
            "looked_up",
        ),
    ]  # fmt: skip
    our_id, meta_id = copies("id", "our id"), copies("meta_waba_id", "Meta's id")
    owner_business = copies("owner_business_id", "owner's business id")
    allocation = copies("allocation_config_id", "credit allocation id")
    organization_link = links("organization", "organization", by="organization__name")
    token_expires = times("token_expires_at", "expires")
    token_refused = times("token_refused_at", "refused by Meta")
    subscription_checked = times("subscription_checked_at", "checked")
    credit_shared, credit_asked = times("credit_shared_at", "shared"), times("credit_asked_at", "asked for")
    credit_failure = documents("credit_error", "what went wrong")
    connected, disconnected = times("connected_at", "connected"), times("disconnected_at", "disconnected")
    check_due = times("check_due_at", "next check")
    looked_up = times("looked_up_at", "last looked up")
    created_minute = minutes("created_at", "created")
    created, updated = times("created_at", "created"), times("updated_at", "changed")
    health_document = documents("health", "health at Meta")

    def get_queryset(self, request: HttpRequest) -> QuerySet[Waba]:
        rows: Any = super().get_queryset(request)
        without_token: QuerySet[Waba] = rows.without_token()
        return without_token.prefetch_related(Prefetch("phones", phones.objects.defer("pin", "new_pin")))

    @admin.display(description="WABA", ordering="name")
    def name_or_id(self, waba: Waba) -> str:
        return waba.name or waba.meta_waba_id

    @admin.display(description="numbers")
    def numbers(self, waba: Waba) -> SafeString | str:
        found: Any = waba.phones.all()
        return listed(phone.phone_number for phone in found)

    @admin.display(description="state", ordering="status")
    def state(self, waba: Waba) -> SafeString:
        return badge(Tone.GOOD if waba.is_connected else Tone.BAD, waba.status)

    @admin.display(description="disconnected by")
    def disconnected_by(self, waba: Waba) -> str:
        words = (waba.disconnect_initiated_by, waba.disconnect_reason)
        return ": ".join(worded(word) for word in words if word) or NONE

    @admin.display(description="token")
    def token(self, waba: Waba) -> SafeString:
        now, expires_at = timezone.now(), waba.token_expires_at
        status = token_status(waba, now)
        if status is TokenStatus.VALID and expires_at and expires_at <= now + EXPIRES_SOON:
            return badge(Tone.ASKS, f"expires in {(expires_at - now).days} days")
        return badge(TOKEN_TONES[status], worded(status))

    @admin.display(description="account")
    def ban(self, waba: Waba) -> SafeString:
        tone, words = BANS.get(waba.ban_state or "", (Tone.ASKS, worded(waba.ban_state or "").lower()))
        return badge(tone, f"{words} {waba.ban_date or ''}".strip())

    @admin.display(description="sending")
    def sending(self, waba: Waba) -> SafeString:
        if waba.paused_at is None:
            return badge(Tone.GOOD, "not paused")
        return badge(Tone.ASKS, f"paused since {waba.paused_at:%Y-%m-%d %H:%M}: the owner changes the phone")

    @admin.display(description="last violation")
    def violation(self, waba: Waba) -> str:
        return f"{worded(waba.violation_type)}, {waba.told_at['violation']}" if waba.violation_type else NONE

    @admin.display(description="status", ordering="credit_line_status")
    def credit(self, waba: Waba) -> SafeString:
        status = waba.credit_line_status
        if status is None:
            return badge(Tone.IDLE, "not shared")
        is_left_over = not waba.is_connected and status in HAS_CREDIT
        words = f"{worded(status)}, though the WABA is disconnected" if is_left_over else worded(status)
        return badge(Tone.BAD if is_left_over else CREDIT_TONES.get(status, Tone.BAD), words)

    @admin.display(description="our app", ordering="is_subscribed")
    def subscription(self, waba: Waba) -> SafeString:
        return badge(*SUBSCRIBED[waba.is_subscribed])

    @admin.display(description="Pages")
    def pages(self, waba: Waba) -> SafeString | str:
        return listed(waba.page_ids)

    @admin.display(description="datasets")
    def datasets(self, waba: Waba) -> SafeString | str:
        return listed(waba.dataset_ids)

    @admin.display(description="catalogs")
    def catalogs(self, waba: Waba) -> SafeString | str:
        return listed(waba.catalog_ids)

    @admin.display(description="Instagram accounts")
    def instagram_accounts(self, waba: Waba) -> SafeString | str:
        return listed(waba.instagram_account_ids)

    @admin.display(description="ad accounts")
    def ad_accounts(self, waba: Waba) -> SafeString | str:
        return listed(waba.ad_account_ids)

    @confirmed(
        "Revoke the credit line",
        "Meta takes it from the business that owns the WABA: every WABA of that business that is shared with "
        "us loses it, in other organizations too. Their owners have to pay Meta themselves from then on.",
        calls_out=True,
    )
    def revoke_credit_line(self, waba: Waba) -> None:
        revoke_credit(waba=waba)

    def offers(self, action: str, row: Waba) -> bool:
        return action != "revoke_credit_line" or row.credit_line_status in HAS_CREDIT

    def elsewhere(self, row: Waba) -> list[tuple[str, str]]:
        return [("Calls of Meta", f"{list_url(GraphCall)}?q={row.meta_waba_id}")]

    def tables(self, row: Waba) -> list[Table]:
        numbers: Any = row.phones.all()
        rows = [
            [link_to(phone), phone.display_name, phone.status, phone.external_id, badge(*registered(phone))]
            for phone in numbers
        ]
        columns = ["Number", "Display name", "Status at Meta", "externalId", "Registration"]
        phones_table = Table("Phone numbers", columns, rows, empty="No number of it was connected.")
        return [phones_table, restrictions_table(row)]

    def shown_by_api(self, row: Waba) -> object:
        return WabaOutput(row).data


def registered(phone: Any) -> tuple[Tone, str]:
    return (Tone.GOOD, "registered") if phone.is_registered else (Tone.ASKS, "not registered")


def restrictions_table(waba: Waba) -> Table:
    now = timestamp(timezone.now())
    rows = [
        [
            worded(restriction["type"]),
            restriction["at"],
            restriction["expiresAt"] or "no end",
            badge(*((Tone.BAD, "in force") if is_in_force(restriction, now) else (Tone.IDLE, "ended"))),
            restriction["remediation"],
        ]
        for restriction in waba.restrictions
    ]
    columns = ["Restriction", "Announced", "Until", "State", "What Meta says to do"]
    return Table("Restrictions", columns, rows, empty="Meta announced none.")


def is_in_force(restriction: dict[str, Any], now: str) -> bool:
    return not restriction["expiresAt"] or restriction["expiresAt"] > now
