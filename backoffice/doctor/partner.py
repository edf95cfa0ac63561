"""What a Solution Partner has at Meta: a system user with token and role, a credit line, a pool."""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from backoffice.doctor.app import AN_ID
from backoffice.doctor.findings import Finding, failed, ok, skipped, unset, warning
from meta_graph import businesses, credit_lines, oauth, preverified_numbers
from meta_graph.client import system_token as token
from meta_graph.errors import Cause, GraphError

SCOPES = frozenset({"business_management", "whatsapp_business_management", "whatsapp_business_messaging"})
# Who may share a credit line, in Meta's words.
ROLES = frozenset({"ADMIN", "FINANCE_EDITOR", "FINANCE_EDIT"})
EXPIRY_WARNING = timedelta(days=14)
NEW_ONE = (
    "Make a new token at business.facebook.com > Settings > System users, one that never expires, with "
    f"{', '.join(sorted(SCOPES))}."
)
# What who is no approved partner may hear.
NO_POOL = frozenset(
    {Cause.PERMISSION_MISSING, Cause.CAPABILITY_MISSING, Cause.OBJECT_GONE, Cause.BAD_REQUEST}
)
USER_REMEDY = "Copy the id from business.facebook.com > Settings > System users."


def system_token() -> Finding:
    """https://developers.facebook.com/docs/graph-api/reference/debug_token"""
    if unset("META_SYSTEM_USER_TOKEN"):
        return skipped(
            "META_SYSTEM_USER_TOKEN",
            "A signup whose browser is lost cannot be found again, and no credit line be shared.",
        )
    info = oauth.debug_token(token_value=settings.META_SYSTEM_USER_TOKEN)
    if not info.is_valid:
        return failed("META_SYSTEM_USER_TOKEN is not valid, or no longer", NEW_ONE)
    if info.app_id != settings.META_APP_ID:
        return failed(f"META_SYSTEM_USER_TOKEN is of another app, {info.app_id}", NEW_ONE)
    if missing := sorted(SCOPES - info.scopes):
        return failed(f"META_SYSTEM_USER_TOKEN lacks {', '.join(missing)}", NEW_ONE)
    return lasting(info)


def lasting(info: oauth.TokenInfo) -> Finding:
    """By `expires_at` alone: the end of data access, which Meta names too, ends no system user's token."""
    ends = info.expires_at
    scopes = ", ".join(sorted(SCOPES))
    if ends is None:
        return ok(f"valid, does not expire, has {scopes}")
    words = f"valid until {ends:%Y-%m-%d}, has {scopes}"
    return ok(words) if ends - timezone.now() > EXPIRY_WARNING else warning(words, NEW_ONE)


def system_user() -> Finding:
    """META_SYSTEM_USER_ID is one of the portfolio's, its role is enough, and the token is its own."""
    if names := unset("META_BUSINESS_ID", "META_SYSTEM_USER_ID"):
        return skipped(names, "Our system user is not put on customers' accounts.")
    if not AN_ID.fullmatch(settings.META_BUSINESS_ID):
        return failed(
            "META_BUSINESS_ID is not an id of Meta's: these are digits", "Copy it from the portfolio."
        )
    users = businesses.list_system_users(business_id=settings.META_BUSINESS_ID, token=token())
    known = {user.id: user for user in users}
    user = known.get(settings.META_SYSTEM_USER_ID)
    if user is None:
        there = ", ".join(f"{one.name or 'unnamed'} ({one.id})" for one in users) or "none"
        return failed(
            f"META_SYSTEM_USER_ID {settings.META_SYSTEM_USER_ID} is none of the portfolio's: {there}",
            USER_REMEDY,
        )
    owner = oauth.debug_token(token_value=settings.META_SYSTEM_USER_TOKEN).user_id
    if owner != user.id and owner in known:
        return failed(
            f"META_SYSTEM_USER_TOKEN is of {known[owner].name or 'another'} ({owner}), and"
            f" META_SYSTEM_USER_ID is {user.id}",
            "Take both from the same system user.",
        )
    return of_role(user)


def of_role(user: businesses.SystemUser) -> Finding:
    words = f"{user.name or 'system user'} ({user.id}) is {user.role or 'of no role'}"
    if (user.role or "").upper() in ROLES:
        return ok(words)
    remedy = "Make it an Admin (or finance editor): business.facebook.com > Settings > System users."
    if settings.META_CREDIT_LINE_ID:
        return failed(f"{words}: it may not share a credit line", remedy)
    return warning(f"{words}: enough as long as no credit line is shared", remedy)


def credit_line() -> Finding:
    """META_CREDIT_LINE_ID is one of the portfolio's."""
    if names := unset("META_CREDIT_LINE_ID"):
        return skipped(names, "Credit is not shared.")
    if names := unset("META_BUSINESS_ID"):
        return failed(
            f"{names} is not set, so no credit line can be shared", "Set it to your portfolio's id."
        )
    lines = credit_lines.list_credit_lines(business_id=settings.META_BUSINESS_ID, token=token())
    found = next((line for line in lines if line.id == settings.META_CREDIT_LINE_ID), None)
    if found is None:
        there = ", ".join(f"{line.legal_entity_name or 'unnamed'} ({line.id})" for line in lines) or "none"
        return failed(
            f"META_CREDIT_LINE_ID {settings.META_CREDIT_LINE_ID} is none of the portfolio's: {there}",
            "Take one of these; without any, ask your contact at Meta for a line of credit.",
        )
    return ok(f"{found.legal_entity_name or 'credit line'} ({found.id})")


def number_pool() -> Finding:
    """The portfolio's pre-verified numbers, which Meta shows to approved Solution Partners alone."""
    if names := unset("META_BUSINESS_ID"):
        return skipped(names, "Numbers cannot be registered before their links.")
    try:
        pool = preverified_numbers.list_all(business_id=settings.META_BUSINESS_ID, token=token())
    except GraphError as error:
        if error.cause not in NO_POOL:
            raise
        return warning(
            f"Meta does not show the pool: {error}. Numbers cannot be registered before their links",
            "Only that is missing. It takes an approved Solution Partner, and business_management for the"
            " system user.",
        )
    verified = sum(number.is_verified for number in pool)
    return ok(f"{len(pool)} numbers in the pool, {verified} of them verified")
