"""What schemathesis cannot know from a schema: it loads this file through `schemathesis.toml`."""

import itertools
import json
import os
from typing import Any

import schemathesis
from hypothesis import strategies as st

LETTERS = st.text("abcdefghijklmnopqrstuvwxyz", min_size=1, max_size=20)

# The rules for a customer's URL are more than its form: https, and no address inside our own network.
schemathesis.openapi.format("uri", st.builds("https://{}.example.com/{}".format, LETTERS, LETTERS))
# A time of expiry lies in the future, and for a filter any time will do.
schemathesis.openapi.format("date-time", st.integers(2100, 9000).map("{}-01-15T10:30:00.000Z".format))
# Numbers that some country's plan has.
schemathesis.openapi.format("phone-number", st.integers(10**6, 10**7 - 1).map("+549115{}".format))
# Never the same twice: another request with the same key is a conflict.
serial = itertools.count(1)
schemathesis.openapi.format("idempotency-key", st.builds(lambda: f"key-{next(serial)}"))
YESTERDAY, LOGO_URL = os.environ["YESTERDAY"], os.environ["LOGO_URL"]
# Looked up without a network.
RECEIVER = "https://localhost/hook"

# What only this world knows to be right, by the name of the field or of the query's parameter.
IN_BODY: dict[str, dict[str, Any]] = {
    "wabaId": {"enum": [*os.environ["WABA_IDS"].split(), None]},  # WABAs of the calling organization
    "phoneNumberId": {"enum": os.environ["PHONE_IDS"].split()},  # phones of the calling organization
    "expiresAt": {"pattern": "^([3-9]|2[1-9])"},  # a time in the future
    "since": {"enum": [YESTERDAY]},  # a time within the 30 days that events are kept
    "logoUrl": {"enum": [LOGO_URL, None]},  # where there is a picture
    "url": {"enum": [RECEIVER]},  # of a server that is not this platform
    "registeredNumberId": {"enum": [None]},  # a verified number that no link has
    "website": {"pattern": r"^https://[a-z]{1,20}\.example\.com/"},
    "landingPage": {"enum": [False, None]},  # true needs three fields of `business`
    "webhookUrl": {"enum": [RECEIVER, None]},
}

IN_QUERY: dict[str, dict[str, Any]] = {"after": {"enum": [os.environ["EVENT_ID"]]}}  # an event that there is


@schemathesis.hook
def before_load_schema(context: Any, raw_schema: dict[str, Any]) -> None:
    """Narrows bodies, queries and keys, and brings the times of examples up to date."""
    key = raw_schema["components"]["parameters"]["IdempotencyKey"]
    key["schema"] = {"type": "string", "format": "idempotency-key"}
    del key["example"]
    for name, schema in raw_schema["components"]["schemas"].items():
        if name.endswith("Request"):
            # A body of several forms has none by itself.
            narrow(schema.get("properties", {}), IN_BODY)
            # Of fields that are narrowed so far that the rules between them say nothing any more.
            schema.pop("allOf", None)
    # Two numbers of one link would have to be the same one.
    raw_schema["components"]["schemas"]["BusinessRequest"]["properties"]["phoneNumber"] |= {"enum": [None]}
    for operations in raw_schema["paths"].values():
        for operation in operations.values():
            for parameter in operation.get("parameters", ()):
                if "$ref" in parameter:
                    continue
                narrow({parameter["name"]: parameter["schema"]}, IN_QUERY)
            for content in operation.get("requestBody", {}).get("content", {}).values():
                for example in content.get("examples", {}).values():
                    bring_up_to_date(example["value"])


@schemathesis.hook
def filter_body(context: Any, body: Any) -> bool:
    """NUL is refused at any depth of `metadata`, which no schema can say; test_bad_input.py sends it."""
    given = body.get("metadata") if isinstance(body, dict) else None
    return not isinstance(given, dict) or "\\u0000" not in json.dumps(given)


def bring_up_to_date(body: dict[str, Any]) -> None:
    for name, value in (("since", YESTERDAY), ("logoUrl", LOGO_URL)):
        if name in body:
            body[name] = value
    if "branding" in body:
        bring_up_to_date(body["branding"])


def narrow(properties: dict[str, dict[str, Any]], narrower: dict[str, dict[str, Any]]) -> None:
    for name in properties.keys() & narrower:
        properties[name] |= narrower[name]
