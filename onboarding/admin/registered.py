"""Registered numbers on staff's pages: who has which, until when, for which link; their codes."""

from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db.models import OuterRef, QuerySet, Subquery
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from onboarding.admin.call_search import calls_of
from onboarding.admin.filters import StatusFilter
from onboarding.admin.forms import AskingForm
from onboarding.admin.registering import CodeForm, RegisterForm
from onboarding.models import OnboardingLink, RegisteredNumber
from onboarding.registered_numbers import proving, services
from onboarding.registered_numbers.serializers import STATUSES, NumberOutput, shown
from organizations.admin.acts import asked, confirmed
from organizations.admin.audit import Outcome, note_act, settled
from organizations.admin.cells import NONE, Tone, badge, copies, links, list_url, minutes, moment, times
from organizations.admin.filters import OrganizationFilter
from organizations.admin.rows import RowAdmin, section
from organizations.admin.search import Columns
from organizations.admin.tables import Table
from organizations.models import StaffAction
from phones.models import CodeRequest

TONES = {"unverified": Tone.ASKS, "verified": Tone.GOOD, "used": Tone.IDLE, "expired": Tone.BAD}
# What may get a code.
OPEN = frozenset({"unverified", "expired"})
DELETION = "It is deleted at Meta too. An open link keeps its number."


class NumberStatusFilter(StatusFilter):
    statuses = STATUSES


