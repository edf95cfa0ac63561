"""WABAs on staff's pages: whose, since when, and whether our token still opens them."""

from typing import Any

from django.contrib import admin
from django.db.models import Prefetch, QuerySet
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from organizations.admin.cells import (
    Tone,
    badge,
    copies,
    documents,
    link_to,
    links,
    listed,
    minutes,
    times,
    worded,
)
from organizations.admin.filters import OrganizationFilter
from organizations.admin.rows import RowAdmin, section
from organizations.admin.search import Columns
from organizations.admin.tables import Table
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
SUBSCRIBED = {
    True: (Tone.GOOD, "subscribed"),
    False: (Tone.BAD, "not subscribed"),
    None: (Tone.IDLE, "not checked"),
}


@admin.register(Waba)
class WabaAdmin(RowAdmin):
    about = "WhatsApp Business Accounts that customers shared with us in a signup."
    list_display = [
        "name_or_id", "meta_waba_id", "numbers", "state", "token", "subscription", "organization_link",
        "created_minute",
    ]  # fmt: skip
    list_filter = ["status", "is_subscribed", OrganizationFilter, "created_at"]
    list_select_related = ["organization"]
    search_fields = ["name", "owner_business_name", "organization__name", "phones__external_id"]
    search_help_text = "Our id, Meta's id, a phone number in it, externalId, or a name."
    found_by = Columns(
        ids=["pk", "organization_id", "phones__id"],
        numbers=["meta_waba_id", "owner_business_id", "phones__meta_phone_number_id"],
        phones=["phones__phone_number"],
    )
    fieldsets = [
        section(None, "name", "state", "disconnect_reason", "organization_link", "our_id", "meta_id"),
        section(
            "Access", "token", "token_refused", "token_expires", "subscription", "subscription_checked",
            about="The token itself is stored encrypted and shown nowhere.",
        ),
        section(
            "At Meta", "owner_business_name", "owner_business", "account_review_status",
            "business_verification_status", "currency", "timezone_id", "credit_line_status", "allocation",
            "credit_shared", "health_document",
        ),
        section("From the signup", "pages", "datasets", "catalogs", "instagram_accounts", "ad_accounts"),
        section("Times", "created", "updated", "looked_up"),
    ]  # fmt: skip
    our_id, meta_id = copies("id", "our id"), copies("meta_waba_id", "Meta's id")
    owner_business = copies("owner_business_id", "owner's business id")
    allocation = copies("allocation_config_id", "credit allocation id")
    organization_link = links("organization", "organization", by="organization__name")
    token_expires = times("token_expires_at", "expires")
    token_refused = times("token_refused_at", "refused by Meta")
    subscription_checked = times("subscription_checked_at", "checked")
    credit_shared = times("credit_shared_at", "credit shared")
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

    @admin.display(description="token")
    def token(self, waba: Waba) -> SafeString:
        status = token_status(waba, timezone.now())
        return badge(TOKEN_TONES[status], worded(status))

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

    def tables(self, row: Waba) -> list[Table]:
        numbers: Any = row.phones.all()
        rows = [
            [link_to(phone), phone.display_name, phone.status, phone.external_id, badge(*registered(phone))]
            for phone in numbers
        ]
        columns = ["Number", "Display name", "Status at Meta", "externalId", "Registration"]
        return [Table("Phone numbers", columns, rows, empty="No number of it was connected.")]

    def shown_by_api(self, row: Waba) -> object:
        return WabaOutput(row).data


def registered(phone: Any) -> tuple[Tone, str]:
    return (Tone.GOOD, "registered") if phone.is_registered else (Tone.ASKS, "not registered")
