"""Requests of Facebook users that Meta passed on: who asked for what, and whether somebody has seen to it."""

from django.contrib import admin
from django.utils.safestring import SafeString

from meta_events import people
from meta_events.models import UserRequest
from organizations.admin.acts import confirmed
from organizations.admin.cells import NONE, Tone, badge, copies, copyable, minutes, times
from organizations.admin.rows import RowAdmin, section
from organizations.admin.search import Columns


@admin.register(UserRequest)
class UserRequestAdmin(RowAdmin):
    about = (
        "Meta names a person by an id that no other row has. Who it is has to be found out: by the time, by "
        "a number whose token Meta refuses since then, by asking the customer. Nothing is deleted by itself."
    )
    list_display = ["meta_user_id", "kind", "state", "received_minute", "done_minute"]
    list_filter = ["kind", "status", "received_at"]
    search_fields = ["meta_user_id", "confirmation_code"]
    search_help_text = "Meta's id of the user, or a confirmation code."
    found_by = Columns(ids=["pk"], numbers=["meta_user_id"], tokens=["confirmation_code"])
    actions = ["mark_done"]
    fieldsets = [
        section(None, "kind", "state", "user_id", "code", "our_id"),
        section("Times", "issued", "received", "done"),
    ]
    our_id, user_id = copies("id", "our id"), copies("meta_user_id", "Meta user id")
    received_minute, done_minute = minutes("received_at", "received"), minutes("done_at", "done")
    issued, received, done = (
        times("issued_at", "issued at Meta"),
        times("received_at", "received"),
        times("done_at", "done"),
    )

    @admin.display(description="state", ordering="status")
    def state(self, request: UserRequest) -> SafeString:
        is_open = request.status == UserRequest.Status.OPEN
        return badge(Tone.ASKS if is_open else Tone.GOOD, request.status)

    @admin.display(description="confirmation code")
    def code(self, request: UserRequest) -> SafeString | str:
        is_shown = request.kind == UserRequest.Kind.DATA_DELETION
        return copyable(request.confirmation_code) if is_shown else NONE

    @confirmed(
        "Mark as done",
        "You have found out who it is, and what there was to delete is deleted. The page of a deletion says "
        "so from now on.",
    )
    def mark_done(self, request: UserRequest) -> None:
        people.close_request(request=request)

    def offers(self, action: str, row: UserRequest) -> bool:
        return row.status == UserRequest.Status.OPEN
