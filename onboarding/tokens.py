"""Storing a signup's token, however it came, and opening its steps. The first token of a link wins."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils import timezone

from meta_graph.oauth import AccessToken
from onboarding import readiness, runner
from onboarding.models import OnboardingLink, Signup

Source = Signup.TokenSource


class TooLateError(Exception):
    """The link has got a token already or is gone, or support ended the try. Nothing was stored."""


@transaction.atomic
def keep_token(
    *, signup_id: UUID, token: AccessToken, source: Source, told: Mapping[str, Any] | None = None
) -> tuple[str, ...]:
    """Stores the token and opens the steps; those that are ready are returned. Raises TooLateError.

    `told`: ids that Meta named, where the browser did not.
    """
    now = timezone.now()
    try:
        signup = readiness.locked(signup_id)
    except OnboardingLink.DoesNotExist:
        raise TooLateError from None
    link = signup.link
    if link.status != OnboardingLink.Status.PENDING:
        raise TooLateError
    if source == Source.CODE and signup.state != Signup.State.EXCHANGING:
        raise TooLateError
    signup.access_token, signup.token_expires_at, signup.token_source = token.value, token.expires_at, source
    signup.state, signup.error, signup.finished_at = Signup.State.RUNNING, None, None
    signup.exchanged_at = now if source == Source.FETCHED else signup.exchanged_at
    signup.session = {**(told or {}), **signup.session}
    signup.save(update_fields=["access_token", "token_expires_at", "token_source", "state", "error",
                               "finished_at", "exchanged_at", "session"])  # fmt: skip
    link.status, link.last_error, link.next_action = OnboardingLink.Status.PROCESSING, None, None
    link.save(update_fields=["status", "last_error", "next_action"])
    ready = runner.plan(signup, now)
    readiness.advance(signup, now)
    return ready
