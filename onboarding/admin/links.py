"""Onboarding links: found by whatever id somebody has, and their whole story on one page."""

from typing import Any

from django.conf import settings
from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.db.models import OuterRef, Q, QuerySet, Subquery
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.views.decorators.debug import sensitive_post_parameters

from onboarding import interventions, releasing, services
from onboarding.admin import steps
from onboarding.admin.advice import OR_SHARED, advice
from onboarding.admin.call_search import LinkColumns, calls_of
from onboarding.admin.end_user import newest_signup, newest_try, page_in_words
from onboarding.admin.filters import AttentionFilter, FailureFilter, StatusFilter
from onboarding.admin.in_use import losers, release_in_words
from onboarding.admin.making import LinkForm, shown
from onboarding.admin.story import story_of
from onboarding.admin.timeline import timeline
from onboarding.landing import landing_url
from onboarding.models import OnboardingLink, Signup
from onboarding.next_action import hosted_url, published_action
from onboarding.preview import preview_url
from onboarding.serializers import LinkDetailOutput
from onboarding.starter_templates.rows import published
from onboarding.support import unsettled_for
from onboarding.texts import error_texts
from organizations.admin.acts import asked, confirmed
from organizations.admin.cells import (
    NONE,
    Tone,
    admin_url,
    badge,
    copies,
    copyable,
    documents,
    links,
    list_url,
    listed,
    minutes,
    times,
    worded,
    yes_no,
)
from organizations.admin.filters import OrganizationFilter, by_value
from organizations.admin.once import OnceForm, Shown
from organizations.admin.rows import RowAdmin, section

STATUS_TONES = {"pending": Tone.IDLE, "processing": Tone.BUSY, "completed": Tone.GOOD, "expired": Tone.ASKS}


