"""Organizations: who they are, what is theirs, and whether they are let in."""

from typing import Any

from django.contrib import admin
from django.contrib.admin.utils import unquote
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.utils.safestring import SafeString
from django.utils.text import capfirst

from api.errors import ConflictError
from organizations import services
from organizations.admin.acts import confirmed
from organizations.admin.api_keys import keys_table
from organizations.admin.branding import NewOrganizationForm, OrganizationForm, checked, logo_cell
from organizations.admin.cells import NONE, Tone, badge, copies, list_url, minutes, times
from organizations.admin.filters import OrganizationFilter
from organizations.admin.index import ORDER
from organizations.admin.rows import RowAdmin, section
from organizations.admin.search import Columns
from organizations.admin.tables import Table
from organizations.branding.changing import change_organization
from organizations.branding.logos import LogoError, fetched_logo
from organizations.branding.serializers import OrganizationOutput
from organizations.models import Organization


class NoLogoError(ConflictError):
    message = "It has no logo."


class SuspendedFilter(admin.SimpleListFilter):
    title, parameter_name = "state", "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("active", "Active"), ("suspended", "Suspended")]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        states = {"active": Q(suspended_at=None), "suspended": Q(suspended_at__isnull=False)}
        return queryset.filter(states.get(self.value() or "", Q()))


@admin.register(Organization)
class OrganizationAdmin(RowAdmin):
    about = "Your customers. Each has its own API keys and sees its own rows only."
    list_display = ["name", "state", "created_minute"]
    list_filter = [SuspendedFilter, "created_at"]
    search_fields = ["name"]
    found_by = Columns(ids=["pk"])
    ordering = ["-created_at", "-id"]
    actions = ["suspend", "unsuspend", "fetch_logo_again"]
    fieldsets = [
        section(None, "name"),
        section("State", "state", "suspended", "our_id", "created"),
        section(
            "Branding",
            "logo_shown",
            "logo_url",
            "welcome_message",
            "button_text",
            "success_message",
            "failure_message",
            about="On the hosted pages of links that have none of their own.",
        ),
    ]
    readonly_fields = ["state", "suspended", "our_id", "created", "logo_shown"]
    our_id = copies("id", "our id")
    created_minute = minutes("created_at", "created")
    created = times("created_at", "created")
    suspended = times("suspended_at", "suspended since")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return admin.ModelAdmin.has_add_permission(self, request)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return admin.ModelAdmin.has_change_permission(self, request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        return super().get_queryset(request).select_related("logo").defer("logo__content")

    def changeform_view(
        self, request: HttpRequest, object_id: str | None = None, *args: Any, **kwargs: Any
    ) -> HttpResponse:
        """The body is checked first: a logo may be fetched, and Django's view is one transaction."""
        row = self.get_object(request, unquote(object_id)) if object_id else None
        if request.method == "POST" and row and self.has_change_permission(request, row):
            request.checked_branding = checked(request.POST, row)  # type: ignore[attr-defined]
        return super().changeform_view(request, object_id, *args, **kwargs)

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        if obj is not None:
            given = {"checked": getattr(request, "checked_branding", None)}
            kwargs["form"] = type("OrganizationForm", (OrganizationForm,), given)
        else:
            kwargs["form"] = NewOrganizationForm
        return super().get_form(request, obj, change, **kwargs)

    def save_model(self, request: HttpRequest, obj: Organization, form: Any, change: bool) -> None:
        if change:
            change_organization(organization=obj, changes=form.changes)
        else:
            obj.pk = services.create_organization(name=obj.name).pk

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        return self.fieldsets if obj else self.fieldsets[:1]

    @admin.display(description="state", ordering="suspended_at")
    def state(self, organization: Organization) -> SafeString:
        if organization.is_suspended:
            return badge(Tone.BAD, "suspended")
        return badge(Tone.GOOD, "active")

    @admin.display(description="logo")
    def logo_shown(self, organization: Organization) -> SafeString | str:
        return logo_cell(organization)

    @admin.display(description="logo's URL")
    def logo_url(self, organization: Organization) -> str:
        """For staff who may only look."""
        return organization.logo.source_url if organization.logo else NONE

    @confirmed(
        "Suspend",
        "Every call with a key of theirs is refused with 403, from the next one on; the pages of their links "
        "and shared inboxes are not found. What Meta sends is stored, and their webhooks go on.",
    )
    def suspend(self, organization: Organization) -> None:
        services.suspend_organization(organization=organization)

    @confirmed("Let in again", "Their keys work again, from the next call on, and so do the pages.")
    def unsuspend(self, organization: Organization) -> None:
        services.unsuspend_organization(organization=organization)

    @confirmed(
        "Fetch the logo again",
        "Its URL is asked now, and what is there is shown from then on.",
        calls_out=True,
    )
    def fetch_logo_again(self, organization: Organization) -> None:
        if organization.logo is None:
            raise NoLogoError
        try:
            picture = fetched_logo(organization=organization, url=organization.logo.source_url)
        except LogoError as refused:
            raise ConflictError(refused.message) from None
        change_organization(organization=organization, changes={"picture": picture})

    def offers(self, action: str, row: Organization) -> bool:
        if action == "fetch_logo_again":
            return row.logo is not None
        return row.is_suspended == (action == "unsuspend")

    def shown_by_api(self, row: Organization) -> object:
        return OrganizationOutput(row).data

    def elsewhere(self, row: Organization) -> list[tuple[str, str]]:
        """Every list that can be narrowed to one organization, whichever app it is of."""
        lists = [model for model, registered in self.admin_site._registry.items() if is_narrowed(registered)]
        lists.sort(key=lambda model: ORDER.index(model.__name__) if model.__name__ in ORDER else len(ORDER))
        return [
            (str(capfirst(model._meta.verbose_name_plural)), f"{list_url(model)}?organization={row.pk}")
            for model in lists
        ]

    def tables(self, row: Organization) -> list[Table]:
        return [keys_table(row)]


def is_narrowed(registered: "admin.ModelAdmin[Any]") -> bool:
    return any(
        isinstance(one, type) and issubclass(one, OrganizationFilter) for one in registered.list_filter
    )
