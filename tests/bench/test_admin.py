"""The bench of the admin, with few rows: it makes them, and knows how to open every page that there is."""

import subprocess
import sys

import pytest
from django.db import connection

from bench.admin import SMALL, look
from bench.rig.customers import build
from bench.rig.staff_pages import pages, staff_client
from webhooks.models import Delivery

pytestmark = pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL makes the rows")


def test_every_page_of_the_admin_is_known_to_the_bench_and_opens(db):
    build(SMALL)
    client = staff_client()

    known = list(pages(client))
    seen = [look(client, page) for page in {page.kind: page for page in known}.values()]

    assert Delivery.objects.count() == SMALL.deliveries
    assert len({page.name for page in known}) == len(known) > 1000
    assert {one.page.name: one.status for one in seen if one.status not in {200, 302}} == {}
    assert all(one.spent.ms > 0 for one in seen if one.page.kind != "site")


def test_the_bench_starts_as_a_program_of_its_own():
    ran = subprocess.run(
        [sys.executable, "-m", "bench.admin", "--help"],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert ran.returncode == 0, ran.stderr
    assert "--deliveries" in ran.stdout
