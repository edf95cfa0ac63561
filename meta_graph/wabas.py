"""WhatsApp Business Accounts: what they are and hold, who works on them, who gets their webhooks."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from meta_graph.answers import (
    Named,
    accepted,
    identifier,
    mapping,
    named,
    reading,
    rows,
    status,
    text,
    texts,
)
from meta_graph.client import Token, call, node, pages
from meta_graph.phone_numbers import FIELDS as PHONE_NUMBER_FIELDS
from meta_graph.phone_numbers import PhoneNumberInfo, phone_number_info

FIELDS = (
    "id,name,currency,timezone_id,country,account_review_status,business_verification_status,"
    "owner_business_info,marketing_messages_onboarding_status,health_status"
)


@dataclass(frozen=True)
class WabaInfo:
    """A WABA as Meta sees it; what Meta leaves out is None. `health` is Meta's `health_status`.

    `account_review_status` is in upper case, `business_verification_status` in lower case, whichever way
    Meta sent them. The owner disappears once the customer unshares the WABA.
    """

    id: str
    name: str | None
    currency: str | None
    timezone_id: str | None
    country: str | None
    account_review_status: str | None
    business_verification_status: str | None
    owner_business_id: str | None
    owner_business_name: str | None
    marketing_messages_onboarding_status: str | None
    health: dict[str, Any] | None


@dataclass(frozen=True)
class SubscribedApp:
    """An app that gets the WABA's webhooks, at its own callback or at the overriding one."""

    id: str
    name: str | None
    override_callback_uri: str | None


@dataclass(frozen=True)
class AssignedUser:
    """A user who may work on the WABA, and what at: MANAGE, DEVELOP, MESSAGING, MANAGE_BILLING ..."""

    id: str
    name: str | None
    tasks: tuple[str, ...]


def read_waba(*, waba_id: str, token: Token) -> WabaInfo:
    """https://developers.facebook.com/docs/graph-api/reference/whats-app-business-account"""
    answer = call("read_waba", "GET", node(waba_id), token=token, params={"fields": FIELDS})
    with reading("read_waba"):
        return _waba_info(answer)


def list_phone_numbers(*, waba_id: str, token: Token) -> tuple[PhoneNumberInfo, ...]:
    """https://developers.facebook.com/docs/graph-api/reference/whats-app-business-account/phone_numbers"""
    found = pages(
        "list_phone_numbers",
        node(waba_id, "phone_numbers"),
        token=token,
        params={"fields": PHONE_NUMBER_FIELDS},
    )
    with reading("list_phone_numbers"):
        return tuple(phone_number_info(row) for row in found)


def add_phone_number(
    *, waba_id: str, country_code: str, phone_number: str, verified_name: str, token: Token
) -> str:
    """A number for a WABA whose signup ended without one, not yet verified; returns its id.

    `country_code` is the calling code in digits, `phone_number` the rest, `verified_name` what customers
    will see.
    https://developers.facebook.com/docs/graph-api/reference/whats-app-business-account/phone_numbers
    """
    body = {"cc": country_code, "phone_number": phone_number, "verified_name": verified_name}
    answer = call("add_phone_number", "POST", node(waba_id, "phone_numbers"), token=token, json=body)
    with reading("add_phone_number"):
        return identifier(answer)


def list_assigned_users(*, waba_id: str, business_id: str, token: Token) -> tuple[AssignedUser, ...]:
    """Who of the portfolio may work on the WABA.

    https://developers.facebook.com/docs/graph-api/reference/whats-app-business-account/assigned_users
    """
    found = pages(
        "list_assigned_users",
        node(waba_id, "assigned_users"),
        token=token,
        params={"business": business_id, "fields": "id,name,tasks"},
    )
    with reading("list_assigned_users"):
        return tuple(
            AssignedUser(id=identifier(row), name=text(row, "name"), tasks=texts(row, "tasks"))
            for row in found
        )


def assign_user(*, waba_id: str, user_id: str, tasks: Sequence[str], token: Token) -> None:
    """Lets a system user of ours work on the WABA; safe to repeat. Needs an admin system user's token.

    https://developers.facebook.com/docs/graph-api/reference/whats-app-business-account/assigned_users
    """
    answer = call(
        "assign_user",
        "POST",
        node(waba_id, "assigned_users"),
        token=token,
        params={"user": user_id, "tasks": json.dumps(list(tasks))},
    )
    with reading("assign_user"):
        accepted(answer)


