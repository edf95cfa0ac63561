"""The gate before logs and reports: each kind of secret is stopped, and what operators need gets through."""

import json
import logging
from collections.abc import Iterator
from typing import Any
from uuid import UUID

import pytest
import structlog

from config.logs import logging_config
from vault.redaction import HIDDEN, redacted, without_settings

KEY = "sk_org_abcdEFGH" + "s3cr3tS3cr3tS3cr3tS3cr3tS3cr3t12"
TOKEN = "EAASandbox-Zm9v_YmFyYmF6cXV4"
CODE = "AQBx7-Zm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9v_"
INBOX = "kJ8-fZm9vYmFyYmF6cXV4Zm9vYmFyYmF6cXV4Zm9v1"


HIDES = {
    f"Malformed access token {TOKEN}.": "Malformed access token [...].",
    f"Authorization: Bearer {KEY}": "Authorization: Bearer [...]",
    f"{{'authorization': 'Bearer {TOKEN}'}}": "{'authorization': 'Bearer [...]'}",
    f"the key {KEY} is unknown": "the key sk_org_abcdEFGH[...] is unknown",
    f"GET /v25.0/oauth/access_token?client_secret=abc123&code={CODE}&x=1 HTTP/1.1": (
        "GET /v25.0/oauth/access_token?client_secret=[...]&code=[...]&x=1 HTTP/1.1"
    ),
    "/debug_token?input_token=short&appsecret_proof=0a1b": (
        "/debug_token?input_token=[...]&appsecret_proof=[...]"
    ),
    "/webhook/meta?hub.mode=subscribe&hub.verify_token=mine": (
        "/webhook/meta?hub.mode=subscribe&hub.verify_token=[...]"
    ),
    '{"to": "+1", "pin": "482913"}': '{"to": "+1", "pin": "[...]"}',
    "{'pin': 482913, 'a': 1}": "{'pin': [...], 'a': 1}",
    r"{\"access_token\": \"abc\", \"code\": 190}": r"{\"access_token\": \"[...]\", \"code\": 190}",
    "signed with whsec_only_in_the_first_answer_1": "signed with [...]",
    "webhookSecret=my-own-words": "webhookSecret=[...]",
    "Cookie: sessionid=abc; csrftoken=def": "Cookie: [...]",
    "sessionid=k3n0fz; path=/": "sessionid=[...]; path=/",
    f"Internal Server Error: /shared/{INBOX}": "Internal Server Error: /shared/[...]",
    "postgres://gangway:hunter2@db.internal/gangway": "postgres://gangway:[...]@db.internal/gangway",
}


@pytest.mark.parametrize(("text", "shown"), HIDES.items())
def test_a_secret_in_a_text_is_hidden(text: str, shown: str) -> None:
    assert redacted(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "register_phone: 133005/2388 Two step verification PIN Mismatch (trace AbC1dEf2)",
        "exchange_code: 100/36007 This authorization code has expired. (trace AqYIrT1Z)",
        "(code=190, subcode=460)",
        "Invalid OAuth access token - Cannot parse access token",
        "/shared/inbox/conversations/0d9c2a5e-6a44-4f0e-9d9c-1b8a4e1d2c3b/messages",
        "token_expires_at: null, has_token: true",
        "A PIN is asked for now.",
        # Request ids of ours: one in some hundreds has a part that begins as Meta's tokens do.
        "request_id eaadae34-7c22-470e-8f76-9d70bc70af44",
        "link 0d9c2a5e-6a44-4f0e-9d9c-eaae4a1d2c3b",
        "https://customer.example.com/hooks/whatsapp",
    ],
)
def test_what_operators_need_is_left(text: str) -> None:
    assert redacted(text) == text


def test_secrets_of_the_settings_are_known_whatever_they_look_like(settings: Any) -> None:
    settings.META_APP_SECRET, settings.META_PREVIOUS_APP_SECRETS = "plain words", ["older words"]
    settings.METRICS_TOKEN = 'with "quotes" and \\'

    shown = redacted(f"{settings.META_APP_SECRET}, older words, {settings.METRICS_TOKEN}, words")

    assert shown == f"{HIDDEN}, {HIDDEN}, {HIDDEN}, words"
    assert without_settings(f"pin=1 plain words {TOKEN}") == f"pin=1 {HIDDEN} {TOKEN}"


def test_whatever_is_nested_is_walked_and_what_is_no_json_becomes_text() -> None:
    given = {
        "kwargs": {"pin": "482913", "to": ["+1", {"access_token": "x"}], "token": None, "has_token": True},
        "found": (TOKEN, 5, 1.5, UUID(int=0)),
    }

    assert redacted(given) == {
        "kwargs": {"pin": HIDDEN, "to": ["+1", {"access_token": HIDDEN}], "token": None, "has_token": True},
        "found": [HIDDEN, 5, 1.5, f"UUID('{UUID(int=0)}')"],
    }


@pytest.mark.parametrize("text", ["a." * 20_000, "token" * 10_000, "pin" + " " * 30_000])
def test_a_long_text_that_nearly_is_a_secret_stays(text: str) -> None:
    assert redacted(text) == text


def test_every_word_behind_bearer_is_hidden() -> None:
    assert redacted("Bearer " * 5000) == f"Bearer {HIDDEN} " * 2500


@pytest.fixture
def formatter() -> Iterator[logging.Formatter]:
    as_it_was = structlog.get_config()
    config = logging_config("json", level="DEBUG")["formatters"]["lines"]
    yield config.pop("()")(**config)
    structlog.configure(**as_it_was)


def failing(secret: str) -> None:
    hidden_in_a_variable = f"only here {secret}"
    raise ValueError(f"Meta said: Malformed access token {TOKEN}; pin=482913 {len(hidden_in_a_variable)}")


def test_a_traceback_shows_lines_and_no_variables_of_ours_and_of_others(
    formatter: logging.Formatter, caplog: pytest.LogCaptureFixture
) -> None:
    secret = "sword" + "fish"  # not as it stands in the lines of a traceback
    try:
        failing(secret)
    except ValueError:
        structlog.get_logger("onboarding.runner").exception("step crashed", request_id="r-1")
        logging.getLogger("celery.app.trace").exception("Task raised %s", {"pin": "482913"})

    ours, others = (formatter.format(record) for record in caplog.records)

    for line in map(json.loads, (ours, others)):
        assert 'raise ValueError(f"Meta said' in line["exception"]
        assert "Malformed access token [...]; pin=[...]" in line["exception"]
    assert not [hidden for hidden in (secret, TOKEN, "482913") if hidden in ours + others]
