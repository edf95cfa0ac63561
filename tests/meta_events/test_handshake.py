"""What Meta asks when an address is saved: exactly the challenge, to nobody but who knows the token."""

import pytest

TOKEN = "sandbox-verify-token"
ASKED = {"hub.mode": "subscribe", "hub.verify_token": TOKEN, "hub.challenge": "1158201444"}
ADDRESSES = ["/webhook/meta", "/webhook/phone/660e8400-e29b-41d4-a716-446655440001"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_the_challenge_is_the_whole_answer(client, address):
    answer = client.get(address, ASKED)

    assert (answer.status_code, answer.content) == (200, b"1158201444")
    assert answer["Content-Type"] == "text/plain; charset=utf-8"
    assert answer["X-Content-Type-Options"] == "nosniff"


@pytest.mark.parametrize(
    "wrong",
    [
        {"hub.verify_token": "another"},
        {"hub.verify_token": ""},
        {"hub.verify_token": "sandbox-verify-tokén"},
        {"hub.mode": "unsubscribe"},
        {"hub.challenge": ""},
        {"hub.challenge": "1" * 257},
    ],
)
def test_anything_else_is_refused_without_an_echo(client, wrong):
    answer = client.get("/webhook/meta", ASKED | wrong)

    assert answer.status_code == 403
    assert b"1158201444" not in answer.content
    assert b"1111" not in answer.content


def test_a_call_without_a_query_is_refused(client):
    assert client.get("/webhook/meta").status_code == 403


def test_an_empty_token_in_the_settings_lets_nobody_in(client, settings):
    settings.META_WEBHOOK_VERIFY_TOKEN = ""

    assert client.get("/webhook/meta", ASKED | {"hub.verify_token": ""}).status_code == 403


def test_html_in_a_challenge_is_text(client):
    answer = client.get("/webhook/meta", ASKED | {"hub.challenge": "<script>alert(1)</script>"})

    assert answer.content == b"<script>alert(1)</script>"
    assert answer["Content-Type"].startswith("text/plain")


def test_other_methods_are_not_known(client):
    for method in ("put", "delete", "head", "patch"):
        assert getattr(client, method)("/webhook/meta").status_code == 405
