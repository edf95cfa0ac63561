"""The receiver of outgoing webhooks: signatures, answers, its page."""

import pytest
import requests

# The golden vectors of the product's webhook signature.
BODY = (
    '{"event":"phone_number.connected","timestamp":"2024-01-15T10:35:00.000Z","organizationId":"org_uuid",'
    '"data":{"name":"Cañón 👋"}}'
).encode()
EVENT = "evt_01J9ZK3T4Q8R7W6V5N2M1C0BXA"
MOMENT = 1_705_314_900
CANONICAL = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
VECTORS = [
    (
        "whsec_my_secret_key_123",
        "v1,P1O/8iEY4KYnDpZIrj3MZR881EgZ0qe19gOHcql0dJY=",
        "sha256=2964a406aa6862c82f6022aee8bf746e4d45553653ea1dcce96b0f9ab286518c",
    ),
    (
        "whsec_your_secret_key",
        "v1,RfyHT3Rm4L8BoceblVLzGKaguq6h5QONYtjxVH9xYDg=",
        "sha256=d7f782fae8ce8d84481f3cd7c8ae5d2ee0bcf4e6743877f8386bbef985bdf1d8",
    ),
    (
        "0123456789abcdef",
        "v1,0H/PzGJvBO2wlrsooAqhuJNaaz2Jf3XFB83Z1sslTQo=",
        "sha256=d8be852b6359d5d3eedc27fd72bd7c397aa7859ff6391d8192ecb239a118c9fe",
    ),
    (
        CANONICAL,
        "v1,bVSGgp91Wxp6a7ja/MJBOB0gmCOBGK1V1jQcx9FaY6U= v1,1RH5Tw34zCkT9UHqgvixODWE8/OBR9o6rcqnu3ejXKQ=",
        "sha256=d83fe835ea56420c6da116e60615ba592cd9e90ad4ef570449f204271a5c64e7",
    ),
]


def configure(sandbox, **settings) -> None:
    requests.post(f"{sandbox.url}/_sandbox/receivers/demo", json=settings, timeout=10)


def send(sandbox, standard: str, plain: str, body: bytes = BODY) -> requests.Response:
    headers = {
        "Content-Type": "application/json; charset=utf-8",
        "webhook-id": EVENT,
        "webhook-timestamp": str(MOMENT),
        "webhook-signature": standard,
        "x-webhook-signature": plain,
        "x-webhook-event": "phone_number.connected",
    }
    return requests.post(f"{sandbox.url}/receiver/demo", data=body, headers=headers, timeout=10)


def deliveries(sandbox):
    return requests.get(f"{sandbox.url}/_sandbox/receivers/demo/deliveries", timeout=10).json()["data"]


@pytest.mark.parametrize(("secret", "standard", "plain"), VECTORS)
def test_a_right_signature_is_seen_as_right(sandbox, clock, secret, standard, plain):
    clock.now = MOMENT + 1
    configure(sandbox, secret=secret)

    answer = send(sandbox, standard, plain)

    (delivery,) = deliveries(sandbox)
    assert answer.status_code == 200
    assert (delivery["signatureValid"], delivery["problems"]) == (True, [])
    assert delivery["body"] == BODY.decode()


def test_each_of_two_keys_is_enough(sandbox):
    _, standard, plain = VECTORS[-1]
    configure(sandbox, secret=CANONICAL)

    for entry in standard.split():
        send(sandbox, entry, plain)

    assert [delivery["signatureValid"] for delivery in deliveries(sandbox)] == [True, True]


@pytest.mark.parametrize(
    ("secret", "body", "swap"),
    [
        ("another-secret-entirely", BODY, False),
        (VECTORS[0][0], BODY.replace(b"phone", b"phony"), False),
        (VECTORS[0][0], BODY, True),
    ],
    ids=["wrong secret", "changed body", "wrong hex header"],
)
def test_a_wrong_signature_is_seen_as_wrong(sandbox, secret, body, swap):
    _, standard, plain = VECTORS[0]
    configure(sandbox, secret=secret)

    send(sandbox, standard, VECTORS[1][2] if swap else plain, body)

    assert deliveries(sandbox)[0]["signatureValid"] is False


def test_without_a_secret_nothing_is_claimed_and_an_old_timestamp_is_named(sandbox):
    secret, standard, plain = VECTORS[0]
    send(sandbox, standard, plain)
    configure(sandbox, secret=secret)
    send(sandbox, standard, plain)

    newest, oldest = deliveries(sandbox)

    assert oldest["signatureValid"] is None
    assert newest["problems"] == ["webhook-timestamp is more than 5 minutes away."]
    assert (oldest["isRepeated"], newest["isRepeated"]) == (False, True)


def test_it_can_answer_otherwise_for_a_while(sandbox):
    configure(sandbox, status=503, headers={"Retry-After": "7"}, times=2)

    answers = [send(sandbox, "v1,x", "sha256=x") for _ in range(3)]

    assert [answer.status_code for answer in answers] == [503, 503, 200]
    assert answers[0].headers["Retry-After"] == "7"


def test_it_can_answer_late(sandbox):
    configure(sandbox, delayMs=200, times=1)

    assert send(sandbox, "v1,x", "sha256=x").elapsed.total_seconds() >= 0.2


def test_only_the_newest_two_hundred_are_kept(sandbox):
    with requests.Session() as session:
        for number in range(203):
            session.post(f"{sandbox.url}/receiver/demo", data=str(number), timeout=10)

    kept = deliveries(sandbox)

    assert [len(kept), kept[0]["body"], kept[-1]["body"]] == [200, "202", "3"]


def test_the_page_shows_deliveries_and_escapes_them(sandbox):
    secret, standard, plain = VECTORS[0]
    configure(sandbox, secret=secret)
    send(sandbox, standard, plain)
    send(sandbox, standard, plain, b'{"event":"<script>alert(1)</script>"}')

    page = requests.get(f"{sandbox.url}/receiver/demo", timeout=10).text

    assert "signature right" in page
    assert "signature wrong" in page
    assert "Cañón 👋" in page
    assert "<script>alert(1)" not in page
    assert secret not in page
