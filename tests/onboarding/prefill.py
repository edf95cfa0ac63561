"""What a partner may know of its customer, and Meta's own words on what the popup takes of it."""

import json
import re
from datetime import datetime, timedelta
from typing import Any

from django.test import Client
from django.utils import timezone

from onboarding.models import RegisteredNumber
from organizations.models import Organization

BUSINESS: dict[str, Any] = {
    "name": "Café Río & Söhne",
    "email": "office@cafe-rio.example",
    "website": "https://cafe-rio.example/",
    "registrationId": "514567890",
    "address": "12 Herzl St",
    "addressLine2": "Floor 2",
    "city": "Tel Aviv",
    "state": "Center",
    "postalCode": "6688212",
    "country": "IL",
    "phoneNumber": "+39 06 698 12345",
    "timezone": "UTC+02:00",
    "category": "RESTAURANT",
    "description": "Coffee since 1987.",
}
FOR_PAGE = ("name", "address", "registrationId")
# extras.setup as Meta documents it, with the values that the above has to become.
SETUP: dict[str, Any] = {
    "business": {
        "name": "Café Río & Söhne",
        "email": "office@cafe-rio.example",
        "website": "https://cafe-rio.example/",
        "address": {
            "streetAddress1": "12 Herzl St",
            "streetAddress2": "Floor 2",
            "city": "Tel Aviv",
            "state": "Center",
            "zipPostal": "6688212",
            "country": "IL",
        },
        "phone": {"code": 39, "number": "0669812345"},
        "timezone": "UTC+02:00",
    },
    "phone": {"displayName": "Café Río", "category": "RESTAURANT", "description": "Coffee since 1987."},
}
# Meta's page on pre-filled data, field by field: the type, and what it says of the value.
DOCUMENTED: dict[str, tuple[type, str]] = {
    "business.name": (str, r".{1,100}"),
    "business.email": (str, r"[^@]+@[^@]+"),
    "business.website": (str, r"https?://.+"),
    "business.address.streetAddress1": (str, r".+"),
    "business.address.streetAddress2": (str, r".+"),
    "business.address.city": (str, r".+"),
    "business.address.state": (str, r".+"),
    "business.address.zipPostal": (str, r".+"),
    "business.address.country": (str, r"[A-Z]{2}"),
    "business.phone.code": (int, r"\d{1,3}"),
    "business.phone.number": (str, r"\d+"),
    "business.timezone": (str, r"UTC[+-]\d\d:\d\d"),
    "preVerifiedPhone.ids": (list, r"\['\d+'\]"),
    "phone.displayName": (str, r".+"),
    "phone.category": (str, r"[A-Z_]+"),
    "phone.description": (str, r".{1,512}"),
}


def undocumented(setup: dict[str, Any], path: str = "") -> list[str]:
    """Paths of what Meta's page does not know, or not so."""
    found = []
    for name, value in setup.items():
        here = f"{path}.{name}" if path else name
        if isinstance(value, dict):
            found += undocumented(value, here) or ([] if value else [here])
            continue
        kind, form = DOCUMENTED.get(here, (type(None), ""))
        if type(value) is not kind or not re.fullmatch(form, str(value), re.DOTALL):
            found.append(here)
    return found


def paths(setup: dict[str, Any], path: str = "") -> set[str]:
    return {
        inner
        for name, value in setup.items()
        for inner in (paths(value, f"{path}{name}.") if isinstance(value, dict) else {f"{path}{name}"})
    }


def extras_on_page(link: dict[str, Any]) -> dict[str, Any]:
    """What the hosted page hands to FB.login."""
    page = Client().get(f"/signup/{link['id']}").content.decode()
    (config,) = re.findall(r'<script id="signup-config" type="application/json">(.*?)</script>', page)
    extras: dict[str, Any] = json.loads(config)["sdk"]["extras"]
    return extras


def registered(
    organization: Organization,
    phone_number: str = "+5491155551234",
    *,
    status: str = RegisteredNumber.Status.VERIFIED,
    expires_at: datetime | None = None,
) -> RegisteredNumber:
    now = timezone.now()
    return RegisteredNumber.objects.create(
        organization=organization,
        phone_number=phone_number,
        meta_preverified_id="106540352242922",
        status=status,
        verified_at=now,
        expires_at=expires_at or now + timedelta(days=90),
    )
