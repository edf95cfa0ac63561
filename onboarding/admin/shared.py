"""WABAs that Meta said were shared with us, and the choice of their signup where it is not clear."""

from functools import partial
from typing import Any
from uuid import UUID

from django.contrib import admin, messages
from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from onboarding import support
from onboarding.matching import may_take_token, names
from onboarding.models import SharedWaba, Signup
from organizations.admin.acts import Doing, ReasonForm, asked, confirmed, form_of, is_done
from organizations.admin.cells import (
    NONE,
    Tone,
    admin_url,
    badge,
    copies,
    link_to,
    links,
    minutes,
    moment,
    times,
    yes_no,
)
from organizations.admin.rows import RowAdmin, section
from organizations.admin.search import Columns
from organizations.admin.tables import Table

Outcome = SharedWaba.Outcome
TONES = {
    Outcome.WAITING: Tone.BUSY,
    Outcome.KNOWN: Tone.GOOD,
    Outcome.RECOVERED: Tone.GOOD,
    Outcome.SEVERAL: Tone.ASKS,
    Outcome.NOBODY: Tone.ASKS,
    Outcome.GIVEN_UP: Tone.BAD,
}


class OutcomeFilter(admin.SimpleListFilter):
    title, parameter_name = "what became of it", "outcome"

    def lookups(self, request: HttpRequest, model_admin: Any) -> list[tuple[str, str]]:
        return [("support", "For support"), *((one.value, one.value.replace("_", " ")) for one in Outcome)]

    def queryset(self, request: HttpRequest, queryset: QuerySet[Any]) -> QuerySet[Any]:
        if self.value() == "support":
            rows: QuerySet[Any] = queryset.filter(outcome__in=[Outcome.SEVERAL, Outcome.NOBODY])
            return rows
        return queryset.filter(outcome=self.value()) if self.value() else queryset


@admin.register(SharedWaba)
class SharedWabaAdmin(RowAdmin):
    about = (
        "What Meta says customers shared with us. Where it is not certain which signup brought an account,"
        " nothing is guessed: choose it here, after asking the customer."
    )
    list_display = ["meta_waba_id", "outcome_badge", "told_minute", "link_of", "owner_business_id", "who"]
    list_filter = [OutcomeFilter, "last_told_at"]
    list_select_related = ["signup", "signup__link", "signup__link__organization", "settled_by"]
    organization_path = "signup__link__organization"
    search_fields = ["signup__link__name"]
    search_help_text = (
        "Meta's id of the WABA or of its business, our id of a signup or link, or a link's name."
    )
    sortable_by = ["meta_waba_id", "outcome_badge", "told_minute", "owner_business_id"]
    found_by = Columns(ids=["signup_id", "signup__link_id"], numbers=["meta_waba_id", "owner_business_id"])
    actions = ["look_again"]
    fieldsets = [
        section(
            None, "waba_id", "outcome_badge", "problem", "link_of", "signup_id_of", "owner_id", "who",
        ),
        section("Times", "first_told", "last_told", "next_look", "settled"),
    ]  # fmt: skip
    waba_id, owner_id = copies("meta_waba_id", "WABA at Meta"), copies("owner_business_id", "its business")
    signup_id_of = copies("signup_id", "signup id")
    link_of = links("signup.link", "link", by="signup__link__name")
    told_minute = minutes("last_told_at", "told by Meta")
    first_told, last_told = times("first_told_at", "first told by Meta"), times("last_told_at", "last told")
    next_look, settled = times("next_look_at", "looked at again"), times("settled_at", "settled")

    @admin.display(description="what became of it", ordering="outcome")
    def outcome_badge(self, shared: SharedWaba) -> SafeString:
        return badge(TONES[Outcome(shared.outcome)], shared.get_outcome_display())

    @admin.display(description="decided by")
    def who(self, shared: SharedWaba) -> str:
        return str(shared.settled_by) if shared.settled_by else NONE

    @admin.display(description="problem")
    def problem(self, shared: SharedWaba) -> SafeString | str:
        error = shared.error
        return format_html("{} {}", badge(Tone.BAD, error["code"]), error["message"]) if error else NONE

    @confirmed("Look again", "Decides anew, as it stands now.", permission="support")
    def look_again(self, shared: SharedWaba) -> None:
        support.look_again(shared=shared)

    def offers(self, action: str, row: SharedWaba) -> bool:
        return is_open(row)

    def tables(self, row: SharedWaba) -> list[Table]:
        if not is_open(row):
            return []
        columns = ["Clicked", "Link", "Organization", "Meta's window said", "Named it", "Signup", ""]
        more = [("Nothing is to be done about it", decision_url(row))]
        return [
            Table(
                "Signups that may have brought it",
                columns,
                [candidate_cells(row, signup) for signup in support.candidates(row)],
                empty="None of the last day. Let the end-user open the link again.",
                more=more,
            )
        ]

    def get_urls(self) -> list[URLPattern]:
        decide = self.admin_site.admin_view(self.decide)
        here = [
            path("<path:object_id>/decide/", decide, name="onboarding_sharedwaba_decide"),
            path("<path:object_id>/decide/<uuid:signup_id>/", decide, name="onboarding_sharedwaba_assign"),
        ]
        return [*here, *super().get_urls()]

    def decide(self, request: HttpRequest, object_id: str, signup_id: UUID | None = None) -> HttpResponse:
        """Asks first, then gives the WABA to a signup of the candidates, or to nobody for good."""
        shared = self.get_object(request, object_id)
        if shared is None:
            raise Http404
        if not self.has_settle_permission(request):
            raise PermissionDenied
        signup = chosen(signup_id) if signup_id else None
        form = form_of(request)
        if not form.is_valid():
            return question(self, request, shared, signup, form)
        if signup:
            words = f"Assign to signup {signup.pk} of {signup.link}"
            act = partial(support.assign, shared=shared, signup=signup, by=request.user)
        else:
            words = "Nothing to do"
            act = partial(support.give_up, shared=shared, by=request.user)
        links = [signup.link] if signup else []
        reason = form.cleaned_data["reason"]
        self.done(request, shared, Doing(words, lambda *_: act(), reason, touches=lambda _: links))
        return HttpResponseRedirect(admin_url(shared))

    def done(self, request: HttpRequest, shared: SharedWaba, doing: Doing) -> None:
        if is_done(self, request, shared, doing):
            self.message_user(request, f"{doing.label}: done.", messages.SUCCESS)