def read_primary_funding_id(*, waba_id: str, token: Token) -> str | None:
    """What pays for the WABA: the receiving credential of a shared credit line, None where nothing does.

    Only a Solution Partner may read it.
    https://developers.facebook.com/docs/whatsapp/embedded-signup/manage-accounts/share-and-revoke-credit-lines
    """
    answer = call(
        "read_primary_funding_id",
        "GET",
        node(waba_id),
        token=token,
        params={"fields": "primary_funding_id"},
    )
    with reading("read_primary_funding_id"):
        return text(answer, "primary_funding_id")


def subscribe_app(
    *,
    waba_id: str,
    token: Token,
    override_callback_uri: str | None = None,
    verify_token: str | None = None,
) -> None:
    """Subscribes our app to the WABA's webhooks; safe to repeat. Without an override an earlier one goes.

    https://developers.facebook.com/docs/graph-api/reference/whats-app-business-account/subscribed_apps
    """
    override = None
    if override_callback_uri is not None:
        override = {"override_callback_uri": override_callback_uri, "verify_token": verify_token}
    answer = call("subscribe_app", "POST", node(waba_id, "subscribed_apps"), token=token, json=override)
    with reading("subscribe_app"):
        accepted(answer)


def list_subscribed_apps(*, waba_id: str, token: Token) -> tuple[SubscribedApp, ...]:
    """https://developers.facebook.com/docs/graph-api/reference/whats-app-business-account/subscribed_apps"""
    found = pages("list_subscribed_apps", node(waba_id, "subscribed_apps"), token=token)
    with reading("list_subscribed_apps"):
        return tuple(_subscribed_app(row) for row in found)


def unsubscribe_app(*, waba_id: str, token: Token) -> None:
    """https://developers.facebook.com/docs/graph-api/reference/whats-app-business-account/subscribed_apps"""
    answer = call("unsubscribe_app", "DELETE", node(waba_id, "subscribed_apps"), token=token)
    with reading("unsubscribe_app"):
        accepted(answer)


def list_datasets(*, waba_id: str, token: Token) -> tuple[Named, ...]:
    """The datasets of the Conversions API; needs whatsapp_business_manage_events.

    https://developers.facebook.com/docs/marketing-api/conversions-api/business-messaging
    """
    answer = call("list_datasets", "GET", node(waba_id, "dataset"), token=token, params={"fields": "id,name"})
    with reading("list_datasets"):
        found = rows(answer) if "data" in answer else (answer,) if "id" in answer else ()
        return tuple(named(row) for row in found)


def list_product_catalogs(*, waba_id: str, token: Token) -> tuple[Named, ...]:
    """Needs catalog_management.

    https://developers.facebook.com/docs/graph-api/reference/whats-app-business-account/product_catalogs
    """
    found = pages(
        "list_product_catalogs", node(waba_id, "product_catalogs"), token=token, params={"fields": "id,name"}
    )
    with reading("list_product_catalogs"):
        return tuple(named(row) for row in found)


def _waba_info(answer: dict[str, Any]) -> WabaInfo:
    owner = mapping(answer, "owner_business_info") or {}
    review = text(answer, "account_review_status")
    verification = text(answer, "business_verification_status")
    return WabaInfo(
        id=identifier(answer),
        name=text(answer, "name"),
        currency=text(answer, "currency"),
        timezone_id=text(answer, "timezone_id"),
        country=text(answer, "country"),
        account_review_status=review and review.upper(),
        business_verification_status=verification and verification.lower(),
        owner_business_id=text(owner, "id"),
        owner_business_name=text(owner, "name"),
        marketing_messages_onboarding_status=status(answer, "marketing_messages_onboarding_status"),
        health=mapping(answer, "health_status"),
    )


def _subscribed_app(row: dict[str, Any]) -> SubscribedApp:
    """Documented as nested in `whatsapp_business_api_data`, flat in Meta's OpenAPI file: both are read."""
    app = mapping(row, "whatsapp_business_api_data") or row
    return SubscribedApp(
        id=identifier(app), name=text(app, "name"), override_callback_uri=text(row, "override_callback_uri")
    )
