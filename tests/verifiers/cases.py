"""Deliveries, genuine and forged, and what a verifier by hand says to each of them."""

import base64
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from tests.webhooks.test_signing import BODY, EVENT_ID, GOLDEN
from webhooks.signing import signatures

SENT = 1705314900
SECRET, _, SIGNATURE, _ = GOLDEN[0]
GENUINE = ""
NO_MATCH = "no signature matches"
NO_NUMBER = "webhook-timestamp is not a number of seconds"
FAR = "webhook-timestamp is more than 5 minutes from now"


@dataclass(frozen=True)
class Case:
    """A delivery, and the receiver's secret and clock: unix seconds, None for the real one."""

    secret: str
    headers: Mapping[str, str]
    body: bytes = BODY
    now: int | None = SENT + 1

    def plain(self) -> dict[str, Any]:
        """As JSON for another process; `now` is a list of arguments, none or one."""
        now = [] if self.now is None else [self.now]
        body = base64.b64encode(self.body).decode()
        return {"secret": self.secret, "headers": dict(self.headers), "body": body, "now": now}

    def with_headers(self, **values: str) -> "Case":
        """`id`, `timestamp` and `signature` as given."""
        return replace(self, headers={**self.headers, **{f"webhook-{k}": v for k, v in values.items()}})


def signed_by(*secrets: str, body: bytes = BODY, sent: int = SENT) -> dict[str, str]:
    return {
        "webhook-id": EVENT_ID,
        "webhook-timestamp": str(sent),
        "webhook-signature": signatures(secrets, EVENT_ID, sent, body),
    }


def golden() -> list[Case]:
    """The golden vectors, their signatures as they are written down."""
    headers = {"webhook-id": EVENT_ID, "webhook-timestamp": str(SENT)}
    return [Case(secret, {**headers, "webhook-signature": signature}) for secret, _, signature, _ in GOLDEN]


def table() -> dict[str, tuple[Case, str]]:
    """By name: a case, and the refusal that it meets; GENUINE for none."""
    good = golden()[0]
    vectors = {f"golden vector {case.secret}": (case, GENUINE) for case in golden()}
    return vectors | genuine(good) | forged(good) | malformed(good) | on_another_day(good)


def genuine(good: Case) -> dict[str, tuple[Case, str]]:
    cases = {
        "names in capitals": replace(good, headers={k.title(): v for k, v in good.headers.items()}),
        "other headers too": good.with_headers(other="x"),
        "an unknown scheme before": good.with_headers(signature=f"v1a,AAAA {SIGNATURE}"),
        "no scheme before": good.with_headers(signature=f"AAAA {SIGNATURE}"),
        "two spaces": good.with_headers(signature=f"v1,AAAA  {SIGNATURE}"),
        "the newer secret of two": Case("the-newer-secret", signed_by("the-newer-secret", SECRET)),
        "the older secret of two": Case(SECRET, signed_by("the-newer-secret", SECRET)),
        "bytes that are no text": Case(SECRET, signed_by(SECRET, body=b"\xff\x00\r\n"), b"\xff\x00\r\n"),
        "no body": Case(SECRET, signed_by(SECRET, body=b""), b""),
        "the real clock": Case(SECRET, signed_by(SECRET, sent=int(time.time())), now=None),
    }
    return {name: (case, GENUINE) for name, case in cases.items()}


def forged(good: Case) -> dict[str, tuple[Case, str]]:
    cases = {
        "another body": replace(good, body=BODY.replace(b"Ca", b"Ka")),
        "a body that was parsed and written again": replace(good, body=json.dumps(json.loads(BODY)).encode()),
        "a longer body": replace(good, body=BODY + b"\n"),
        "another id": good.with_headers(id="evt_01J9ZK3T4Q8R7W6V5N2M1C0BXB"),
        "another timestamp": good.with_headers(timestamp=str(SENT + 1)),
        "another secret": replace(good, secret=SECRET + "4"),
        "a signature of other letters": good.with_headers(signature=SIGNATURE[:-1] + "\u00e9"),
        "part of a signature": good.with_headers(signature=SIGNATURE[:-1]),
        "a signature and more": good.with_headers(signature=SIGNATURE + "v1"),
        "no digest": good.with_headers(signature="v1,"),
        "the right digest of an unknown scheme": good.with_headers(signature=SIGNATURE.replace("v1", "v2")),
        "the right digest of no scheme": good.with_headers(signature=SIGNATURE.removeprefix("v1,")),
    }
    return {name: (case, NO_MATCH) for name, case in cases.items()}


def malformed(good: Case) -> dict[str, tuple[Case, str]]:
    def without(name: str) -> Case:
        return replace(good, headers={k: v for k, v in good.headers.items() if k != name})

    absent = {f"no {name}": (without(name), f"no {name} header") for name in good.headers}
    times = ("nan", "1705314900.0", "+1705314900", "-1", "170531490\u00b2", "0x65a50a54", "9" * 5000)
    numbers = {f"at {time[:20]}": (good.with_headers(timestamp=time), NO_NUMBER) for time in times}
    return {
        **absent,
        **numbers,
        "no value": (good.with_headers(signature=""), "no webhook-signature header"),
        "no secret on either side": (Case("", signed_by("")), "the secret is empty"),
    }


def on_another_day(good: Case) -> dict[str, tuple[Case, str]]:
    return {
        "5 minutes old": (replace(good, now=SENT + 300), GENUINE),
        "5 minutes ahead": (replace(good, now=SENT - 300), GENUINE),
        "older": (replace(good, now=SENT + 301), FAR),
        "further ahead": (replace(good, now=SENT - 301), FAR),
        "old by the real clock": (replace(good, now=None), FAR),
    }
