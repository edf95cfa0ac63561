"""The three verifiers of the guide, each in its own language, about the same deliveries."""

import json
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.verifiers.cases import GENUINE, NO_MATCH, Case, signed_by, table
from webhooks.signing import generate_secret

HERE = Path(__file__).parent
PUBLISHED = HERE.parent.parent / "docs" / "guides" / "verifiers"
# What the API takes: printable ASCII without spaces at the ends.
TYPED = st.text(st.characters(min_codepoint=32, max_codepoint=126), min_size=16, max_size=256)
SECRETS = TYPED.filter(lambda secret: secret == secret.strip()) | st.builds(generate_secret)
BATCHES = st.lists(SECRETS, min_size=30, max_size=60)
few = settings(max_examples=5, deadline=None)


def said(program: str, driver: str, verifier: str, cases: Sequence[Case]) -> list[set[str]]:
    """What a verifier says to each case: one sentence, whatever form its headers have."""
    run = subprocess.run(
        [program, str(HERE / driver), str(PUBLISHED / verifier)],
        input=json.dumps([case.plain() for case in cases]),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.returncode == 0, run.stderr or run.stdout
    return [set(answers) for answers in json.loads(run.stdout)]


def of_the_table(program: str, driver: str, verifier: str) -> dict[str, set[str]]:
    rows = table()
    answers = said(program, driver, verifier, [case for case, _ in rows.values()])
    return dict(zip(rows, answers, strict=True))


def expected() -> dict[str, set[str]]:
    return {name: {refusal} for name, (_, refusal) in table().items()}


def check_secrets(program: str, driver: str, verifier: str, secrets: Sequence[str]) -> None:
    """Each secret takes its own delivery and refuses that of another."""
    own = [Case(secret, signed_by(secret)) for secret in secrets]
    strange = [Case(secret, signed_by(secret + "x")) for secret in secrets]

    answers = said(program, driver, verifier, [*own, *strange])

    assert answers == [{GENUINE}] * len(own) + [{NO_MATCH}] * len(strange)


def test_verify_py_takes_what_is_genuine_and_names_what_is_not():
    assert of_the_table(sys.executable, "drive.py", "verify.py") == expected()


def test_verify_mjs_takes_what_is_genuine_and_names_what_is_not(node):
    assert of_the_table(node, "drive.mjs", "verify.mjs") == expected()


def test_verify_php_takes_what_is_genuine_and_names_what_is_not(php):
    assert of_the_table(php, "drive.php", "verify.php") == expected()


@few
@given(secrets=BATCHES)
def test_verify_py_works_for_every_secret(secrets):
    check_secrets(sys.executable, "drive.py", "verify.py", secrets)


@few
@given(secrets=BATCHES)
def test_verify_mjs_works_for_every_secret(node, secrets):
    check_secrets(node, "drive.mjs", "verify.mjs", secrets)


@few
@given(secrets=BATCHES)
def test_verify_php_works_for_every_secret(php, secrets):
    check_secrets(php, "drive.php", "verify.php", secrets)
