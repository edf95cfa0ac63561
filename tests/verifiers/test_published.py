"""The verifier libraries of PyPI and npm, by their default constructors with `standardWebhooksSecret`."""

import json
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
import standardwebhooks
import svix
import time_machine
from hypothesis import given

from tests.verifiers.cases import GENUINE, SENT, Case, golden, signed_by
from tests.verifiers.test_by_hand import BATCHES, few
from tests.webhooks.test_signing import BODY
from webhooks.signing import standard_webhooks_secret

HERE = Path(__file__).parent
NO_MATCH = "No matching signature found"
OLD, AHEAD = "Message timestamp too old", "Message timestamp too new"
Verdicts = list[list[str]]
Libraries = Callable[[Sequence[Case]], Verdicts]


@pytest.fixture(scope="module")
def npm(node_with_libraries: str) -> Libraries:
    """What npm's standardwebhooks and svix say to each case."""

    def said(cases: Sequence[Case]) -> Verdicts:
        run = subprocess.run(
            [node_with_libraries, str(HERE / "libraries.mjs")],
            input=json.dumps([case.plain() for case in cases]),
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert run.returncode == 0, run.stderr
        verdicts: Verdicts = json.loads(run.stdout)
        return verdicts

    return said


def pypi(cases: Sequence[Case]) -> Verdicts:
    """What PyPI's standardwebhooks and svix say to each case."""
    return [[refusal_of(library, case) for library in (standardwebhooks, svix)] for case in cases]


def refusal_of(library, case: Case) -> str:
    webhook = library.Webhook(case.secret)
    with time_machine.travel(datetime.fromtimestamp(case.now or SENT, UTC), tick=False):
        try:
            webhook.verify(case.body, case.headers)
        except library.WebhookVerificationError as refusal:
            return str(refusal)
    return GENUINE


def by_the_alias(case: Case) -> Case:
    return replace(case, secret=standard_webhooks_secret(case.secret))


def check_golden_vectors(libraries: Libraries) -> None:
    cases = [by_the_alias(case) for case in golden()]

    assert libraries(cases) == [[GENUINE, GENUINE]] * len(cases)


def check_forgeries(libraries: Libraries) -> None:
    good = by_the_alias(golden()[0])
    forged = {
        "body": (replace(good, body=BODY.replace(b"Ca", b"Ka")), NO_MATCH),
        "id": (good.with_headers(id="evt_01J9ZK3T4Q8R7W6V5N2M1C0BXB"), NO_MATCH),
        "timestamp": (good.with_headers(timestamp=str(SENT + 1)), NO_MATCH),
        "old": (replace(good, now=SENT + 301), OLD),
        "ahead": (replace(good, now=SENT - 301), AHEAD),
    }

    answers = libraries([case for case, _ in forged.values()])

    expected = {name: [refusal, refusal] for name, (_, refusal) in forged.items()}
    assert dict(zip(forged, answers, strict=True)) == expected


def check_secrets(libraries: Libraries, secrets: Sequence[str]) -> None:
    """Each secret by its alias; the older of two as well as the newer."""
    single = [by_the_alias(Case(secret, signed_by(secret))) for secret in secrets]
    rotated = [by_the_alias(Case(secret, signed_by("the-newer-secret", secret))) for secret in secrets]

    assert libraries([*single, *rotated]) == [[GENUINE, GENUINE]] * (2 * len(secrets))


def test_npm_accepts_the_golden_vectors(npm):
    check_golden_vectors(npm)


def test_pypi_accepts_the_golden_vectors():
    check_golden_vectors(pypi)


def test_npm_refuses_forgeries(npm):
    check_forgeries(npm)


def test_pypi_refuses_forgeries():
    check_forgeries(pypi)


@few
@given(secrets=BATCHES)
def test_npm_accepts_every_secret_by_its_alias(npm, secrets):
    check_secrets(npm, secrets)


@few
@given(secrets=BATCHES)
def test_pypi_accepts_every_secret_by_its_alias(secrets):
    check_secrets(pypi, secrets)
