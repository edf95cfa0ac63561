"""The admin's login: so many tries of a name from one address, of a name, and from one address.

Of a name alone there are ten times as many, so that a stranger who knows it does not keep its owner out.

Every attempt counts, the right password's too, and is counted before the password is looked at: a guess that
comes at the same moment is one of them.
"""

import hashlib
import math
from ipaddress import ip_address, ip_network
from typing import Any

import structlog
from django.conf import settings
from django.contrib.admin.forms import AdminAuthenticationForm
from django.contrib.auth import get_user_model
from django.core.exceptions import ValidationError

from api.page_calls import caller_address
from api.throttling import Rate, spend

log = structlog.get_logger("backoffice.login")
# Seconds.
WINDOW = 15 * 60
FROM_ANYWHERE = 10


class LoginForm(AdminAuthenticationForm):
    """Refuses during a block whatever is entered, in words that do not tell whether the name is anybody's."""

    def clean(self) -> dict[str, Any]:
        name, address = str(self.cleaned_data.get("username") or ""), self.address
        if seconds := block_of(name, address):
            note("refused", name, address)
            minutes = math.ceil(seconds / 60)
            raise ValidationError(
                f"Too many attempts. Wait {minutes} {'minute' if minutes == 1 else 'minutes'}.",
                code="too_many_attempts",
            )
        try:
            cleaned: dict[str, Any] = super().clean()
        except ValidationError:
            note("failed", name, address)
            raise
        # Also called where a field was left empty: then nobody was looked for.
        note("succeeded" if self.get_user() else "failed", name, address)
        return cleaned

    @property
    def address(self) -> str:
        return caller_address(self.request) if self.request is not None else ""


def block_of(name: str, address: str) -> int:
    """Counts an attempt. Seconds that this name or this address has to wait, 0 for none."""
    # The name is hashed: some people enter their password there.
    named, network = hashlib.sha256(name.casefold().encode()).hexdigest(), network_of(address)
    per_name = settings.STAFF_LOGIN_ATTEMPTS_PER_NAME
    here = (
        spend(f"login-name-from:{named}:{network}", Rate(per_name, WINDOW)),
        spend(f"login-address:{network}", Rate(settings.STAFF_LOGIN_ATTEMPTS_PER_ADDRESS, WINDOW)),
    )
    if waits := [spent.reset for spent in here if spent.is_over]:
        # Not counted for the name alone: else one address would fill that up with refusals.
        return max(waits)
    anywhere = spend(f"login-name:{named}", Rate(per_name * FROM_ANYWHERE, WINDOW))
    return anywhere.reset if anywhere.is_over else 0


def network_of(address: str) -> str:
    """The address; of IPv6 the first half, for whoever has one has all that begin so."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if parsed.version == 4:
        return str(parsed)
    return str(parsed.ipv4_mapped or ip_network((int(parsed), 64), strict=False))


def note(outcome: str, name: str, address: str) -> None:
    """The user's id where the name is somebody's; never what was entered."""
    user = get_user_model()._default_manager.filter(username=name).values_list("pk", flat=True).first()
    write = log.info if outcome == "succeeded" else log.warning
    write("login of staff", outcome=outcome, user=user, address=address)