@admin.register(OnboardingLink)
class OnboardingLinkAdmin(RowAdmin):
    about = "Each is for one end-user. A link never changes but by its signups: open one to read its story."
    list_display = [
        "name", "state", "number", "problem", "created_minute", "external_id", "organization_link",
    ]  # fmt: skip
    list_filter = [
        StatusFilter,
        AttentionFilter,
        FailureFilter,
        by_value("last_error__code", "last error", sorted(error_texts())),
        "mode",
        OrganizationFilter,
        "created_at",
    ]
    list_select_related = ["organization", "phone", "waba", "outgoing_webhook", "registered_number"]
    sortable_by = ["name", "created_minute", "external_id"]
    search_fields = ["name", "external_id", "organization__name"]
    search_help_text = "Number in any form, our ids, Meta's ids, session or trace id, externalId, or a name."
    found_by = LinkColumns(
        ids=["pk", "signups__id", "phone_id", "waba_id", "outgoing_webhook_id", "organization_id"],
        numbers=[
            "waba__meta_waba_id", "phone__meta_phone_number_id", "signups__meta_waba_id",
            "signups__meta_phone_number_id", "signups__session__waba_id", "signups__session__phone_number_id",
            "signups__session__business_id", "signups__shared_wabas__meta_waba_id",
        ],
        phones=["expected_phone_number"],
        tokens=[
            "signups__session__session_id", "signups__error__meta__traceId",
            "signups__steps__error__meta__traceId", "signups__request_id",
        ],
    )  # fmt: skip
    actions = ["retry", "retry_from", "skip_step", "reopen", "release_and_retry", "delete_selected"]
    change_form_template = "admin/onboarding/onboardinglink/change_form.html"
    fieldsets = [
        section(
            None, "name", "state", "number", "error_text", "waits_for_whom", "end_user_sees", "what_to_do",
            "organization_link",
            "external_id", "our_id", "hosted_address",
        ),
        section("Connected", "phone_link", "waba_link", "webhook_link", "created", "opened", "completed"),
        section(
            "Asked for", "mode", "expected_phone_number", "language", "expires", "redirect_url",
            "webhook_url", "event_names", "has_webhook_secret", "metadata_document",
        ),
        section(
            "Filled in beforehand", "business_document", "display_name", "number_link", "landing_address",
            "template_rows", "branding_document", "logo_address", "preview_address",
        ),
    ]  # fmt: skip
    our_id = copies("id", "our id")
    organization_link = links("organization", "organization", by="organization__name")
    phone_link, waba_link = links("phone", "number"), links("waba", "WABA")
    webhook_link = links("outgoing_webhook", "webhook")
    created_minute = minutes("created_at", "created")
    created, opened = times("created_at", "created"), times("opened_at", "opened")
    completed, expires = times("completed_at", "completed"), times("expires_at", "expires")
    metadata_document = documents("metadata", "metadata")
    business_document = documents("business", "business")
    branding_document = documents("branding", "branding")
    number_link = links("registered_number", "registered number")

    def has_add_permission(self, request: HttpRequest) -> bool:
        return admin.ModelAdmin.has_add_permission(self, request)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return admin.ModelAdmin.has_delete_permission(self, request, obj)

    def get_queryset(self, request: HttpRequest) -> QuerySet[OnboardingLink]:
        rows: QuerySet[OnboardingLink] = super().get_queryset(request)
        tried = Signup.objects.filter(link=OuterRef("pk"), phone__isnull=False).order_by("-created_at")
        return rows.annotate(
            has_secret=Q(webhook_secret__isnull=False),
            tried_number=Subquery(tried.values("phone__phone_number")[:1]),
        )

    @admin.display(description="status", ordering="status")
    def state(self, link: OnboardingLink) -> SafeString:
        status = link.published_status(timezone.now())
        return badge(STATUS_TONES[status], status)

    @admin.display(description="number", ordering="phone__phone_number")
    def number(self, link: OnboardingLink) -> str:
        """The one that was connected, else the newest signup's, else the one that is expected."""
        if link.phone:
            return link.phone.phone_number
        tried = vars(link)["tried_number"]
        expected = f"{link.expected_phone_number} expected" if link.expected_phone_number else NONE
        return f"{tried} in the signup" if tried else expected

    @admin.display(description="problem")
    def problem(self, link: OnboardingLink) -> SafeString | str:
        """The last error; or what a link that got further is still waiting for."""
        if link.last_error:
            return badge(Tone.BAD, link.last_error["code"])
        action = published_action(link, timezone.now())
        is_asked = action and link.status != OnboardingLink.Status.PENDING
        return badge(Tone.ASKS, action["code"]) if action and is_asked else NONE

    @admin.display(description="last error")
    def error_text(self, link: OnboardingLink) -> SafeString | str:
        error = link.last_error
        return format_html("{} {}", badge(Tone.BAD, error["code"]), error["message"]) if error else NONE

    @admin.display(description="who has to move")
    def waits_for_whom(self, link: OnboardingLink) -> str:
        action = published_action(link, timezone.now())
        if action is None:
            return "Nobody."
        until = f" Until {action['deadline']}." if action.get("deadline") else ""
        return f"{worded(action['actor'])}: {action['message']}{until}"

    @admin.display(description="events")
    def event_names(self, link: OnboardingLink) -> SafeString | str:
        return listed(link.webhook_events)

    @admin.display(description="hosted page")
    def hosted_address(self, link: OnboardingLink) -> SafeString | str:
        return copyable(hosted_url(link))

    @admin.display(description="preview")
    def preview_address(self, link: OnboardingLink) -> SafeString | str:
        return copyable(preview_url(link))

    @admin.display(description="landing page")
    def landing_address(self, link: OnboardingLink) -> SafeString | str:
        return copyable(landing_url(link.landing_slug))

    @admin.display(description="logo")
    def logo_address(self, link: OnboardingLink) -> SafeString | str:
        """The link's own; the organization's is on its page."""
        return copyable(f"{settings.PUBLIC_BASE_URL}/logos/{link.logo_id}" if link.logo_id else None)

    @admin.display(description="starter templates")
    def template_rows(self, link: OnboardingLink) -> SafeString | str:
        rows = published(link.starter_templates)
        return listed(f"{worded(row['template'])}: {row['status'] or 'not handed in'}" for row in rows)

    @admin.display(description="has a secret")
    def has_webhook_secret(self, link: OnboardingLink) -> str:
        return yes_no(vars(link)["has_secret"])

    @admin.display(description="the end-user sees")
    def end_user_sees(self, link: OnboardingLink) -> str:
        return page_in_words(link, timezone.now())

    @admin.display(description="what you can do")
    def what_to_do(self, link: OnboardingLink) -> str:
        words = advice(link, newest_signup(link), newest_try(link), timezone.now())
        return f"{words} {OR_SHARED}" if unsettled_for(link) else words

    @confirmed("Retry", "Its unfinished steps run again, without the end-user.", permission="support")
    def retry(self, link: OnboardingLink) -> None:
        services.retry_link(link=link)

    @confirmed(
        "Retry from a step",
        "The chosen step runs again, even where it is done, and what failed after it, or beside it where the "
        "signup failed; without the end-user.",
        permission="support",
        choose=steps.retryable,
    )
    def retry_from(self, link: OnboardingLink, choice: str) -> None:
        interventions.retry_from(link=link, step=choice)

    @confirmed(
        "Skip a step",
        "The chosen step is left out, and the link completes without it. What it does is missing then.",
        choose=steps.optional,
    )
    def skip_step(self, link: OnboardingLink, choice: str) -> None:
        interventions.skip_step(link=link, step=choice)

    @confirmed(
        "Open again",
        "The end-user can sign in anew at the same address. What runs of an earlier try ends, its sign-in is "
        "forgotten, and a link that has expired gets time again.",
        permission="support",
    )
    def reopen(self, link: OnboardingLink) -> None:
        interventions.reopen_link(link=link)

    @confirmed(
        "Release the account, and retry",
        release_in_words,
        permission="settle",
        calls_out=True,
        touches=losers,
    )
    def release_and_retry(self, link: OnboardingLink) -> None:
        releasing.release_and_retry(link=link)

    @confirmed(
        "Delete",
        "Only a pending link can be deleted. Its page, its signups and a token that no number uses are gone.",
        permission="delete",
        deletes=True,
    )
    def delete_selected(self, link: OnboardingLink) -> None:
        services.delete_link(link=link)

    def offers(self, action: str, row: OnboardingLink) -> bool:
        is_completed = row.status == OnboardingLink.Status.COMPLETED
        match action:
            case "delete_selected":
                return row.status == OnboardingLink.Status.PENDING
            case "skip_step":
                return bool(steps.optional([row]))
            case "release_and_retry":
                return releasing.waits_for_release(row) and releasing.in_use_elsewhere(row) is not None
            case "retry_from":
                return steps.is_signed_in(row) and bool(steps.retryable([row]))
            case "reopen":
                return not is_completed and may_be_reopened(row)
        return steps.can_go_on(row, timezone.now())

    def elsewhere(self, row: OnboardingLink) -> list[tuple[str, str]]:
        shared = [
            (f"Is the account {one.meta_waba_id} this link's?", admin_url(one)) for one in unsettled_for(row)
        ]
        pages = [("See what the end-user sees", preview_url(row)), ("Calls of Meta", calls_of(row.pk))]
        return [*pages, *shared]

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> HttpResponse:
        """Django's address of a row's deletion leads to the same question as the action."""
        link = self.get_object(request, object_id)
        if link is None or request.method == "POST":
            return HttpResponseRedirect(list_url(OnboardingLink))
        if not self.has_delete_permission(request, link):
            raise PermissionDenied
        question = "Only a pending link can be deleted."
        return asked(self, request, [link], "Delete", question, "delete_selected")

    @method_decorator(sensitive_post_parameters("webhookSecret"))
    def add_view(self, request: HttpRequest, form_url: str = "", extra_context: Any = None) -> HttpResponse:
        if not self.has_add_permission(request):
            raise PermissionDenied

        def make(given: dict[str, Any]) -> Shown:
            with transaction.atomic():
                link = services.create_link(**given)
                self.log_addition(request, link, "Made by hand.")
            return shown(link)

        once = OnceForm(
            title="Make an onboarding link",
            intro="As POST /v1/onboarding-links does. A webhook's secret is shown on the next page, once.",
            button="Make the link",
            form=LinkForm,
            make=make,
            back_url=list_url(OnboardingLink),
            initial={"organization": request.GET.get("organization")},
        )
        return once.answer(request, self)

    def page(self, request: HttpRequest, row: OnboardingLink) -> dict[str, Any]:
        story = story_of(row)
        told = {"chapters": timeline(story, timezone.now()), "left_out": story.left_out}
        return super().page(request, row) | told

    def shown_by_api(self, row: OnboardingLink) -> object:
        return LinkDetailOutput(row).data


def may_be_reopened(link: OnboardingLink) -> bool:
    is_over = link.is_expired(timezone.now()) or link.status == OnboardingLink.Status.PROCESSING
    return is_over or link.last_error is not None