def chosen(signup_id: UUID) -> Signup:
    rows = Signup.objects.select_related("link__organization").defer("access_token", "link__webhook_secret")
    return get_object_or_404(rows, pk=signup_id)


def is_open(shared: SharedWaba) -> bool:
    return shared.outcome not in {Outcome.KNOWN, Outcome.RECOVERED}


def candidate_cells(shared: SharedWaba, signup: Signup) -> list[object]:
    able = may_take_token(signup, timezone.now())
    assign = format_html('<a href="{}">Assign to this signup</a>', decision_url(shared, signup))
    return [
        moment(signup.started_at),
        link_to(signup.link),
        link_to(signup.link.organization),
        signup.session_event or NONE,
        yes_no(names(signup, shared)),
        signup.get_state_display(),
        assign if able else "its link takes no token any more",
    ]


def decision_url(shared: SharedWaba, signup: Signup | None = None) -> str:
    if signup is None:
        return reverse("admin:onboarding_sharedwaba_decide", args=[shared.pk])
    return reverse("admin:onboarding_sharedwaba_assign", args=[shared.pk, signup.pk])


def question(
    model_admin: SharedWabaAdmin,
    request: HttpRequest,
    shared: SharedWaba,
    signup: Signup | None,
    form: ReasonForm,
) -> HttpResponse:
    """The page that asks; its answer comes back to the same address."""
    label, words = "Nothing to do", "It is no longer listed for support. It can be looked at again."
    if signup:
        label = "Assign to this signup"
        words = (
            "The token of this account's business is fetched from Meta, and the account goes to"
            f" {signup.link.organization}, link “{signup.link}”; it then goes on without the end-user. Ask"
            " the customer first for the id of their WhatsApp account: it has to be"
            f" {shared.meta_waba_id}. A wrong choice gives one customer's account to another."
        )
    return asked(model_admin, request, [shared], label, words, "decide", form, url=request.path)
