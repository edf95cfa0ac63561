"""What Meta sends by itself is believed by its signature alone."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json

import pytest

from meta_graph.callbacks import BadSignatureError, is_signed, parse_signed_request

RAW = b'{"object":"whatsapp_business_account","entry":[]}'
CLAIMS = {"algorithm": "HMAC-SHA256", "issued_at": 1_795_000_000, "user_id": "1030"}


def header(raw: bytes, secret: str) -> str:
    return "sha256=" + hmac.new(secret.encode(), raw, hashlib.sha256).hexdigest()


def encoded(part: bytes) -> str:
    return base64.urlsafe_b64encode(part).decode().rstrip("=")


def signed_request(payload: bytes, secret: str) -> str:
    body = encoded(payload)
    return encoded(hmac.new(secret.encode(), body.encode(), hashlib.sha256).digest()) + "." + body


def test_a_notification_may_be_signed_with_any_of_the_secrets():
    assert is_signed(RAW, header(RAW, "new"), ["new", "old"])
    assert is_signed(RAW, header(RAW, "old"), ["new", "old"])
    assert not is_signed(RAW, header(RAW, "older"), ["new", "old"])


def test_one_other_byte_is_another_notification():
    assert not is_signed(RAW + b" ", header(RAW, "new"), ["new"])


@pytest.mark.parametrize("secrets", [[], [""], ["", ""]])
def test_without_a_secret_nothing_is_signed(secrets):
    assert not is_signed(RAW, header(RAW, ""), secrets)
    with pytest.raises(BadSignatureError):
        parse_signed_request(signed_request(json.dumps(CLAIMS).encode(), ""), secrets)


@pytest.mark.parametrize("given", ["", "sha256=", "sha1=00", "sha256=é", "\ud800", header(RAW, "new")[7:]])
def test_what_is_no_signature_signs_nothing(given):
    assert not is_signed(RAW, given, ["new"])


def test_a_signed_request_says_whose_data_it_is_about():
    text = signed_request(json.dumps(CLAIMS).encode(), "old")

    assert parse_signed_request(text, ["new", "old"]) == CLAIMS


@pytest.mark.parametrize(
    "text",
    [
        "",
        ".",
        "a.b",
        "é.é",
        "a b.c d",
        signed_request(json.dumps(CLAIMS).encode(), "other"),
        signed_request(json.dumps(CLAIMS).encode(), "new") + "A",
        signed_request(b"not json", "new"),
        signed_request(b"\xff", "new"),
        signed_request(b"[]", "new"),
        signed_request(b'{"user_id": "1030"}', "new"),
        signed_request(b'{"algorithm": "none", "user_id": "1030"}', "new"),
        encoded(b"0" * 32) + ".\ud800",
    ],
)
def test_what_is_not_metas_is_refused(text):
    with pytest.raises(BadSignatureError):
        parse_signed_request(text, ["new"])
