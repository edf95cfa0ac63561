"""What Meta's window is filled in with: `extras.setup` of `FB.login`, from what the client gave.

https://developers.facebook.com/docs/whatsapp/embedded-signup/pre-filled-data
The end-user can change every value there, and nothing of ours compares with them.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import phonenumbers

from onboarding.models import OnboardingLink, RegisteredNumber

Setup = dict[str, Any]
# Meta's names, by ours.
ADDRESS = {
    "address": "streetAddress1",
    "addressLine2": "streetAddress2",
    "city": "city",
    "state": "state",
    "postalCode": "zipPostal",
    "country": "country",
}
PROFILE = {"category": "category", "description": "description"}


def setup_of(link: OnboardingLink, now: datetime) -> Setup:
    """`{business, phone, preVerifiedPhone}`: only what was given, and never `registrationId`."""
    business: Mapping[str, Any] = link.business or {}
    verified_id = preverified_id(link.registered_number, now)
    return given(
        {
            "business": business_of(business, None if verified_id else number_of(link)),
            "phone": given({"displayName": link.display_name}) | renamed(business, PROFILE),
            "preVerifiedPhone": {"ids": [verified_id]} if verified_id else {},
        }
    )


def business_of(business: Mapping[str, Any], number: str | None) -> Setup:
    address = renamed(business, ADDRESS)
    if "streetAddress1" in address:
        address["streetAddress1"] = ", ".join(address["streetAddress1"].split("\n"))
    return given(
        {name: business.get(name) for name in ("name", "email", "website")}
        | {"address": address, "phone": phone_of(number), "timezone": business.get("timezone")}
    )


def number_of(link: OnboardingLink) -> str | None:
    """The expected one first: with any other the signup ends as WRONG_NUMBER.

    A registered one that is verified no more is still what the link is for: it takes a code in the window.
    """
    registered = link.registered_number.phone_number if link.registered_number else None
    return link.expected_phone_number or registered or (link.business or {}).get("phoneNumber")


def phone_of(number: str | None) -> Setup:
    """`{code, number}`: the calling code as a number, the rest as text, with its leading zeros."""
    if not number:
        return {}
    parsed = phonenumbers.parse(number)
    return {
        "code": parsed.country_code,
        "number": phonenumbers.national_significant_number(parsed),
    }


def preverified_id(number: RegisteredNumber | None, now: datetime) -> str | None:
    """Meta's id of the registered number, while Meta takes it without another code."""
    if number is None or number.published_status(now) != RegisteredNumber.Status.VERIFIED:
        return None
    return number.meta_preverified_id


def renamed(values: Mapping[str, Any], names: Mapping[str, str]) -> Setup:
    return given({theirs: values.get(ours) for ours, theirs in names.items()})


def given(values: Mapping[str, Any]) -> Setup:
    return {name: value for name, value in values.items() if value}


def merged(base: Mapping[str, Any], over: Mapping[str, Any]) -> Setup:
    """`over` on top of `base`, object by object; lists and plain values are replaced whole."""
    result = dict(base)
    for name, value in over.items():
        is_deep = isinstance(value, Mapping) and isinstance(base.get(name), Mapping)
        result[name] = merged(base[name], value) if is_deep else value
    return result
