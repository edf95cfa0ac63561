"""Customers' endpoints: where events go, whether they are sent there now, and what came of the newest."""

from datetime import timedelta
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.safestring import SafeString
from django.views.decorators.debug import sensitive_variables

from api.errors import ConflictError
from organizations.admin.acts import confirmed
from organizations.admin.audit import note_act
from organizations.admin.cells import (
    admin_url,
    copies,
    links,
    list_url,
    listed,
    minutes,
    moment,
    times,
    yes_no,
)
from organizations.admin.filters import OrganizationFilter
from organizations.admin.once import OnceForm, Shown
from organizations.admin.rotating import may_rotate
from organizations.admin.rows import RowAdmin, section
from organizations.admin.search import Columns
from organizations.admin.tables import Table
from webhooks import services
from webhooks.admin.rotating import SecretForm, refuse_third_secret, shown
from webhooks.admin.states import deliveries_table, endpoint_badge, newest
from webhooks.models import Delivery, OutgoingWebhook, WebhookLane
from webhooks.redelivery import replay
from webhooks.serializers import OutgoingWebhookOutput


class DeletedError(ConflictError):
    message = "Its owner has deleted it."


class NothingFailedError(ConflictError):
    message = "Nothing has failed there since then that was not sent again."


SINCE = [("1", "the last hour"), ("24", "the last day"), ("72", "the last three days")]


class EndpointStateFilter(admin.SimpleListFilter):
    title, parameter_name = "state", "state"
    states = {
        "active": Q(deleted_at=None, is_active=True),
        "inactive": Q(deleted_at=None, is_active=False, disabled_reason=None),
        "disabled": Q(deleted_at=None, is_active=False, disabled_reason__isnull=False),
        "failing": Q(deleted_at=None, is_active=True, lane__first_failure_at__isnull=False),
        "deleted": Q(deleted_at__isnull=False),
    }

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(state, state.capitalize()) for state in self.states]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        return queryset.filter(self.states.get(self.value() or "", Q()))


