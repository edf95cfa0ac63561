"""The golden vectors, and the published verifier libraries as counterparts."""

import base64
import hashlib
from datetime import UTC, datetime, timedelta

import pytest
import standardwebhooks
import svix
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from webhooks.signing import attempt_headers, canonical_key, generate_secret, standard_webhooks_secret

EVENT_ID = "evt_01J9ZK3T4Q8R7W6V5N2M1C0BXA"
AT = datetime.fromtimestamp(1705314900, UTC)
BODY = (
    '{"event":"phone_number.connected","timestamp":"2024-01-15T10:35:00.000Z",'
    '"organizationId":"org_uuid","data":{"name":"Cañón 👋"}}'
).encode()
GOLDEN = [
    (
        "whsec_my_secret_key_123",
        "whsec_d2hzZWNfbXlfc2VjcmV0X2tleV8xMjM=",
        "v1,P1O/8iEY4KYnDpZIrj3MZR881EgZ0qe19gOHcql0dJY=",
        "sha256=2964a406aa6862c82f6022aee8bf746e4d45553653ea1dcce96b0f9ab286518c",
    ),
    (
        "whsec_your_secret_key",
        "whsec_d2hzZWNfeW91cl9zZWNyZXRfa2V5",
        "v1,RfyHT3Rm4L8BoceblVLzGKaguq6h5QONYtjxVH9xYDg=",
        "sha256=d7f782fae8ce8d84481f3cd7c8ae5d2ee0bcf4e6743877f8386bbef985bdf1d8",
    ),
    (
        "0123456789abcdef",
        "whsec_MDEyMzQ1Njc4OWFiY2RlZg==",
        "v1,0H/PzGJvBO2wlrsooAqhuJNaaz2Jf3XFB83Z1sslTQo=",
        "sha256=d8be852b6359d5d3eedc27fd72bd7c397aa7859ff6391d8192ecb239a118c9fe",
    ),
    (
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw",
        "v1,bVSGgp91Wxp6a7ja/MJBOB0gmCOBGK1V1jQcx9FaY6U= v1,1RH5Tw34zCkT9UHqgvixODWE8/OBR9o6rcqnu3ejXKQ=",
        "sha256=d83fe835ea56420c6da116e60615ba592cd9e90ad4ef570449f204271a5c64e7",
    ),
]
SECRETS = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=16, max_size=256)


def headers_of(*signing: str, body: bytes = BODY, attempt: int = 1) -> dict[str, str]:
    return attempt_headers(
        event_id=EVENT_ID,
        event_name="phone_number.connected",
        body=body,
        signing=signing,
        attempt=attempt,
        at=AT,
    )


def verify(library, secret: str | bytes, headers: dict[str, str], body: bytes = BODY) -> bool:
    """True when the library accepts an attempt one second after it; else its error."""
    with time_machine.travel(AT + timedelta(seconds=1), tick=False):
        library.Webhook(secret).verify(body.decode(), headers)
    return True


def test_the_golden_body_has_the_bytes_of_the_documentation():
    assert hashlib.sha256(BODY).hexdigest() == (
        "e36b50a9e9c82953482b68e6a4bc5419483005b8227efaf6356281f7b3637f95"
    )
    assert len(BODY) == 132


@pytest.mark.parametrize(("secret", "alias", "standard", "compatible"), GOLDEN)
def test_golden_vectors(secret, alias, standard, compatible):
    headers = headers_of(secret)

    assert standard_webhooks_secret(secret) == alias
    assert headers == {
        "content-type": "application/json; charset=utf-8",
        "user-agent": "Gangway-Webhooks/1",
        "webhook-id": EVENT_ID,
        "webhook-timestamp": "1705314900",
        "webhook-signature": standard,
        "x-webhook-event": "phone_number.connected",
        "x-webhook-attempt": "1",
        "x-webhook-signature": compatible,
    }


@pytest.mark.parametrize("library", [standardwebhooks, svix])
@pytest.mark.parametrize("secret", [vector[0] for vector in GOLDEN])
def test_published_verifiers_accept_an_attempt_by_the_alias(library, secret):
    assert verify(library, standard_webhooks_secret(secret), headers_of(secret))


@pytest.mark.parametrize("library", [standardwebhooks, svix])
@pytest.mark.parametrize("secret", [vector[0] for vector in GOLDEN])
def test_published_verifiers_accept_an_attempt_by_the_bytes_of_the_secret(library, secret):
    assert verify(library, secret.encode(), headers_of(secret))


@pytest.mark.parametrize("library", [standardwebhooks, svix])
@given(secret=SECRETS)
def test_every_accepted_secret_has_an_alias_that_verifies(library, secret):
    assert verify(library, standard_webhooks_secret(secret), headers_of(secret))


@pytest.mark.parametrize("library", [standardwebhooks, svix])
def test_a_changed_body_is_refused_by_the_verifiers(library):
    secret = generate_secret()

    with pytest.raises(library.WebhookVerificationError):
        verify(library, secret, headers_of(secret), BODY.replace(b"Ca", b"Ka"))


@pytest.mark.parametrize("library", [standardwebhooks, svix])
def test_in_the_overlap_both_secrets_verify(library):
    newer, older = generate_secret(), "my-old-secret-0123"
    headers = headers_of(newer, older)

    assert verify(library, newer, headers)
    assert verify(library, standard_webhooks_secret(older), headers)
    assert headers["x-webhook-signature"] == headers_of(newer)["x-webhook-signature"]
    assert len(headers["webhook-signature"].split(" ")) == 3


def test_generated_secrets_are_canonical_and_their_own_alias():
    secret = generate_secret()

    assert len(secret) == 50
    assert len(canonical_key(secret) or b"") == 32
    assert standard_webhooks_secret(secret) == secret
    assert generate_secret() != secret


@pytest.mark.parametrize(
    "secret",
    [
        base64.b64encode(bytes(32)).decode(),  # no prefix
        "whsec_" + base64.b64encode(bytes(23)).decode(),  # too short
        "whsec_" + base64.b64encode(bytes(65)).decode(),  # too long
        "whsec_" + base64.b64encode(bytes(32)).decode().rstrip("="),  # no padding
        "whsec_" + base64.b64encode(bytes(31)).decode()[:-2] + "B=",  # bits after the end
        "whsec_" + base64.urlsafe_b64encode(b"\xff" * 32).decode(),  # another alphabet
        "WHSEC_" + base64.b64encode(bytes(32)).decode(),
    ],
)
def test_what_is_not_strictly_canonical_is_never_decoded(secret):
    assert canonical_key(secret) is None
    assert len(headers_of(secret)["webhook-signature"].split(" ")) == 1
