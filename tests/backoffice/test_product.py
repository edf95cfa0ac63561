"""The doctor beside the whole product as processes: all is well, and then one of them is gone."""

import json
import subprocess
from typing import Any

import pytest
import requests

from meta_graph.sandbox.dashboard import FIELDS
from tests.e2e.product import PYTHON, ROOT, Product

pytestmark = [pytest.mark.e2e, pytest.mark.alone]
# What cannot pass on a developer's machine.
NOT_HERE = {"public_url", "certificate"}


def doctor(product: Product, **changed: str) -> tuple[dict[str, dict[str, str]], int]:
    """What it says of each check, and its exit status."""
    done = subprocess.run(
        [PYTHON, "manage.py", "doctor", "--json"],
        cwd=ROOT, env=product.environment | changed, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip
    assert done.stderr == ""
    return {one["check"]: one for one in json.loads(done.stdout)}, done.returncode


def of_status(found: dict[str, dict[str, str]], *statuses: str) -> set[str]:
    return {name for name, one in found.items() if one["status"] in statuses}


@pytest.fixture(scope="module")
def healthy(product: Product) -> tuple[dict[str, dict[str, str]], int]:
    return doctor(product)


def test_beside_the_running_product_everything_passes_that_can(healthy):
    found, status = healthy

    assert status == 0, found
    assert of_status(found, "not_checked") == NOT_HERE
    assert of_status(found, "warning", "failed") == set()


def test_every_queue_was_asked_through_a_worker(healthy):
    message = healthy[0]["workers"]["message"]

    assert [part.split(" ")[0] for part in message.split(", ")] == [
        "maintenance",
        "messages",
        "signup",
        "webhooks",
    ]


def test_sweeps_were_seen_to_come(healthy):
    sweeps = int(healthy[0]["scheduler"]["message"].split(" ")[0])

    # Four a half second, watched for two.
    assert 3 <= sweeps <= 40


def test_what_is_wrong_at_meta_is_what_fails(product: Product):
    def change(**app: Any) -> None:
        requests.post(f"{product.sandbox_url}/_sandbox/app", json=app, timeout=10).raise_for_status()

    change(isActive=False, fields=["account_update", "messages"])
    found, status = doctor(product, META_WEBHOOK_VERIFY_TOKEN="another-verify-token")
    change(isActive=True, fields=list(FIELDS))

    assert status == 1
    assert of_status(found, "failed") == {"webhook_subscription", "callback_handshake"}
    assert of_status(found, "warning") == {"webhook_fields"}
    assert "smb_app_state_sync" in found["webhook_fields"]["message"]
    assert "answers 403 to the right token" in found["callback_handshake"]["message"]


def test_a_wrong_app_secret_is_one_failure_and_not_many(product: Product):
    found, _ = doctor(product, META_APP_SECRET="a-wrong-secret")

    assert of_status(found, "failed") == {"app"}
    assert found["system_user"]["message"] == "skipped: system_token was skipped"


def test_a_queue_without_a_worker_is_named_with_the_command(product: Product):
    product.kill("worker-webhooks")
    found, status = doctor(product)
    product.worker("webhooks", "2", "webhooks")

    assert status == 1
    assert found["workers"]["message"] == "no worker serves webhooks"
    assert "-Q webhooks" in found["workers"]["remedy"]
    assert found["scheduler"]["status"] == "not_checked"


def test_without_a_scheduler_no_sweep_comes(product: Product):
    product.until(lambda: doctor(product)[1] == 0, seconds=40)
    product.kill("beat")
    # The last sweep that was ordered may still be on its way.
    product.until(lambda: doctor(product)[1] == 1, seconds=40)
    found, status = doctor(product)
    product.start_beat()

    assert status == 1
    assert of_status(found, "failed") == {"scheduler"}
    assert "celery -A config beat" in found["scheduler"]["remedy"]


def test_a_web_server_that_is_gone_is_found(product: Product):
    product.kill("web")
    found, _ = doctor(product)

    assert of_status(found, "failed") == {"public_url_answers"}
    assert found["callback_handshake"]["status"] == "not_checked"
    assert found["webhook_subscription"]["status"] == "ok"
