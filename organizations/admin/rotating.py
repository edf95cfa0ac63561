"""A secret in place of another, by hand: why, and whether the old one goes on beside it for a while."""

from datetime import timedelta
from typing import Any

from django import forms
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse

from organizations import services
from organizations.admin.acts import reason_field
from organizations.admin.audit import note_act
from organizations.admin.cells import admin_url, moment
from organizations.admin.once import OnceForm, Secret, Shown

MAKING_SECRETS = "organizations.make_secrets"


class RotationForm(forms.Form):
    """Why, and whether the old secret may go on beside the new one."""

    overlap = services.KEY_OVERLAP

    has_leaked = forms.BooleanField(
        required=False,
        label="The old one leaked",
        help_text="It is worth nothing any more, at once. Else both are good for a day.",
    )
    reason = reason_field()

    def clean(self) -> dict[str, Any]:
        grace = timedelta(0) if self.cleaned_data.get("has_leaked") else self.overlap
        return self.cleaned_data | {"grace": grace}


def may_rotate(request: HttpRequest, model_admin: Any) -> bool:
    return bool(model_admin.has_operate_permission(request) and request.user.has_perm(MAKING_SECRETS))


def rotate_key(request: HttpRequest, model_admin: Any, object_id: str) -> HttpResponse:
    """A key in place of another, with the same scopes, shown once to whoever made it."""
    key = model_admin.get_object(request, object_id)
    if key is None:
        raise Http404
    if not may_rotate(request, model_admin):
        raise PermissionDenied

    def make(given: dict[str, Any]) -> Shown:
        with transaction.atomic():
            issued = services.rotate_key(api_key=key, grace=given["grace"])
            note_act(model_admin, request, key, f"Rotate, to {issued.api_key.prefix}…", given["reason"])
            note_act(
                model_admin, request, issued.api_key, f"Issued in place of {key.prefix}…", given["reason"]
            )
        return shown(issued, title="The new API key")

    return OnceForm(
        title=f"A new key in place of {key.prefix}…",
        intro="It gets the same scopes and the same end, and is shown on the next page, once. Hand it to the "
        "customer; the old one works for a day more, unless it leaked.",
        button="Make the key",
        form=RotationForm,
        make=make,
        back_url=admin_url(key),
    ).answer(request, model_admin)


def shown(issued: services.IssuedKey, title: str) -> Shown:
    key = issued.api_key
    return Shown(
        title=title,
        url=admin_url(key),
        facts=[
            ("Organization", key.organization.name),
            ("Name", key.name),
            ("Scopes", ", ".join(key.scopes)),
            ("Expires", str(moment(key.expires_at)) if key.expires_at else "never"),
        ],
        secrets=[Secret("API key", issued.secret, "Sent as: Authorization: Bearer <key>")],
    )