@admin.register(RegisteredNumber)
class RegisteredNumberAdmin(RowAdmin):
    about = (
        "Numbers that customers verify before any link, in our portfolio's pool at Meta: whoever opens the"
        " link types neither a number nor a code. Verified for 90 days, in one open link each."
    )
    list_display = [
        "phone_number", "state", "organization_link", "link", "expires_minute", "comment", "created_minute",
    ]  # fmt: skip
    list_filter = [NumberStatusFilter, OrganizationFilter, "created_at"]
    list_select_related = ["organization"]
    search_fields = ["comment", "organization__name"]
    search_help_text = "Number in any form, our id or a link's, Meta's id, comment, or an organization."
    found_by = Columns(
        ids=["pk", "onboarding_links__id", "organization_id"],
        numbers=["meta_preverified_id"],
        phones=["phone_number"],
    )
    actions = ["send_sms", "call", "delete_selected"]
    fieldsets = [
        section(None, "phone_number", "state", "organization_link", "link", "comment", "our_id", "meta_id"),
        section("Times", "created", "verified", "expires", "used"),
    ]
    our_id, meta_id = copies("id", "our id"), copies("meta_preverified_id", "id in Meta's pool")
    organization_link = links("organization", "organization", by="organization__name")
    created_minute, expires_minute = minutes("created_at", "created"), minutes("expires_at", "expires")
    created, verified = times("created_at", "created"), times("verified_at", "verified")
    expires, used = times("expires_at", "expires"), times("used_at", "used")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return admin.ModelAdmin.has_add_permission(self, request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return admin.ModelAdmin.has_delete_permission(self, request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[RegisteredNumber]:
        names = OnboardingLink.objects.filter(pk=OuterRef("link_id")).values("name")
        return shown(super().get_queryset(request)).annotate(link_name=Subquery(names[:1]))

    @admin.display(description="status", ordering="status")
    def state(self, number: RegisteredNumber) -> SafeString:
        status = number.published_status(timezone.now())
        return badge(TONES[status], status)

    @admin.display(description="link")
    def link(self, number: RegisteredNumber) -> SafeString | str:
        """The open one, else the one that connected it."""
        annotated = vars(number)
        if not annotated["link_id"]:
            return NONE
        url = reverse("admin:onboarding_onboardinglink_change", args=[annotated["link_id"]])
        return format_html('<a href="{}">{}</a>', url, annotated["link_name"])

    @confirmed(
        "Send a code by SMS",
        "Meta sends it to the number. Three an hour are allowed.",
        permission="support",
        calls_out=True,
    )
    def send_sms(self, number: RegisteredNumber) -> None:
        services.request_code(number=number, method="SMS")

    @confirmed(
        "Have a code said",
        "Meta calls the number. Three codes an hour are allowed.",
        permission="support",
        calls_out=True,
    )
    def call(self, number: RegisteredNumber) -> None:
        services.request_code(number=number, method="VOICE")

    @confirmed("Delete", DELETION, permission="delete", calls_out=True)
    def delete_selected(self, number: RegisteredNumber) -> None:
        services.delete_number(number=number)

    def offers(self, action: str, row: RegisteredNumber) -> bool:
        return action == "delete_selected" or row.published_status(timezone.now()) in OPEN

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Django's address of a row's deletion leads to the same question as the action."""
        number = self.get_object(request, object_id)
        if number is None or request.method == "POST":
            return HttpResponseRedirect(list_url(RegisteredNumber))
        if not self.has_delete_permission(request, number):
            raise PermissionDenied
        return asked(self, request, [number], "Delete", DELETION, "delete_selected")

    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied

        def register(given: dict[str, Any]) -> RegisteredNumber:
            reason = given.pop("reason")
            noted: list[StaffAction] = []

            def note(kept: services.Registered) -> None:
                label = "Register the number" if kept.is_new else "Register the number again"
                line = note_act(
                    self, request, kept.number, label, reason, outcome=Outcome.ASKED, adds=kept.is_new
                )
                noted.append(line)

            with settled(noted):
                given["method"] = given["method"].upper()
                return services.register_number(**given, bind=note).number

        return AskingForm(
            title="Register a number",
            intro="As POST /v1/registered-numbers does: Meta sends the number a code, to be entered next.",
            button="Register the number",
            form=RegisterForm,
            act=register,
            done="Meta sends the number a code.",
            initial={"organization": request.GET.get("organization")},
        ).answer(request, self)

    def get_urls(self) -> list[URLPattern]:
        enter = self.admin_site.admin_view(self.enter_code)
        here = [path("<path:object_id>/code/", enter, name="onboarding_registerednumber_code")]
        return [*here, *super().get_urls()]

    def enter_code(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """The code that the number got, from whoever has the number before them."""
        number = self.get_object(request, object_id)
        if number is None:
            raise Http404
        if not self.has_support_permission(request):
            raise PermissionDenied

        def verify(given: dict[str, Any]) -> RegisteredNumber:
            label, reason = "Enter the code", given["reason"]
            with settled([note_act(self, request, number, label, reason, outcome=Outcome.ASKED)]):
                return proving.verify_number(number=number, code=given["code"])

        return AskingForm(
            title=f"The code of {number}",
            intro="With the right code the number is verified for 90 days.",
            button="Verify the number",
            form=CodeForm,
            act=verify,
            done="The number is verified.",
        ).answer(request, self)

    def elsewhere(self, row: RegisteredNumber) -> list[tuple[str, str]]:
        pages = [("Calls of Meta", calls_of(row.pk))]
        if row.published_status(timezone.now()) in OPEN:
            code_url = reverse("admin:onboarding_registerednumber_code", args=[row.pk])
            pages.insert(0, ("Enter the code", code_url))
        return pages

    def tables(self, row: RegisteredNumber) -> list[Table]:
        return [codes_table(row)]

    def shown_by_api(self, row: RegisteredNumber) -> object:
        return NumberOutput(row).data


def codes_table(number: RegisteredNumber) -> Table:
    """The newest requests of a code: three an hour are allowed."""
    asked_for = CodeRequest.objects.filter(meta_phone_number_id=number.meta_preverified_id or "")[:20]
    rows = [[moment(one.requested_at), one.method, one.outcome or "never learnt"] for one in asked_for]
    return Table("Codes", ["When", "How", "Outcome"], rows, empty="None was asked for.")
