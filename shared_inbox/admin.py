"""Links to inboxes on staff's pages: what each allows, who has it open, what was done through it."""

from django.contrib import admin
from django.db.models import Count, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.http import HttpRequest
from django.utils import timezone
from django.utils.safestring import SafeString

from organizations.admin.acts import confirmed
from organizations.admin.cells import Tone, badge, copies, link_to, links, listed, minutes, moment, times
from organizations.admin.rows import RowAdmin, section
from organizations.admin.search import Columns
from organizations.admin.tables import Table
from shared_inbox import services
from shared_inbox.models import SharedInboxAction, SharedInboxLink, SharedInboxSession

Status = SharedInboxLink.Status
TONES = {Status.ACTIVE: Tone.GOOD, Status.EXPIRED: Tone.IDLE, Status.REVOKED: Tone.IDLE}
SHOWN_AT_ONCE = 50


@admin.register(SharedInboxLink)
class SharedInboxLinkAdmin(RowAdmin):
    about = "Links that open one phone's inbox to somebody without an API key. The URL itself is not stored."
    list_display = ["name", "state", "phone_link", "open_pages", "used_minute", "created_minute"]
    list_filter = ["revoked_at", "expires_at", "created_at"]
    list_select_related = ["phone"]
    sortable_by = ["name", "used_minute", "created_minute"]
    search_fields = ["name", "phone__phone_number", "phone__display_name", "phone__organization__name"]
    search_help_text = "The link's name, our id, the phone's number or id, or the organization's name."
    found_by = Columns(
        ids=["pk", "phone_id", "phone__organization_id"],
        numbers=["phone__meta_phone_number_id"],
        phones=["phone__phone_number"],
    )
    actions = ["revoke"]
    fieldsets = [
        section(None, "name", "state", "phone_link", "allowed", "open_pages", "our_id"),
        section("Times", "created", "updated", "used", "expires", "rotated", "revoked"),
    ]
    our_id = copies("id", "our id")
    phone_link = links("phone", "phone", by="phone__phone_number")
    used_minute, created_minute = minutes("last_used_at", "used"), minutes("created_at", "created")
    created, updated = times("created_at", "created"), times("updated_at", "changed")
    used, expires = times("last_used_at", "used"), times("expires_at", "expires")
    rotated, revoked = times("rotated_at", "got its URL"), times("revoked_at", "revoked")

    def get_queryset(self, request: HttpRequest) -> QuerySet[SharedInboxLink]:
        opened = SharedInboxSession.objects.filter(link=OuterRef("pk"), expires_at__gt=timezone.now())
        counted = opened.order_by().values("link").annotate(count=Count("pk")).values("count")
        rows: QuerySet[SharedInboxLink] = super().get_queryset(request)
        return rows.annotate(open_count=Coalesce(Subquery(counted), 0)).defer(
            "token_hash", "phone__pin", "phone__new_pin"
        )

    @admin.display(description="state")
    def state(self, link: SharedInboxLink) -> SafeString:
        status = link.status_at(timezone.now())
        return badge(TONES[status], status)

    @admin.display(description="allows")
    def allowed(self, link: SharedInboxLink) -> SafeString | str:
        return listed(name for name, is_allowed in link.permissions.items() if is_allowed)

    @admin.display(description="open in browsers", ordering="open_count")
    def open_pages(self, link: SharedInboxLink) -> int:
        opened: int = vars(link)["open_count"]
        return opened

    def tables(self, row: SharedInboxLink) -> list[Table]:
        done = SharedInboxAction.objects.filter(link=row).select_related("message").defer("message__content")
        return [
            Table(
                "What was done through it",
                ("when", "what", "details", "message", "from", "browser"),
                [
                    (
                        moment(one.at),
                        one.get_kind_display(),
                        one.details,
                        link_to(one.message) if one.message else "",
                        one.address or "",
                        str(one.session_id)[:8],
                    )
                    for one in done[:SHOWN_AT_ONCE]
                ],
                empty="Nobody has opened it yet.",
            )
        ]

    @confirmed("Revoke", "Nobody can open it any more, and who has it open is out at once. For good.")
    def revoke(self, link: SharedInboxLink) -> None:
        services.revoke_link(link=link)
