"""The running API against its own OpenAPI document: every check of schemathesis finds nothing."""

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from api.times import timestamp
from shared_inbox.examples import BODY
from tests.conftest import Api
from tests.organizations.branding.hosts import logo_host, png
from tests.phones.world import healthy_phone
from tests.wabas.world import Meta
from wabas.examples import WABA
from wabas.models import Waba
from webhooks.events import publish

pytestmark = pytest.mark.django_db(transaction=True)
CONFIG = Path(__file__).with_name("schemathesis.toml")


@pytest.fixture
def logo_url() -> Iterator[str]:
    """Of a picture on a server of this machine."""
    with logo_host() as host:
        yield host.has(png())


def test_schemathesis_finds_nothing(
    running: str, api: Api, meta: Meta, logo_url: str, settings: Any, tmp_path: Path
) -> None:
    settings.API_RATE_LIMIT = "1000000/minute"
    settings.LOGO_FETCHES_PER_HOUR = 1_000_000
    phone = meta.registered_phone(api.organization)
    # The WABA of the document's examples, so that they are right in this world.
    waba = Waba.objects.create(organization=api.organization, pk=WABA["id"], meta_waba_id=WABA["metaWabaId"])
    healthy_phone(api.organization, waba, pk=BODY["phoneNumberId"])
    with transaction.atomic():
        event = publish(organization=api.organization, name="message.received", data={})
    given = {
        "EVENT_ID": event.pk,
        "YESTERDAY": timestamp(timezone.now() - timedelta(days=1)),
        "API_KEY": api.key or "",
        "LOGO_URL": logo_url,
        "API_URL": running,
        "WABA_IDS": f"{phone.waba_id} {WABA['id']}",
        "PHONE_IDS": f"{phone.pk} {BODY['phoneNumberId']}",
        "PYTHONPATH": str(settings.BASE_DIR),
    }

    run = subprocess.run(
        [
            Path(sys.executable).with_name("schemathesis"),
            "--config-file",
            CONFIG,
            "run",
            f"{running}/v1/openapi.json",
        ],
        cwd=tmp_path,
        env=os.environ | given,
        capture_output=True,
        text=True,
        check=False,
    )

    if run.returncode:
        pytest.fail(run.stdout + run.stderr, pytrace=False)
    phases = [line for line in run.stdout.splitlines() if line.startswith("  ✅ ")]
    assert [line.split()[1] for line in phases] == ["Examples", "Coverage", "Fuzzing", "Stateful"]
