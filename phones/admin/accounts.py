"""A WABA's page with what concerns its numbers: the next check, and its release."""

from django.contrib import admin

from api.errors import ConflictError
from organizations.admin.acts import confirmed
from phones.disconnecting import RELEASED, leave_waba
from phones.reasons import Actor
from wabas.admin import WabaAdmin
from wabas.models import Waba

admin.site.unregister(Waba)


class NotConnectedError(ConflictError):
    message = "It is not connected."


@admin.register(Waba)
class ConnectedWabaAdmin(WabaAdmin):
    actions = ["release", *WabaAdmin.actions]

    @confirmed(
        "Release this WABA",
        "It is disconnected: our app is taken off its webhooks at Meta, its token is forgotten, its numbers "
        "stop working here and their organization is told. Any organization can connect it afterwards.",
        calls_out=True,
    )
    def release(self, waba: Waba) -> None:
        if not waba.is_connected:
            raise NotConnectedError
        leave_waba(waba=waba, reason=RELEASED, initiated_by=Actor.PLATFORM)

    def offers(self, action: str, row: Waba) -> bool:
        return row.is_connected if action == "release" else super().offers(action, row)