@admin.register(OutgoingWebhook)
class OutgoingWebhookAdmin(RowAdmin):
    about = "Endpoints of customers. A secret is shown to its owner once, and never here."
    list_display = ["url", "state", "event_names", "organization_link", "created_minute"]
    list_filter = [EndpointStateFilter, OrganizationFilter, "created_at"]
    list_select_related = ["organization", "waba"]
    search_fields = ["url", "description", "organization__name"]
    search_help_text = "Address, our id, an onboarding link's id, Meta's WABA id, or a name."
    found_by = Columns(
        ids=["pk", "organization_id", "waba_id", "onboarding_links__id"],
        numbers=["waba__meta_waba_id"],
    )
    actions = ["activate", "deactivate", "send_failed_again"]
    fieldsets = [
        section(
            None, "address", "state", "event_names", "organization_link", "waba_link", "description", "our_id"
        ),
        section(
            "Signature", "has_secret", "has_previous_secret", "previous_until",
            about="Secrets are stored encrypted and shown nowhere. After a rotation the earlier one signs "
            "too, for a day.",
        ),
        section("Times", "created", "updated", "disabled", "deleted"),
    ]  # fmt: skip
    our_id, address = copies("id", "our id"), copies("url", "address")
    organization_link, waba_link = (
        links("organization", "organization", by="organization__name"),
        links("waba", "only of WABA"),
    )
    created_minute = minutes("created_at", "created")
    created, updated = times("created_at", "created"), times("updated_at", "changed")
    disabled, deleted = times("disabled_at", "disabled"), times("deleted_at", "deleted")
    previous_until = times("previous_secret_until", "earlier secret signs until")

    @admin.display(description="state", ordering="is_active")
    def state(self, webhook: OutgoingWebhook) -> SafeString:
        return endpoint_badge(webhook)

    @admin.display(description="events")
    def event_names(self, webhook: OutgoingWebhook) -> SafeString | str:
        return listed(webhook.events)

    @admin.display(description="has a secret")
    def has_secret(self, webhook: OutgoingWebhook) -> str:
        return yes_no(webhook.deleted_at is None)

    @admin.display(description="an earlier one signs too")
    def has_previous_secret(self, webhook: OutgoingWebhook) -> str:
        return yes_no(webhook.has_previous_secret(timezone.now()))

    @confirmed(
        "Activate",
        "What was held in the meantime is sent now, and what comes is sent again.",
        permission="support",
    )
    def activate(self, webhook: OutgoingWebhook) -> None:
        switched(webhook, is_active=True)

    @confirmed("Deactivate", "Nothing is sent there; what comes is held for 72 hours.")
    def deactivate(self, webhook: OutgoingWebhook) -> None:
        switched(webhook, is_active=False)

    @confirmed(
        "Send failed ones again",
        "What failed since then is sent once more, one after another, each with the id that it had.",
        permission="support",
        choose=lambda _: SINCE,
    )
    def send_failed_again(self, webhook: OutgoingWebhook, choice: str) -> None:
        since = timezone.now() - timedelta(hours=int(choice))
        if not replay(webhook=webhook, since=since, status=Delivery.State.FAILED):
            raise NothingFailedError

    def offers(self, action: str, row: OutgoingWebhook) -> bool:
        return row.deleted_at is None and row.is_active == (action != "activate")

    def get_urls(self) -> list[URLPattern]:
        rotate = self.admin_site.admin_view(self.rotate)
        here = [path("<path:object_id>/rotate/", rotate, name="webhooks_outgoingwebhook_rotate")]
        return [*here, *super().get_urls()]

    @method_decorator(sensitive_variables())
    def rotate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """A new secret, shown once to whoever made it; the customer gets it from them."""
        webhook = self.get_object(request, object_id)
        if webhook is None or webhook.deleted_at:
            raise Http404
        if not may_rotate(request, self):
            raise PermissionDenied

        def make(given: dict[str, Any]) -> Shown:
            with transaction.atomic():
                refuse_third_secret(webhook.pk, given["grace"])
                note_act(self, request, webhook, "Rotate the secret", given["reason"])
                return shown(services.rotate_secret(webhook=webhook, grace=given["grace"]))

        return OnceForm(
            title="A new secret for this endpoint",
            intro="It signs from now on, and is shown on the next page, once. Hand it to the customer.",
            button="Make the secret",
            form=SecretForm,
            make=make,
            back_url=admin_url(webhook),
        ).answer(request, self)

    def forms(self, request: HttpRequest, row: OutgoingWebhook) -> list[tuple[str, str]]:
        if row.deleted_at or not may_rotate(request, self):
            return []
        return [("Give it a new secret", reverse("admin:webhooks_outgoingwebhook_rotate", args=[row.pk]))]

    def elsewhere(self, row: OutgoingWebhook) -> list[tuple[str, str]]:
        links: Any = OutgoingWebhook.onboarding_links
        return [
            ("All its deliveries", f"{list_url(Delivery)}?q={row.pk}"),
            ("Onboarding links that made it", f"{list_url(links.rel.related_model)}?q={row.pk}"),
        ]

    def tables(self, row: OutgoingWebhook) -> list[Table]:
        found = newest(Delivery.objects.filter(webhook=row))
        return [troubles(row), deliveries_table(found, of=row, empty="Nothing was sent there yet.")]

    def shown_by_api(self, row: OutgoingWebhook) -> object:
        """A deleted one is gone for its owner."""
        return None if row.deleted_at else OutgoingWebhookOutput(row).data


def troubles(webhook: OutgoingWebhook) -> Table:
    """Why an endpoint is disabled, or soon will be."""
    rows = [
        [
            lane.failures,
            moment(lane.first_failure_at),
            moment(lane.last_success_at),
            moment(lane.open_until),
            yes_no(lane.is_slow_at(timezone.now())),
        ]
        for lane in WebhookLane.objects.filter(pk=webhook.pk)
        if not lane.is_calm
    ]
    columns = ["Failures in a row", "Since", "Last success before", "Left alone until", "Slow"]
    return Table("Troubles", columns, rows, empty="It answers as it should.")


def switched(webhook: OutgoingWebhook, *, is_active: bool) -> None:
    if webhook.deleted_at:
        raise DeletedError
    services.update_webhook(webhook=webhook, changes={"is_active": is_active})
