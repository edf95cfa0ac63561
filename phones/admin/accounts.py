"""A WABA's page with what concerns its numbers: the next check, and its release."""

from django.contrib import admin
from django.utils import timezone

from api.errors import ConflictError
from organizations.admin.acts import confirmed
from phones.disconnecting import RELEASED, leave_waba
from phones.models import PhoneNumber
from phones.reasons import Actor
from wabas.admin import WabaAdmin
from wabas.models import Waba
from wabas.services import check_soon

admin.site.unregister(Waba)


class NotConnectedError(ConflictError):
    message = "It is not connected."


def connected_numbers(waba: Waba) -> list[PhoneNumber]:
    """They go with it."""
    connected = PhoneNumber.objects.connected_of(waba).select_related("organization")
    return list(connected.defer("pin", "new_pin"))


@admin.register(Waba)
class ConnectedWabaAdmin(WabaAdmin):
    actions = ["check_now", "release", *WabaAdmin.actions]

    @confirmed(
        "Check at Meta",
        "The account, our subscription and all its numbers are read at Meta, within a minute.",
        permission="support",
    )
    def check_now(self, waba: Waba) -> None:
        if not waba.is_connected:
            raise NotConnectedError
        check_soon(waba_id=waba.pk, at=timezone.now())

    @confirmed(
        "Release this WABA",
        "It is disconnected: our app is taken off its webhooks at Meta, its token is forgotten, its numbers "
        "stop working here and their organization is told. Any organization can connect it afterwards.",
        calls_out=True,
        touches=connected_numbers,
    )
    def release(self, waba: Waba) -> None:
        if not waba.is_connected:
            raise NotConnectedError
        leave_waba(waba=waba, reason=RELEASED, initiated_by=Actor.PLATFORM)

    def offers(self, action: str, row: Waba) -> bool:
        return row.is_connected if action in {"release", "check_now"} else super().offers(action, row)
