"""API keys: whose they are, when they were used last; issued here, shown once, and taken back."""

from datetime import datetime
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.widgets import AdminSplitDateTime, AutocompleteSelect
from django.core.exceptions import PermissionDenied
from django.db import models, transaction
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.safestring import SafeString

from api.errors import ConflictError
from organizations import services
from organizations.admin.acts import confirmed, reason_field
from organizations.admin.audit import note_act
from organizations.admin.cells import (
    Tone,
    add_url,
    badge,
    copies,
    link_to,
    list_url,
    listed,
    minutes,
    moment,
    times,
)
from organizations.admin.filters import OrganizationFilter
from organizations.admin.once import OnceForm, Shown
from organizations.admin.rotating import may_rotate, rotate_key, shown
from organizations.admin.rows import RowAdmin, section
from organizations.admin.search import Columns
from organizations.admin.tables import Table
from organizations.models import ApiKey, Organization, Scope

STATES = {
    "usable": (Tone.GOOD, "usable"),
    "expired": (Tone.ASKS, "expired"),
    "revoked": (Tone.BAD, "revoked"),
}


class KeyGoneError(ConflictError):
    message = "It was revoked before."


class KeyForm(forms.Form):
    """What a key may do, and for how long."""

    organization = forms.ModelChoiceField(
        Organization.objects.all(),
        widget=AutocompleteSelect(ApiKey._meta.get_field("organization"), admin.site),
    )
    name = forms.CharField(
        max_length=255,
        widget=forms.TextInput(attrs={"class": "vTextField"}),
        help_text="To recognise it by, such as the server that it is for.",
    )
    scopes = forms.MultipleChoiceField(
        choices=Scope.choices, initial=[Scope.READ, Scope.WRITE], widget=forms.CheckboxSelectMultiple
    )
    expires_at = forms.SplitDateTimeField(
        required=False, widget=AdminSplitDateTime, label="Expires", help_text="UTC. Empty: never."
    )

    reason = reason_field()

    def clean_expires_at(self) -> datetime | None:
        given: datetime | None = self.cleaned_data["expires_at"]
        if given and given <= timezone.now():
            raise forms.ValidationError("It must be in the future.")
        return given


class KeyStateFilter(admin.SimpleListFilter):
    title, parameter_name = "state", "state"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [(state, words.capitalize()) for state, (_, words) in STATES.items()]

    def queryset(self, request: HttpRequest, queryset: models.QuerySet[Any]) -> models.QuerySet[Any]:
        is_over = Q(expires_at__lte=timezone.now())
        states = {
            "usable": Q(revoked_at=None) & (Q(expires_at=None) | ~is_over),
            "expired": Q(revoked_at=None) & is_over,
            "revoked": Q(revoked_at__isnull=False),
        }
        return queryset.filter(states.get(self.value() or "", Q()))


@admin.register(ApiKey)
class ApiKeyAdmin(RowAdmin):
    about = "A key is shown once, when it is issued; we keep its hash. It is recognised by its first letters."
    list_display = [
        "prefix",
        "name",
        "state",
        "organization_link",
        "scope_list",
        "used_minute",
        "created_minute",
    ]
    list_filter = [KeyStateFilter, OrganizationFilter, "created_at"]
    list_select_related = ["organization"]
    search_fields = ["name", "prefix", "organization__name"]
    search_help_text = "Name, organization, our id, or the beginning of the key."
    found_by = Columns(ids=["pk", "organization_id"])
    actions = ["revoke"]
    fieldsets = [
        section(None, "prefix", "name", "state", "organization_link", "scope_list", "our_id"),
        section("Times", "created", "last_used", "expires", "revoked"),
    ]
    our_id = copies("id", "our id")
    created_minute, used_minute = minutes("created_at", "created"), minutes("last_used_at", "last used")
    created, expires = times("created_at", "created"), times("expires_at", "expires")
    last_used, revoked = times("last_used_at", "last used"), times("revoked_at", "revoked")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return admin.ModelAdmin.has_add_permission(self, request)

    @admin.display(description="organization", ordering="organization__name")
    def organization_link(self, key: ApiKey) -> SafeString | str:
        return link_to(key.organization)

    @admin.display(description="state")
    def state(self, key: ApiKey) -> SafeString:
        return badge(*STATES[state_of(key)])

    @admin.display(description="scopes")
    def scope_list(self, key: ApiKey) -> SafeString | str:
        return listed(key.scopes)

    def get_search_results(
        self, request: HttpRequest, queryset: models.QuerySet[Any], search_term: str
    ) -> tuple[models.QuerySet[Any], bool]:
        """A whole key that was pasted is looked up by its beginning; the rest of it goes nowhere."""
        if search_term.startswith(services.KEY_START):
            search_term = search_term[: services.PREFIX_LENGTH]
        return super().get_search_results(request, queryset, search_term)

    @confirmed("Revoke", "From the next call on the key is unknown. This cannot be taken back.")
    def revoke(self, key: ApiKey) -> None:
        if not services.revoke_key(api_key=key):
            raise KeyGoneError

    def offers(self, action: str, row: ApiKey) -> bool:
        return row.revoked_at is None

    def get_urls(self) -> list[URLPattern]:
        rotate = self.admin_site.admin_view(self.rotate)
        here = [path("<path:object_id>/rotate/", rotate, name="organizations_apikey_rotate")]
        return [*here, *super().get_urls()]

    def rotate(self, request: HttpRequest, object_id: str) -> HttpResponse:
        return rotate_key(request, self, object_id)

    def forms(self, request: HttpRequest, row: ApiKey) -> list[tuple[str, str]]:
        if not may_rotate(request, self) or not row.is_usable(timezone.now()):
            return []
        return [("Put a new key in its place", reverse("admin:organizations_apikey_rotate", args=[row.pk]))]

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied

        def make(given: dict[str, Any]) -> Shown:
            with transaction.atomic():
                reason = given.pop("reason")
                issued = services.issue_key(**given)
                note_act(self, request, issued.api_key, "Issued", reason, adds=True)
            return shown(issued, title="The new API key")

        once = OnceForm(
            title="Issue an API key",
            intro="The key is shown on the next page, once. Have the place ready where it is to be kept.",
            button="Issue the key",
            form=KeyForm,
            make=make,
            back_url=list_url(ApiKey),
            initial={"organization": request.GET.get("organization")},
        )
        return once.answer(request, self)


def state_of(key: ApiKey) -> str:
    if key.revoked_at:
        return "revoked"
    return "usable" if key.is_usable(timezone.now()) else "expired"


def keys_table(organization: Organization) -> Table:
    """The organization's newest keys."""
    newest = ApiKey.objects.filter(organization=organization).order_by("-created_at", "-id")[:10]
    return Table(
        "API keys",
        ["Key", "Name", "State", "Scopes", "Last used", "Created"],
        [
            [
                link_to(key, f"{key.prefix}…"),
                key.name,
                badge(*STATES[state_of(key)]),
                listed(key.scopes),
                moment(key.last_used_at),
                moment(key.created_at),
            ]
            for key in newest
        ],
        empty="No key was issued yet.",
        more=[
            ("All of them", f"{list_url(ApiKey)}?organization={organization.pk}"),
            ("Issue an API key", f"{add_url(ApiKey)}?organization={organization.pk}"),
        ],
    )
